import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';

/** A value that every codec brings back as it was. */
export interface StorableCase {
  readonly title: string;
  readonly value: unknown;
}

/** A value that no codec stores, and what the error has to say about it. */
export interface RefusedCase {
  readonly title: string;
  readonly value: unknown;
  readonly message: string;
}

const PARIS = new Date('2024-02-29T12:00:00.123Z');

/** An object whose own property has a name that an object literal cannot give it. */
function withOwn(name: string, value: unknown): object {
  return Object.defineProperty({}, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

const shared = { id: 1 };

const scalars: StorableCase[] = [
  ...[undefined, null, true, false].map((value) => ({ title: String(value), value })),
  ...[
    0,
    -0,
    1,
    -1,
    127,
    128,
    255,
    256,
    -32,
    -33,
    65_535,
    65_536,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    0.1,
    1e-7,
    1e21,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    NaN,
    Infinity,
    -Infinity,
  ].map((value) => ({ title: `the number ${Object.is(value, -0) ? '-0' : value}`, value })),
  ...[0n, -1n, 2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n, 10n ** 400n].map((value) => ({
    title: `a BigInt of ${String(value).length} digits`,
    value,
  })),
  { title: 'an empty string', value: '' },
  { title: 'text', value: 'Saint-Étienne, 東京, 🏙️' },
  { title: 'a string with control characters', value: '\u0000\u001f\u007f\u2028\u2029\ufeff' },
  { title: 'a lone high surrogate', value: 'a\ud800b' },
  { title: 'a lone low surrogate', value: '\udfff' },
  { title: 'a string that looks like a tag', value: '$date' },
  {
    title: 'a string of 31 to 65,536 characters',
    value: [31, 32, 255, 256, 65_535, 65_536].map((length) => 'é'.repeat(length)),
  },
];

const builtIns: StorableCase[] = [
  { title: 'a Date', value: PARIS },
  { title: 'a Date before 1970', value: new Date(-1) },
  { title: 'the first and the last Date', value: [new Date(-8.64e15), new Date(8.64e15)] },
  { title: 'an invalid Date', value: new Date(NaN) },
  { title: 'an empty Map', value: new Map() },
  {
    title: 'a Map with keys of all sorts',
    value: new Map<unknown, unknown>([
      ['a', 1],
      [1, 'b'],
      [NaN, undefined],
      [PARIS, null],
      [{ id: 1 }, [2]],
      [undefined, new Map([[null, -0]])],
    ]),
  },
  { title: 'an empty Set', value: new Set() },
  {
    title: 'a Set of all sorts',
    value: new Set<unknown>([1, '1', NaN, undefined, null, PARIS, [1], new Set([1n])]),
  },
  { title: 'an empty Buffer', value: Buffer.alloc(0) },
  {
    title: 'a Buffer of every byte',
    value: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  },
  {
    title: 'Buffers of one to four bytes',
    value: [1, 2, 3, 4].map((length) => Buffer.alloc(length, 0xff)),
  },
  { title: 'a Uint8Array', value: new Uint8Array([0, 1, 254, 255]) },
  {
    title: 'a Uint8Array within a larger ArrayBuffer',
    value: new Uint8Array(new Uint8Array([1, 2, 3, 4, 5]).buffer, 1, 3),
  },
];

const containers: StorableCase[] = [
  { title: 'an empty array', value: [] },
  { title: 'an empty object', value: {} },
  {
    title: 'JSON data',
    value: {
      id: 2_988_507,
      name: 'Paris',
      tags: ['capital', null],
      at: { lat: 48.85, lon: 2.35 },
      big: true,
    },
  },
  {
    title: 'undefined in properties and items',
    value: { a: undefined, b: [undefined, 1, undefined], c: { d: undefined } },
  },
  {
    title: 'all kinds in one another',
    value: {
      when: PARIS,
      of: [new Map([['x', new Set([{ n: 1n, b: Buffer.from('x') }])]]), { z: -0 }],
    },
  },
  { title: 'an array of 70,000 items', value: Array.from({ length: 70_000 }, (_, index) => index) },
  {
    title: 'an object of 70,000 properties',
    value: Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`p${index}`, index])),
  },
  { title: 'a thousand levels', value: nested(1000) },
  { title: 'a thousand levels with a Date at the end', value: { in: nested(998), of: PARIS } },
  { title: 'the same object in two places', value: { first: shared, second: [shared, shared] } },
  { title: 'a frozen value', value: Object.freeze({ list: Object.freeze([1, PARIS]) }) },
];

