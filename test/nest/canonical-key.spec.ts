import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { InvalidKeyError } from '../../lib/contract/errors.js';
import {
  canonicalKey,
  canonicalKeyMaker,
  MAX_CANONICAL_KEY,
} from '../../lib/nest/canonical-key.js';
import { isSame, storableValue } from '../codecs/values.js';

const longKey = (text: string) => canonicalKey('CityService', 'find', [text.repeat(600)]);
const listOf = (value: fc.Arbitrary<unknown>) => fc.array(value, { maxLength: 3 });
const keyOf = (...args: unknown[]) => canonicalKey('CityService', 'find', args, Infinity);

class CityQuery {
  constructor(
    readonly q?: unknown,
    readonly limit?: number,
  ) {}
}

class OtherQuery {
  constructor(
    readonly q?: unknown,
    readonly limit?: number,
  ) {}
}

class Page {
  readonly #offset: number;

  constructor(
    readonly size: number,
    offset: number,
  ) {
    this.#offset = offset;
  }

  get from(): number {
    return this.#offset;
  }

  get to(): number {
    return this.#offset + this.size;
  }
}

class CountryPage extends Page {
  readonly country = 'FR';
}

class Money {
  readonly currency = 'EUR';
  readonly #cents: number;

  constructor(cents: number) {
    this.#cents = cents;
  }

  format(): string {
    return `${this.#cents / 100} ${this.currency}`;
  }
}

