import * as fc from 'fast-check';

/** A value that is made anew for each use: some can be used once, and some cannot even be printed. */
export interface Hostile {
  readonly title: string;
  readonly make: () => unknown;
}

function hostile(title: string, make: () => unknown): Hostile {
  return { title, make, [fc.toStringMethod]: () => title } as Hostile;
}

/** What an accessor or a trap throws: not an error of this library, and with a text that forges a line of a log. */
export class Thrown extends Error {
  constructor() {
    super('thrown\r\n\u001b[31mERROR forged');
  }
}

function fail(): never {
  throw new Thrown();
}

const TRAPS = [
  'apply',
  'construct',
  'defineProperty',
  'deleteProperty',
  'get',
  'getOwnPropertyDescriptor',
  'getPrototypeOf',
  'has',
  'isExtensible',
  'ownKeys',
  'preventExtensions',
  'set',
  'setPrototypeOf',
] as const;

function trapped(target: object, ...traps: readonly string[]): object {
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fail])));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function cyclic(): object {
  const value: Record<string, unknown> = { a: 1 };
  value.self = { list: [value] };
  return value;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

function withOwn(name: string, value: unknown, target: object = {}): object {
  return Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

class Account {
  readonly #secret = 'x';
  constructor(readonly id: number) {}
  get secret(): string {
    return this.#secret;
  }
}
class Labels extends Map<string, string> {}
class Path extends Array<string> {}

const primitives: readonly Hostile[] = [
  hostile('undefined', () => undefined),
  hostile('null', () => null),
  hostile('true', () => true),
  hostile('NaN', () => NaN),
  hostile('-0', () => -0),
  hostile('Infinity', () => Infinity),
  hostile('-Infinity', () => -Infinity),
  hostile('a half', () => 0.5),
  hostile('a negative number', () => -1),
  hostile('the largest number', () => Number.MAX_VALUE),
  hostile('the smallest number', () => Number.MIN_VALUE),
  hostile('2 ** 53', () => 2 ** 53),
  hostile('a bigint', () => 10n ** 40n),
  hostile('a symbol', () => Symbol('s\r\n')),
  hostile('an empty string', () => ''),
  hostile('text of control characters', () => '\r\n\u001b[2J\u0000\u0007\u009b31m'),
  hostile('half a surrogate pair', () => 'a\ud800'),
  hostile('__proto__', () => '__proto__'),
  hostile('constructor', () => 'constructor'),
  hostile('a megabyte of text', () => 'x'.repeat(2 ** 20)),
];

const containers: readonly Hostile[] = [
  hostile('an empty object', () => ({})),
  hostile('an object without a prototype', () => Object.assign(Object.create(null), { a: 1 })),
  hostile('an own __proto__', () => withOwn('__proto__', { polluted: true })),
  hostile('an own constructor', () => ({ constructor: { prototype: { polluted: true } } })),
  hostile('an own hasOwnProperty', () => ({ hasOwnProperty: 1, toString: 2, valueOf: 3 })),
  hostile('what looks like a tag of a codec', () => ({ $date: 'x', $map: 1 })),
  hostile('a single property that is a tag', () => ({ $undefined: true })),
  hostile('a cycle', cyclic),
  hostile('2000 levels', () => nested(2_000)),
  hostile('a frozen array', () => Object.freeze([1, Object.freeze({ a: Object.freeze([]) })])),
  hostile('a sealed object', () => Object.seal({ a: 1 })),
  hostile('a sparse array', () => Object.assign([], { 5: 1 })),
  hostile('a very long sparse array', () => Object.assign([], { length: 2 ** 32 - 1 })),
  hostile('an array with a property', () => Object.assign([1], { extra: 1 })),
  hostile('an array without a prototype', () => Object.setPrototypeOf([1], null) as unknown),
  hostile('an array that is no Array', () => Object.setPrototypeOf([1], Map.prototype) as unknown),
  hostile('an object that says it is an Array', () => Object.create(Array.prototype) as unknown),
  hostile('an object that says it is a Map', () => Object.create(Map.prototype) as unknown),
  hostile('an object that says it is a Date', () => Object.create(Date.prototype) as unknown),
  hostile('20,000 items', () => Array.from({ length: 20_000 }, (_, index) => index)),
  hostile('an iterable that throws', () => ({ [Symbol.iterator]: fail })),
  hostile('an iterator that throws', () => ({ [Symbol.iterator]: () => ({ next: fail }) })),
  hostile('an iterator that is none', () => ({ [Symbol.iterator]: 1 })),
];

const instances: readonly Hostile[] = [
  hostile('an invalid Date', () => new Date(NaN)),
  hostile('a Date with a property', () => Object.assign(new Date(0), { extra: 1 })),
  hostile('an instance', () => new Account(1)),
  hostile('an extended Map', () => new Labels([['a', 'b']])),
  hostile('an extended Array', () => Path.from(['a'])),
  hostile('a Map that holds itself', () => {
    const map = new Map<unknown, unknown>();
    return map.set(map, map);
  }),
  hostile('a Set of NaN and -0', () => new Set([NaN, -0])),
  hostile('a boxed string', () => Object('boxed') as unknown),
  hostile('a boxed symbol', () => Object(Symbol.iterator) as unknown),
  hostile('an error', () => new Thrown()),
  hostile('a regular expression', () => /a/g),
  hostile('a WeakMap', () => new WeakMap()),
  hostile('a Uint8Array', () => new Uint8Array([0, 255])),
  hostile('a Buffer', () => Buffer.from([0, 255])),
  hostile('a Float64Array', () => new Float64Array([NaN])),
  hostile('shared bytes', () => new Uint8Array(new SharedArrayBuffer(2))),
  hostile('a detached buffer', () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  }),
  hostile('an object with toJSON', () => ({ a: 1, toJSON: () => ({}) })),
  hostile('a symbol property', () => ({ [Symbol('s')]: 1 })),
];

const callables: readonly Hostile[] = [
  hostile('a function', () => (): number => 1),
  hostile('a function that throws', () => fail),
  hostile('a class', () => Account),
  hostile('a class whose name throws', () =>
    Object.defineProperty(class extends Account {}, 'name', { get: fail }),
  ),
  hostile('a class whose name is none', () =>
    Object.defineProperty(class extends Account {}, 'name', { value: 5 }),
  ),
  hostile('a revoked function', () => revoked(() => 1)),
  hostile('a function of a proxy whose traps throw', () => trapped(() => 1, ...TRAPS)),
];

const THEN = ['th', 'en'].join('');

const thenables: readonly Hostile[] = [
  hostile('a promise', () => Promise.resolve(1)),
  hostile('a thenable that never ends', () => withOwn('then', () => undefined)),
  hostile('a thenable that throws', () => withOwn('then', fail)),
  hostile('a thenable that rejects', () =>
    withOwn('then', (_resolve: unknown, reject: (error: unknown) => void) => reject(new Thrown())),
  ),
  hostile('a then that cannot be read', () =>
    Object.defineProperties({}, { [THEN]: { get: fail, enumerable: true } }),
  ),
  hostile('a then that is no function', () => withOwn('then', 1)),
];

const accessors: readonly Hostile[] = [
  hostile('a getter that throws', () =>
    Object.defineProperty({ a: 1 }, 'b', { get: fail, enumerable: true }),
  ),
  hostile('a getter that throws, in depth', () => ({
    list: [Object.defineProperty({}, 'b', { get: fail, enumerable: true })],
  })),
  hostile('a getter that gives another value each time', () => {
    let turn = 0;
    const odd = [1, 'a', (): number => 1, { b: 1 }];
    return Object.defineProperty({}, 'b', {
      get: () => odd[turn++ % odd.length],
      enumerable: true,
    });
  }),
  hostile('an item that throws', () => Object.defineProperty([1], 0, { get: fail })),
];

const proxies: readonly Hostile[] = [
  hostile('a proxy of an object', () => new Proxy({ a: 1 }, {})),
  hostile('a proxy of an array', () => new Proxy([1], {})),
  hostile('a proxy of a Map', () => new Proxy(new Map(), {})),
  hostile('a revoked object', () => revoked({})),
  hostile('a revoked array', () => revoked([])),
  hostile('a revoked proxy in depth', () => ({ a: [revoked({})] })),
  hostile('a proxy whose traps throw', () => trapped({ a: 1 }, ...TRAPS)),
  hostile('a proxy of an array whose traps throw', () => trapped([1], ...TRAPS)),
  ...TRAPS.slice(2).flatMap((trap) => [
    hostile(`an object whose trap ${trap} throws`, () => trapped({ a: 1 }, trap)),
    hostile(`an array whose trap ${trap} throws`, () => trapped([1], trap)),
  ]),
  hostile('a proxy in depth whose traps throw', () => ({ a: [trapped({}, ...TRAPS)] })),
  hostile('a proxy that is not frozen', () => new Proxy({}, { preventExtensions: () => false })),
];

/** Everything that code may be given and that tests seldom give it. */
export const hostiles: readonly Hostile[] = [
  ...primitives,
  ...containers,
  ...instances,
  ...callables,
  ...thenables,
  ...accessors,
  ...proxies,
];

export const anyHostile: fc.Arbitrary<Hostile> = fc.constantFrom(...hostiles);

/** Parts of text that mean something to a terminal, a log, Redis, a script, a pattern, or to this library. */
const meaningful = [
  '\r\n',
  '\n',
  '\r',
  '\t',
  '\0',
  '\u001b[31m',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\u007f',
  '\u0085',
  '\u2028',
  '\u202e',
  '\ufeff',
  '*1\r\n$8\r\nFLUSHALL\r\n',
  '\r\nFLUSHALL\r\n',
  '"); redis.call("FLUSHALL") --',
  ']]',
  '%s%n',
  '%7B',
  '%u0041',
  '*',
  '?',
  '\\',
  '[a-z]',
  '{',
  '}',
  '}:l',
  '{x}',
  ':',
  '::',
  ':l',
  'default::',
  'cache-tier:',
  't:',
  '$',
  '../',
  ' ',
  "'",
  '"',
  '__proto__',
  'constructor',
  'toString',
  '😀',
  'e\u0301',
  '\u00e9',
] as const;

/** Text made of what means something elsewhere; well-formed. */
export const meaningfulText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<string>(...meaningful) },
      { weight: 1, arbitrary: fc.constantFrom('a', 'b', '1') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''));

/** The same, with halves of surrogate pairs among it, and at times empty or very long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: meaningfulText },
  {
    weight: 2,
    arbitrary: fc
      .tuple(meaningfulText, fc.constantFrom('\ud800', '\udfff', '\udc00\ud800'))
      .map((parts) => parts.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ max: 0xffff, min: 0 }).map((unit) => String.fromCharCode(unit)),
      maxLength: 20,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'x'.repeat(2 ** 20), '\0'.repeat(2 ** 12), '😀'.repeat(1_025)),
  },
);

/** Keys that every cache takes. */
export const validKey: fc.Arbitrary<string> = meaningfulText.filter(
  (key) => key !== '' && !key.startsWith('\0'),
);

/** What has no place in a message: it would end a line of a log, colour a terminal, or turn text around. */
export const CONTROLS = /[\p{Cc}\u2028-\u202e]/u;
