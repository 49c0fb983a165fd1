import { describe, expect, it } from '@jest/globals';
import { InvalidKeyError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { guardRejections, memoryOnly, mustNotLoad, reads, twoTiers } from './helpers.js';

guardRejections();

const badKeys: readonly (readonly [unknown, RegExp])[] = [
  ['', /^A key is a non-empty string; got ""$/],
  [undefined, /^A key is a non-empty string; got undefined$/],
  [null, /^A key is a non-empty string; got null$/],
  [5, /^A key is a non-empty string; got 5$/],
  [{}, /^A key is a non-empty string; got an object$/],
  [['key'], /^A key is a non-empty string; got an array$/],
  [Symbol('key'), /^A key is a non-empty string; got a symbol$/],
  ['\0', /^A key does not begin with U\+0000; got "\\u0000"$/],
  ['\0users\0k', /^A key does not begin with U\+0000/],
  ['\ud800', /^A key is well-formed Unicode; got "\\ud800"$/],
  ['a\udc00b', /^A key is well-formed Unicode/],
  [
    'x'.repeat(1025),
    /^A key has at most 1024 characters \(option "maxKeyLength"\); got "x{80}"… \(1025 characters\)$/,
  ],
];

/** Every call with a key that answers a promise. */
const calls: readonly [string, (cache: TieredCache, key: string) => Promise<unknown>][] = [
  ['get', (cache, key) => cache.get(key)],
  ['getMany', (cache, key) => cache.getMany(['good', key])],
  ['getOrCompute', (cache, key) => cache.getOrCompute(key, mustNotLoad)],
  ['getOrComputeMany', (cache, key) => cache.getOrComputeMany(['good', key], mustNotLoad)],
  ['set', (cache, key) => cache.set(key, 1)],
  [
    'setMany',
    (cache, key) =>
      cache.setMany([
        ['other', 1],
        [key, 1],
      ]),
  ],
  ['refresh', (cache, key) => cache.refresh(key, mustNotLoad)],
  ['remove', (cache, key) => cache.remove(key)],
  ['removeMany', (cache, key) => cache.removeMany(['good', key])],
];

describe.each(badKeys)('the key %p', (key, message) => {
  it.each(calls)('makes %s reject, and nothing is done', async (_, call) => {
    for (const { cache } of [memoryOnly(), twoTiers()]) {
      await cache.set('good', 'value');
      const called = call(cache, key as string);
      await expect(called).rejects.toBeInstanceOf(InvalidKeyError);
      await expect(called).rejects.toThrow(message);
      expect(cache.peek('good')).toBe('value');
      expect(cache.peek('other')).toBeUndefined();
    }
  });

  it('makes peek throw', () => {
    const { cache } = twoTiers();
    expect(() => cache.peek(key as string)).toThrow(InvalidKeyError);
  });
});

describe('a key', () => {
  it('that is bad costs no round trip', async () => {
    const { cache, remote } = twoTiers();
    await Promise.allSettled(calls.map(([, call]) => call(cache, '\ud800')));
    expect(reads(remote)).toBe(0);
    expect(remote.calls('removeMany')).toBe(0);
  });

  it('may be as long as maxKeyLength says, and as odd as Unicode is', async () => {
    const { cache, neighbour } = twoTiers({ maxKeyLength: 20 });
    const odd = [
      'x'.repeat(20),
      ' ',
      '\n',
      '__proto__',
      'constructor',
      'a\0b',
      '🙂',
      '*?\\[]{}',
      '\uffff',
    ];
    for (const key of odd) await cache.set(key, key);
    for (const key of odd) expect(await neighbour.get(key)).toBe(key);
    expect(await neighbour.getMany(odd)).toEqual(new Map(odd.map((key) => [key, key])));
    await expect(cache.get('x'.repeat(21))).rejects.toThrow('at most 20 characters');
  });
});