describe('canonicalKey', () => {
  it.each<[string, unknown[]]>([
    ['CityService.find()', []],
    ['CityService.find("paris")', ['paris']],
    ['CityService.find(2988507)', [2_988_507]],
    ['CityService.find(48.85,2.35,{"limit":5})', [48.85, 2.35, { limit: 5 }]],
    ['CityService.find("Saint-Étienne","a\\"b\\\\c\\n")', ['Saint-Étienne', 'a"b\\c\n']],
    ['CityService.find(null,undefined,true,false)', [null, undefined, true, false]],
    [
      'CityService.find(NaN,Infinity,-Infinity,-0,0,1e+21)',
      [NaN, Infinity, -Infinity, -0, 0, 1e21],
    ],
    ['CityService.find(12n)', [12n]],
    ['CityService.find(Date(2024-02-29T12:00:00.123Z))', [new Date('2024-02-29T12:00:00.123Z')]],
    ['CityService.find(Date(NaN))', [new Date(NaN)]],
    ['CityService.find([1,["x"],{}])', [[1, ['x'], {}]]],
    ['CityService.find({"a":{"c":1,"d":undefined},"b":2})', [{ b: 2, a: { d: undefined, c: 1 } }]],
    ['CityService.find(Map[["k",1]],Set["v"])', [new Map([['k', 1]]), new Set(['v'])]],
    ['CityService.find(Buffer(aGk=),Uint8Array(/w==))', [Buffer.from('hi'), new Uint8Array([255])]],
    ['CityService.find(CityQuery{"limit":5,"q":"par"})', [new CityQuery('par', 5)]],
    ['CityService.find(Page{"from":20,"size":10,"to":30})', [new Page(10, 20)]],
    [
      'CityService.find(CountryPage{"country":"FR","from":0,"size":1,"to":1})',
      [new CountryPage(1, 0)],
    ],
  ])('reads %s', (key, args) => {
    expect(keyOf(...args)).toBe(key);
  });

  it.each<[string, unknown[], unknown[]]>([
    ['a string that holds the separator', ['a:b'], ['a', 'b']],
    ['a string that holds a comma and quotes', ['a","b'], ['a', 'b']],
    ['a string and a number', ['1'], [1]],
    ['a number and a BigInt', [1], [1n]],
    ['a string and a boolean', ['true'], [true]],
    ['a string and null', ['null'], [null]],
    ['null and undefined', [null], [undefined]],
    ['undefined and nothing', [undefined], []],
    ['a trailing undefined and none', ['a', undefined], ['a']],
    ['0 and -0', [0], [-0]],
    ['NaN and its name', [NaN], ['NaN']],
    ['NaN and null', [NaN], [null]],
    ['an empty string and nothing', [''], []],
    ['an array and its items', [[1, 2]], [1, 2]],
    ['nested arrays', [[[1], 2]], [[1, [2]]]],
    ['an array and an object', [[]], [{}]],
    ['an array and an object with indices', [['a']], [{ 0: 'a' }]],
    ['an array and its JSON', [[1]], ['[1]']],
    ['a property that is undefined and none', [{ a: undefined }], [{}]],
    ['a property name that holds a value', [{ 'a":1,"b': 2 }], [{ a: 1, b: 2 }]],
    ['a Date and its text', [new Date(0)], [new Date(0).toISOString()]],
    ['a Date and its number', [new Date(0)], [0]],
    ['a Date and an invalid one', [new Date(0)], [new Date(NaN)]],
    ['Dates a millisecond apart', [new Date(0)], [new Date(1)]],
    ['a Map and an array of pairs', [new Map([[1, 2]])], [[[1, 2]]]],
    ['a Map and an object', [new Map([['a', 1]])], [{ a: 1 }]],
    ['a Map and a Set of pairs', [new Map([[1, 2]])], [new Set([[1, 2]])]],
    [
      'Maps in another order',
      [
        new Map([
          [1, 1],
          [2, 2],
        ]),
      ],
      [
        new Map([
          [2, 2],
          [1, 1],
        ]),
      ],
    ],
    ['Sets in another order', [new Set([1, 2])], [new Set([2, 1])]],
    ['a Buffer and a Uint8Array', [Buffer.from('a')], [new Uint8Array([97])]],
    ['a Buffer and its text', [Buffer.from('a')], ['a']],
    ['bytes that differ in length', [Buffer.alloc(1)], [Buffer.alloc(2)]],
    ['an instance and a plain object', [new CityQuery('x')], [{ q: 'x', limit: undefined }]],
    ['instances of two classes', [new CityQuery('x')], [new OtherQuery('x')]],
    ['instances that differ in what an accessor shows', [new Page(1, 1)], [new Page(1, 2)]],
    ['lone surrogates', ['\ud800'], ['\udc00']],
    ['a lone surrogate and the replacement character', ['\ud800'], ['\ufffd']],
    ['a lone surrogate and its escape', ['\ud800'], ['\\ud800']],
    ['an own __proto__ and none', [JSON.parse('{"__proto__":1}')], [{}]],
  ])('tells apart %s', (_, left, right) => {
    expect(keyOf(...left)).not.toBe(keyOf(...right));
  });

  it.each<[string, unknown[], unknown[]]>([
    ['objects in another order', [{ a: 1, b: { c: 1, d: 2 } }], [{ b: { d: 2, c: 1 }, a: 1 }]],
    ['an object without a prototype', [Object.assign(Object.create(null), { a: 1 })], [{ a: 1 }]],
    ['the same object twice and two equal ones', [...twice({ a: 1 })], [{ a: 1 }, { a: 1 }]],
    ['instances with equal fields', [new CityQuery('x', 1)], [new CityQuery('x', 1)]],
    ['NaN and NaN', [NaN], [Number('x')]],
  ])('takes for equal %s', (_, left, right) => {
    expect(keyOf(...left)).toBe(keyOf(...right));
  });

  it.each<[string, string, string]>([
    ['a.b', 'c', '"a.b".c()'],
    ['a', 'b.c', 'a["b.c"]()'],
    ['a', 'b(', 'a["b("]()'],
    ['a', '', 'a[""]()'],
    ['', 'a', '"".a()'],
    ['Città', 'trovaUna', 'Città.trovaUna()'],
  ])('writes the class %j and the method %j as %s', (className, method, key) => {
    expect(canonicalKey(className, method, [])).toBe(key);
  });

  it('names a method by its registered symbol, and by no other', () => {
    expect(canonicalKey('A', Symbol.for('load'), [1])).toBe('A[Symbol.for("load")](1)');
    expect(canonicalKey('A', 'Symbol.for("load")', [1])).not.toBe('A[Symbol.for("load")](1)');
    expect(() => canonicalKey('A', Symbol('load'), [1])).toThrow(InvalidKeyError);
    expect(() => canonicalKey('A', Symbol('load'), [1])).toThrow('Give the option "key"');
  });
});

