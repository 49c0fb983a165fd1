import { describe, expect, it } from '@jest/globals';
import type { CompressionAlgorithm } from '../../lib/contract/sealing-options.js';
import type { TierPolicy } from '../../lib/contract/tier-definition.js';
import { hasAlgorithm } from '../../lib/core/stored/compression.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { counted, guardRejections, mustNotLoad, tierStats } from './helpers.js';
import { newKey, STORES } from './sealed-helpers.js';

guardRejections();

const ALGORITHMS: readonly CompressionAlgorithm[] = ['gzip', 'brotli', 'zstd'];
const algorithms = ALGORITHMS.filter(hasAlgorithm);

const city = {
  name: 'Ede',
  founded: new Date(0),
  roads: new Map([['A12', 1n]]),
  about: 'a city between two roads, '.repeat(200),
};

const [old, young] = [newKey('old'), newKey('young')];

function encryptedBy(...keys: readonly ReturnType<typeof newKey>[]): TierPolicy {
  return { encryption: { keys } };
}

const policies: readonly (readonly [string, TierPolicy, string])[] = [
  ...algorithms.map(
    (algorithm) => [`compressed by ${algorithm}`, { compression: { algorithm } }, 'CZ'] as const,
  ),
  ['compressed as usual', { compression: true }, 'CZ'],
  ['encrypted', encryptedBy(old), 'CE'],
  ['compressed and encrypted', { compression: true, ...encryptedBy(old) }, 'CE'],
];

/** What became of bytes that were met in the store. */
function troubles(cache: TieredCache): object {
  const { undecodable, undecipherable, tooLarge, errors } = tierStats(cache, 'remote');
  return { undecodable, undecipherable, tooLarge, errors };
}

const NONE = { undecodable: 0, undecipherable: 0, tooLarge: 0, errors: 0 };

