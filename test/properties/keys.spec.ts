import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidKeyError, InvalidOptionError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { memoryOnly, recordEvents, twoTiers } from '../core/helpers.js';
import { anyHostile, anyText, validKey } from './arbitraries.js';
import { Canary, outcomeOf, watchRejections, demand } from './canary.js';

watchRejections();

const LONG = 2 ** 21;
const caches: readonly (readonly [string, () => TieredCache])[] = [
  ['memory', () => memoryOnly().cache],
  ['memory and a tier of bytes', () => twoTiers().cache],
  ['a namespace', () => twoTiers().cache.namespace('a').namespace('b')],
  ['a cache of long keys', () => twoTiers({ maxKeyLength: LONG }).cache],
];

/** Each verb that takes one key, as a call. */
const verbs: Readonly<Record<string, (cache: TieredCache, key: string) => unknown>> = {
  get: (cache, key) => cache.get(key),
  peek: (cache, key) => cache.peek(key),
  getMany: (cache, key) => cache.getMany([key]),
  getOrCompute: (cache, key) => cache.getOrCompute(key, () => 1),
  getOrComputeMany: (cache, key) =>
    cache.getOrComputeMany([key], (keys) => keys.map((each) => [each, 1])),
  refresh: (cache, key) => cache.refresh(key, () => 1),
  set: (cache, key) => cache.set(key, 1),
  setMany: (cache, key) => cache.setMany([[key, 1]]),
  update: (cache, key) => cache.update(key, 1),
  expire: (cache, key) => cache.expire(key),
  remove: (cache, key) => cache.remove(key),
  removeMany: (cache, key) => cache.removeMany([key]),
};

function isKey(key: unknown, maxLength: number): boolean {
  return (
    typeof key === 'string' &&
    key !== '' &&
    key.length <= maxLength &&
    !key.startsWith('\0') &&
    key.isWellFormed()
  );
}

describe.each(caches)('%s', (_title, make) => {
  it('takes a key by every verb, or refuses it by every verb', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (key) => {
        const cache = make();
        const canary = await Canary.in(cache);
        for (const [verb, call] of Object.entries(verbs)) {
          const { error } = await outcomeOf(() => call(cache, key));
          const expected = isKey(key, cache.maxKeyLength) ? undefined : InvalidKeyError;
          expect([verb, error?.constructor]).toEqual([verb, expected]);
        }
        await canary.expectAlive();
        await cache.close();
      }),
      { numRuns: 30 },
    );
  });

  it('refuses by every verb what is no text', async () => {
    const cache = make();
    const canary = await Canary.in(cache);
    await fc.assert(
      fc.asyncProperty(anyHostile, async ({ make: makeKey }) => {
        for (const [verb, call] of Object.entries(verbs)) {
          const key = makeKey();
          const { error } = await outcomeOf(() => call(cache, key as string));
          const expected = isKey(key, cache.maxKeyLength) ? undefined : InvalidKeyError;
          expect([verb, error?.constructor]).toEqual([verb, expected]);
        }
      }),
      { numRuns: 80 },
    );
    await canary.expectAlive();
    await cache.close();
  });

  it('keeps each of many keys apart from all others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(validKey, { minLength: 2, maxLength: 30 }),
        fc.nat(),
        async (keys, removed) => {
          const cache = make();
          const canary = await Canary.in(cache);
          await cache.setMany(keys.map((key) => [key, `of ${key}`]));
          const gone = keys[removed % keys.length] ?? '';
          await cache.remove(gone);
          for (const key of keys) {
            expect(await cache.get(key)).toBe(key === gone ? undefined : `of ${key}`);
          }
          const left = keys.filter((key) => key !== gone);
          expect([...(await cache.getMany(keys))]).toEqual(left.map((key) => [key, `of ${key}`]));
          await canary.expectAlive();
          await cache.close();
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a list of keys', () => {
  const lists: Readonly<Record<string, (cache: TieredCache, keys: Iterable<string>) => unknown>> = {
    getMany: (cache, keys) => cache.getMany(keys),
    getOrComputeMany: (cache, keys) => cache.getOrComputeMany(keys, () => []),
    removeMany: (cache, keys) => cache.removeMany(keys),
  };

  it.each(Object.entries(lists))(
    'that is none is refused by %s, and named',
    async (_verb, call) => {
      expect.hasAssertions();
      const { cache } = memoryOnly();
      const canary = await Canary.in(cache);
      await fc.assert(
        fc.asyncProperty(anyHostile, async ({ make }) => {
          const { error } = await outcomeOf(() => call(cache, make() as string[]));
          if (error instanceof InvalidOptionError) demand(error.option).toBe('keys');
          else demand(error ?? new InvalidKeyError('')).toBeInstanceOf(InvalidKeyError);
        }),
        { numRuns: 100 },
      );
      await canary.expectAlive();
      await cache.close();
    },
  );

  it('with a bad one among good ones changes nothing', async () => {
    const anyKey: fc.Arbitrary<() => unknown> = fc.oneof(
      anyText.map((text) => () => text),
      anyHostile.map(({ make }) => make),
    );
    const { cache, remote } = twoTiers();
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ]);
    await fc.assert(
      fc.asyncProperty(anyKey, fc.integer({ min: 0, max: 2 }), async (make, at) => {
        const key = make();
        fc.pre(!isKey(key, cache.maxKeyLength));
        const keys = ['a', 'b'].toSpliced(at, 0, key as string);
        const entries = keys.map((each): [string, number] => [each, 9]);
        for (const call of [
          () => cache.removeMany(keys),
          () => cache.setMany(entries),
          () => cache.getOrComputeMany(keys, () => entries),
        ]) {
          expect((await outcomeOf(call)).error).toBeInstanceOf(InvalidKeyError);
        }
        expect(await remote.get('default::a')).toBeDefined();
        expect(await cache.getMany(['a', 'b'])).toEqual(
          new Map([
            ['a', 1],
            ['b', 2],
          ]),
        );
      }),
      { numRuns: 100 },
    );
    await cache.close();
  });
});

describe('a loader', () => {
  it('is told the key as the caller gave it, and so is who watches', async () => {
    await fc.assert(
      fc.asyncProperty(validKey, async (key) => {
        const { cache } = twoTiers();
        const events = recordEvents(cache);
        expect(await cache.getOrCompute(key, (context) => context.key)).toBe(key);
        expect(await cache.getOrComputeMany([key], () => [])).toEqual(new Map([[key, key]]));
        const keys = events.flatMap((event) => ('key' in event ? [event.key] : []));
        expect(new Set(keys)).toEqual(new Set([key]));
        await cache.close();
      }),
      { numRuns: 100 },
    );
  });
});