describe('a canonical key that would be too long', () => {
  it('holds a hash of the arguments', () => {
    expect(longKey('ab')).toMatch(/^CityService\.find\(sha256:[0-9a-f]{64}\)$/);
    expect(longKey('ab')).toBe(longKey('ab'));
    expect(longKey('ab')).not.toBe(longKey('ba'));
  });

  it('holds them in full up to the limit, 1024 where none is given', () => {
    const fitting = 'x'.repeat(MAX_CANONICAL_KEY - 'CityService.find("")'.length);
    expect(canonicalKey('CityService', 'find', [fitting])).toHaveLength(1024);
    expect(canonicalKey('CityService', 'find', [`${fitting}x`])).toContain('sha256:');
    expect(canonicalKey('CityService', 'find', ['x'.repeat(20)], 30)).toContain('sha256:');
    expect(canonicalKeyMaker('CityService', 'find', 30)(['x'.repeat(20)])).toContain('sha256:');
  });

  it('is not the key of an argument that reads like the hash', () => {
    const [, hash = ''] = /\((.*)\)/.exec(longKey('ab')) ?? [];
    expect(keyOf(hash)).not.toBe(longKey('ab'));
  });
});

describe('a canonical key is refused for', () => {
  const loop: Record<string, unknown> = { name: 'x' };
  loop['inner'] = { list: [loop] };

  it.each<[string, unknown[], string]>([
    ['a function', [() => 1], 'argument 1 is a function'],
    [
      'a function in an object',
      [1, { filter: { by: () => 1 } }],
      'argument 2.filter.by is a function',
    ],
    ['a symbol', [[Symbol('s')]], 'argument 1[0] is a symbol'],
    [
      'a request',
      ['x', new IncomingMessage(new Socket())],
      'argument 2 is an instance of IncomingMessage',
    ],
    [
      'a request in a context',
      [{ req: new IncomingMessage(new Socket()) }],
      'argument 1.req is an instance of IncomingMessage',
    ],
    [
      'a response',
      [new ServerResponse(new IncomingMessage(new Socket()))],
      'argument 1 is an instance of ServerResponse',
    ],
    ['a stream', [Readable.from(['x'])], 'argument 1 is an instance of Readable'],
    ['a socket', [new Socket()], 'argument 1 is an instance of Socket'],
    ['an emitter', [new EventEmitter()], 'argument 1 is an instance of EventEmitter'],
    ['a promise', [Promise.resolve(1)], 'argument 1 is an instance of Promise'],
    ['a URL, whose state does not show', [new URL('http://a')], 'argument 1 is an instance of URL'],
    ['an Error', [new Error('x')], 'argument 1 is an instance of Error'],
    ['a RegExp', [/x/], 'argument 1 is an instance of RegExp'],
    ['a boxed string', [Object('x')], 'argument 1 is an instance of String'],
    ['a WeakMap', [new WeakMap()], 'argument 1 is an instance of WeakMap'],
    [
      'a typed array of another kind',
      [new Float32Array(1)],
      'argument 1 is an instance of Float32Array',
    ],
    ['an ArrayBuffer', [new ArrayBuffer(1)], 'argument 1 is an instance of ArrayBuffer'],
    [
      'an instance whose class has methods',
      [new Money(5)],
      'argument 1 is an instance of Money, which may hold more than its fields show',
    ],
    [
      'an instance with a function in a field',
      [new CityQuery(() => 1)],
      'argument 1.q is a function',
    ],
    [
      'an instance with a request in a field',
      [new CityQuery(new IncomingMessage(new Socket()))],
      'argument 1.q is an instance of IncomingMessage',
    ],
    [
      'an instance with a hidden property',
      [Object.defineProperty(new CityQuery(), 'secret', { value: 1 })],
      'argument 1 is an instance of CityQuery',
    ],
    [
      'an object with a symbol for a name',
      [{ [Symbol('s')]: 1 }],
      'argument 1 has a property under a symbol',
    ],
    ['a cycle', ['x', loop], 'argument 2.inner.list[0] is argument 2 again, a cycle'],
    [
      'an accessor that throws',
      [
        {
          get lazy(): unknown {
            throw new RangeError('no');
          },
        },
      ],
      'argument 1.lazy cannot be read',
    ],
    ['an array with holes', [Object.assign([], { 2: 'x' })], 'argument 1 is an array with holes'],
    [
      'a Map with properties',
      [Object.assign(new Map(), { x: 1 })],
      'argument 1 has properties of its own',
    ],
  ])('%s', (_, args, problem) => {
    const make = () => keyOf(...args);
    expect(make).toThrow(InvalidKeyError);
    expect(make).toThrow(`No default key for this call of CityService.find: ${problem}`);
    expect(make).toThrow('Give the option "key"');
  });

  it('an instance whose class has no name', () => {
    const nameless = (() =>
      class {
        id = 1;
      })();
    expect(() => keyOf(Reflect.construct(nameless, []))).toThrow(InvalidKeyError);
  });
});