describe.each(STORES)('over a store %s', (_, makeStore) => {
  describe.each(policies)('values %s', (_title, policy, begins) => {
    it('come back as they were, whichever way they were stored', async () => {
      const store = makeStore();
      const writer = store.create(policy);
      await writer.set('set', city);
      await writer.setMany<unknown>([
        ['many', city],
        ['small', 1],
      ]);
      await writer.update('update', city);
      await writer.getOrCompute('load', () => city);
      await writer.getOrComputeMany(['loads'], async () => new Map([['loads', city]]));
      await writer.refresh('refresh', () => city);
      const reader = store.create(policy);
      const keys = ['set', 'many', 'update', 'load', 'loads', 'refresh'];
      for (const key of keys) {
        const bytes = Buffer.from((await store.stored(key)) ?? []);
        expect(bytes.toString('latin1', 0, 2)).toBe(begins);
        expect(bytes.includes('two roads, a city between two roads')).toBe(false);
        expect(await reader.get(key)).toEqual(city);
        expect(await reader.getOrCompute(key, mustNotLoad)).toEqual(city);
      }
      expect((await store.create(policy).getMany([...keys, 'small'])).size).toBe(7);
      for (const cache of [writer, reader]) expect(troubles(cache)).toEqual(NONE);
    });

    it('say that there is none, too', async () => {
      const store = makeStore();
      await store.create(policy).getOrCompute('key', () => undefined, { negativeTtl: 1000 });
      expect(await store.create(policy).getOrCompute('key', mustNotLoad)).toBeUndefined();
    });
  });

  it('compression can be switched on, off and over while caches run', async () => {
    const store = makeStore();
    const caches = [undefined, ...algorithms].map((algorithm) =>
      store.create(algorithm && { compression: { algorithm } }),
    );
    for (const writer of caches) {
      await writer.set('key', city);
      for (const reader of caches) expect(await reader.get('key')).toEqual(city);
    }
    for (const cache of caches) expect(troubles(cache)).toEqual(NONE);
  });

  it('what is compressed beyond all measure is dropped, and loaded anew', async () => {
    const store = makeStore();
    const cache = store.create();
    await store.create({ compression: true }).set('key', city);
    const bomb = Buffer.from((await store.stored('key')) ?? []);
    bomb.writeUInt32BE(100, 4);
    await store.put('key', bomb);
    expect(await cache.getOrCompute('key', () => 'loaded')).toBe('loaded');
    expect(troubles(cache)).toEqual({ ...NONE, undecodable: 1 });
    expect(await store.create().get('key')).toBe('loaded');
  });

  it.each([
    ['another key', encryptedBy(young)],
    ['another key of the same id', encryptedBy({ ...young, id: 'old' })],
    ['no key', {}],
  ])(
    'a cache with %s misses, counts it, and leaves the value to others',
    async (_title, policy) => {
      const store = makeStore();
      const owner = encryptedBy(old);
      await store.create(owner).set('key', city);
      const stranger = store.create(policy);
      expect(await stranger.get('key')).toBeUndefined();
      expect((await stranger.getMany(['key'])).size).toBe(0);
      expect(troubles(stranger)).toEqual({ ...NONE, undecipherable: 2 });
      expect(await store.create(owner).get('key')).toEqual(city);
    },
  );

  it('a cache without the key loads, and what it loads takes the place of the other', async () => {
    const store = makeStore();
    await store.create(encryptedBy(old)).set('key', 'old');
    const stranger = store.create(encryptedBy(young));
    const load = counted(() => 'young');
    expect(await stranger.getOrCompute('key', load)).toBe('young');
    expect(load.runs).toBe(1);
    expect(await store.create(encryptedBy(young)).getOrCompute('key', mustNotLoad)).toBe('young');
    expect(troubles(stranger)).toMatchObject({ undecodable: 0, errors: 0 });
  });

  it('keys are changed without losing what is stored', async () => {
    const store = makeStore();
    const steps = [[old], [old, young], [young, old], [young]].map((keys) =>
      store.create(encryptedBy(...keys)),
    );
    const [before, knowing, rotated, after] = steps;
    await before?.set('first', 1);
    await knowing?.set('second', 2);
    expect(await knowing?.get('first')).toBe(1);
    // While the last of those that write with the old key end, the others write with the new one.
    await rotated?.set('third', 3);
    expect([...((await knowing?.getMany(['first', 'second', 'third'])) ?? [])]).toHaveLength(3);
    expect([...((await rotated?.getMany(['first', 'second', 'third'])) ?? [])]).toHaveLength(3);
    expect(await after?.get('third')).toBe(3);
    expect(steps.map(troubles)).toEqual(steps.map(() => NONE));
  });

  it('what was moved to another key is not taken for its value', async () => {
    const store = makeStore();
    const policy = encryptedBy(old);
    await store.create(policy).setMany([
      ['mine', 'a secret'],
      ['yours', 'another'],
    ]);
    await store.put('yours', (await store.stored('mine')) ?? Buffer.alloc(0));
    const cache = store.create(policy);
    expect(await cache.get('yours')).toBeUndefined();
    expect(troubles(cache)).toEqual({ ...NONE, undecipherable: 1 });
  });

  it('what is not encrypted is not trusted where encryption is on: it is dropped', async () => {
    const store = makeStore();
    await store.create().set('key', 'put there by anybody');
    const cache = store.create(encryptedBy(old));
    expect(await cache.get('key')).toBeUndefined();
    expect(troubles(cache)).toEqual({ ...NONE, undecodable: 1 });
    expect(await store.stored('key')).toBeUndefined();
  });

  it('a value that cannot be encoded is told at once, and nothing is stored', async () => {
    const store = makeStore();
    const cache = store.create({ compression: true, ...encryptedBy(old) });
    await expect(cache.set('key', Symbol('no'))).rejects.toMatchObject({ code: 'SERIALIZATION' });
    expect(await store.stored('key')).toBeUndefined();
  });
});