const oddNames: StorableCase[] = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'toJSON',
    'length',
    'then',
    '',
  ].flatMap((name) => [
    { title: `a property named ${JSON.stringify(name)}`, value: withOwn(name, 'text') },
    {
      title: `a property named ${JSON.stringify(name)} beside a tagged one`,
      value: { x: Object.assign(withOwn(name, { admin: true }), { when: PARIS }) },
    },
  ]),
  {
    title: 'an own __proto__ in a list beside a constructor',
    value: [withOwn('__proto__', withOwn('constructor', withOwn('prototype', 1)))],
  },
  { title: 'a property name with a lone surrogate', value: { '\ud800': { '\udc00': PARIS } } },
  {
    title: 'names that are numbers, in the order of an object',
    value: { 10: 'a', 9: 'b', x: 'c' },
  },
  ...['$', '$date', '$map', '$object', '$undefined', '$unknown'].flatMap((name) => [
    { title: `an object that looks like the tag ${name}`, value: { [name]: 1 } },
    {
      title: `an object that looks like the tag ${name}, around a tagged value`,
      value: [{ [name]: [PARIS] }],
    },
    { title: `an object with ${name} and another name`, value: { [name]: PARIS, also: 1 } },
  ]),
];

export const storable: readonly StorableCase[] = [
  ...scalars,
  ...builtIns,
  ...containers,
  ...oddNames,
];

class Address {
  constructor(readonly street: string) {}
}
class Labels extends Map<string, string> {}
class Path extends Array<string> {}

function cycle(): object {
  const user: Record<string, unknown> = { name: 'Ada' };
  user['company'] = { staff: [user] };
  return { user };
}