describe('two lists of arguments', () => {
  it('have different keys unless they are equal', () => {
    fc.assert(
      fc.property(
        fc.array(listOf(trickyValue()), { minLength: 200, maxLength: 400, size: 'max' }),
        (lists) => {
          const known = new Map<string, unknown[]>();
          for (const list of lists) {
            const key = keyOf(...list);
            const other = known.get(key) ?? list;
            expect(isSame(sorted(other), sorted(list))).toBe(true);
            known.set(key, list);
          }
          expect(known.size).toBeGreaterThan(1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('have the same key if they are equal, in whatever order their properties are', () => {
    fc.assert(
      fc.property(listOf(fc.oneof(trickyValue(), storableValue)), (list) => {
        expect(keyOf(...reversed(list))).toBe(keyOf(...list));
      }),
      { numRuns: 500 },
    );
  });

  it('have different keys if one of them is changed in one place', () => {
    fc.assert(
      fc.property(listOf(storableValue), storableValue, fc.nat(), (list, value, at) => {
        const changed = list.toSpliced(at % (list.length + 1), 1, value);
        expect(keyOf(...changed) === keyOf(...list)).toBe(isSame(sorted(changed), sorted(list)));
      }),
    );
  });
});

/** Values out of so few parts, most of them signs of the notation, that many of them nearly collide. */
function trickyValue(): fc.Arbitrary<unknown> {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('",:{}[]()\\an1')), maxLength: 3 });
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      fc.oneof(
        fc.constantFrom<unknown>(undefined, null, true, 0, -0, 1, NaN, Infinity, 0n, 1n),
        text,
        fc.constantFrom(0, 1, NaN).map((time) => new Date(time)),
        fc.uint8Array({ max: 1, maxLength: 2 }),
        fc.uint8Array({ max: 1, maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
      ),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.oneof(text, fc.constantFrom('a', '__proto__')), tie('value'), {
        maxKeys: 2,
      }),
      fc
        .array(fc.tuple(tie('value'), tie('value')), { maxLength: 2 })
        .map((pairs) => new Map(pairs)),
      fc.array(tie('value'), { maxLength: 2 }).map((members) => new Set(members)),
    ),
  })).value;
}

/** The value with the properties of all its objects in the order of their names. */
function sorted(value: unknown): unknown {
  return rebuilt(value, (names) => names.toSorted());
}

/** The value with the properties of all its objects the other way round. */
function reversed(list: unknown[]): unknown[] {
  return list.map((value) => rebuilt(value, (names) => names.toReversed()));
}

function rebuilt(value: unknown, order: (names: string[]) => string[]): unknown {
  const again = (part: unknown) => rebuilt(part, order);
  if (Array.isArray(value)) return value.map(again);
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [again(key), again(item)]));
  if (value instanceof Set) return new Set([...value].map(again));
  if (
    typeof value !== 'object' ||
    value === null ||
    value instanceof Date ||
    value instanceof Uint8Array
  )
    return value;
  const entries = new Map(Object.entries(value));
  return Object.fromEntries(
    order([...entries.keys()]).map((name) => [name, again(entries.get(name))]),
  );
}

function twice<T>(value: T): [T, T] {
  return [value, value];
}