function throwing(): object {
  return Object.defineProperty({ id: 1 }, 'lazy', {
    enumerable: true,
    get() {
      throw new TypeError('connection lost');
    },
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** An array of a length, with nothing in it. */
function emptied(length: number): unknown[] {
  const list: unknown[] = [];
  list.length = length;
  return list;
}

const holes: unknown[] = [1, 2];
holes[3] = 4;

export const refused: readonly RefusedCase[] = [
  {
    title: 'a class instance',
    value: new Address('Rue'),
    message: '$ is an instance of Address: give the `type` option or a codec',
  },
  {
    title: 'a class instance in a property',
    value: { user: { address: new Address('Rue') } },
    message: '$.user.address is an instance of Address',
  },
  {
    title: 'a class instance in an item',
    value: { users: [{}, { 'home address': new Address('Rue') }] },
    message: '$.users[1]["home address"] is an instance of Address',
  },
  {
    title: 'a class instance in a Map',
    value: new Map([['a"b', new Address('Rue')]]),
    message: '$.get("a\\"b") is an instance of Address',
  },
  {
    title: 'a class instance as the key of a Map',
    value: {
      m: new Map<unknown, unknown>([
        ['x', 1],
        [new Address('Rue'), 2],
      ]),
    },
    message: '$.m.keys()[1] is an instance of Address',
  },
  {
    title: 'a class instance in a Set',
    value: new Set([1, new Address('Rue')]),
    message: '$.values()[1] is an instance of Address',
  },
  {
    title: 'an instance of a class without a name',
    value: {
      x: new (class {
        id = 1;
      })(),
    },
    message: '$.x is an instance of ',
  },
  {
    title: 'an object with a prototype of its own',
    value: Object.create({ inherited: 1 }),
    message: '$ is an instance of ',
  },
  {
    title: 'a class that extends Map',
    value: new Labels([['a', 'b']]),
    message: '$ is an instance of Labels',
  },
  {
    title: 'a class that extends Array',
    value: Path.from(['a']),
    message: '$ is an instance of Path',
  },
  { title: 'a function', value: { run: () => 1 }, message: '$.run is a function' },
  { title: 'a class', value: [Address], message: '$[0] is a function' },
  { title: 'a symbol', value: [1, Symbol('s')], message: '$[1] is a symbol' },
  {
    title: 'a property under a symbol',
    value: { inner: { [Symbol('s')]: 1 } },
    message: '$.inner has a property under a symbol',
  },
  { title: 'a RegExp', value: { pattern: /x/g }, message: '$.pattern is an instance of RegExp' },
  { title: 'an Error', value: new RangeError('no'), message: '$ is an instance of RangeError' },
  { title: 'a Promise', value: [Promise.resolve(1)], message: '$[0] is an instance of Promise' },
  {
    title: 'a boxed number',
    value: { n: Object(1) as unknown },
    message: '$.n is an instance of Number',
  },
  {
    title: 'a boxed string',
    value: Object('text') as unknown,
    message: '$ is an instance of String',
  },
  { title: 'a boxed BigInt', value: Object(1n) as unknown, message: '$ is an instance of BigInt' },
  {
    title: 'a typed array other than Uint8Array',
    value: new Float64Array(2),
    message: '$ is an instance of Float64Array',
  },
  {
    title: 'an ArrayBuffer',
    value: new ArrayBuffer(2),
    message: '$ is an instance of ArrayBuffer',
  },
  { title: 'a WeakMap', value: new WeakMap(), message: '$ is an instance of WeakMap' },
  { title: 'a URL', value: new URL('http://localhost'), message: '$ is an instance of URL' },
  { title: 'a generator', value: [].values(), message: '$ is an instance of ' },
  {
    title: 'an array with a hole',
    value: { list: holes },
    message: '$.list is an array with holes',
  },
  {
    title: 'an array that holds nothing but holes',
    value: emptied(3),
    message: '$ is an array with holes',
  },
  {
    title: 'what a RegExp matched',
    value: /a/.exec('a'),
    message: '$ is an array with holes or with properties beside its items',
  },
  {
    title: 'an array with as many properties as holes',
    value: Object.assign(emptied(1), { extra: 1 }),
    message: '$ is an array with holes or with properties beside its items',
  },
  {
    title: 'a Map with a property',
    value: Object.assign(new Map(), { extra: 1 }),
    message: '$ has properties of its own',
  },
  {
    title: 'a Date with a property',
    value: [Object.assign(new Date(0), { extra: 1 })],
    message: '$[0] has properties of its own',
  },
  {
    title: 'a method toJSON',
    value: { x: Object.defineProperty({}, 'toJSON', { value: () => 1 }) },
    message: '$.x has a method toJSON',
  },
  {
    title: 'an accessor that throws',
    value: { user: throwing() },
    message: '$.user.lazy cannot be read',
  },
  { title: 'a revoked proxy', value: { p: revoked() }, message: '$.p cannot be read' },
  {
    title: 'a proxy whose keys cannot be listed',
    value: new Proxy(
      {},
      {
        ownKeys() {
          throw new TypeError('no');
        },
      },
    ),
    message: '$ cannot be read',
  },
  { title: 'a cycle', value: cycle(), message: '$.user.company.staff[0] is $.user again, a cycle' },
  {
    title: 'a thousand and one levels',
    value: nested(1001),
    message: 'is nested deeper than 1000 levels',
  },
];

/** Strings of any UTF-16 units, so that halves of surrogate pairs stand alone too. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 8,
  })
  .map((units) => String.fromCharCode(...units));

const anyName = fc.oneof(
  anyText,
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    'hasOwnProperty',
    '$',
    '$date',
    '$map',
    '$object',
    '$text',
    '0',
    '1',
  ),
);

/** Everything that the codecs promise to bring back. */
export const storableValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(undefined, null, true, false, 0, -0, NaN, Infinity, -Infinity),
      fc.double(),
      fc.integer(),
      anyText,
      fc.bigInt(),
      fc.date({ noInvalidDate: false }),
      fc.uint8Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(anyName, tie('value')), { maxLength: 4 })
      .map((pairs) => Object.fromEntries(pairs)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members)),
  ),
})).value;

/** Anything at all, most of which cannot be stored. */
export const anything: fc.Arbitrary<unknown> = fc.anything({
  key: anyName,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

/**
 * Whether two values are equal as the codecs promise it: in all their contents, their classes, and the order
 * of what is in them; an object without a prototype equals a plain one.
 */
export function isSame(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(flatten(left), flatten(right));
}

/** A value as one flat list, because the comparison of deep ones needs more stack than there is. */
function flatten(value: unknown, list: unknown[] = []): unknown[] {
  if (Array.isArray(value)) {
    list.push('array', value.length);
    for (let index = 0; index < value.length; index++) {
      if (index in value) flatten(value[index], list);
    }
  } else if (value instanceof Map) {
    list.push('map', value.size);
    for (const pair of value) flatten(pair, list);
  } else if (value instanceof Set) {
    list.push('set', value.size);
    for (const member of value) flatten(member, list);
  } else if (value instanceof Date) {
    list.push('date', value.getTime());
  } else if (isPlain(value)) {
    const names = Object.keys(value);
    list.push('object', names.length);
    for (const name of names) {
      list.push(name);
      flatten(value[name], list);
    }
  } else {
    list.push(typeof value, value);
  }
  return list;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
