import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  chain,
  counted,
  deferred,
  guardRejections,
  mustNotLoad,
  plain,
  remoteBackend,
  settle,
  tierStats,
} from './helpers.js';
import { fencedStore, STORES } from './sealed-helpers.js';

guardRejections();

const LIMIT = { maxEntryBytes: 1000 };
const large = 'x'.repeat(2000);

/** Each way to bring a value, of which the cache has an older one. */
const verbs: readonly (readonly [string, (cache: TieredCache) => Promise<unknown>])[] = [
  ['set', (cache) => cache.set('key', large)],
  [
    'setMany',
    (cache) =>
      cache.setMany<unknown>([
        ['key', large],
        ['small', 1],
      ]),
  ],
  ['update', (cache) => cache.update('key', large)],
  ['refresh', (cache) => cache.refresh('key', () => large)],
];

describe.each(STORES)('an entry that is too large for a tier, over a store %s', (_, makeStore) => {
  it.each(verbs)(
    '%s: is kept in memory alone, and no older value stays anywhere',
    async (_verb, act) => {
      const store = makeStore();
      const [cache, other] = [store.create(LIMIT), store.create(LIMIT)];
      await cache.set('key', 'old');
      expect(await other.get('key')).toBe('old');
      await act(cache);
      expect(await store.stored('key')).toBeUndefined();
      expect(cache.peek('key')).toBe(large);
      expect(await cache.getOrCompute('key', mustNotLoad)).toBe(large);
      expect(await other.get('key')).toBeUndefined();
      expect(tierStats(cache, 'remote')).toMatchObject({ tooLarge: 1, errors: 0 });
    },
  );

  it('getOrCompute: is answered, and loaded once for each memory', async () => {
    const store = makeStore();
    const [cache, other] = [store.create(LIMIT), store.create(LIMIT)];
    const load = counted(() => large);
    await cache.healthCheck();
    expect(await Promise.all([1, 2].map(() => cache.getOrCompute('key', load)))).toEqual([
      large,
      large,
    ]);
    expect(await cache.getOrCompute('key', load)).toBe(large);
    expect(load.runs).toBe(1);
    expect(await store.stored('key')).toBeUndefined();
    expect(await other.getOrCompute('key', load)).toBe(large);
    expect(load.runs).toBe(2);
    expect(tierStats(cache, 'remote')).toMatchObject({ tooLarge: 1, errors: 0 });
    // Nobody holds the lease any more.
    await store.create().getOrCompute('key', () => 'small');
    expect(await store.stored('key')).toBeDefined();
    expect(store.clock.now()).toBe(0);
  });

  it('getOrComputeMany: leaves the others where they belong', async () => {
    const store = makeStore();
    const cache = store.create(LIMIT);
    const loaded = new Map([
      ['a', 'small'],
      ['b', large],
      ['c', 'small'],
    ]);
    expect(await cache.getOrComputeMany([...loaded.keys()], async () => loaded)).toEqual(loaded);
    expect(await store.stored('b')).toBeUndefined();
    expect([...(await store.create().getMany(['a', 'b', 'c'])).keys()]).toEqual(['a', 'c']);
    expect(tierStats(cache, 'remote')).toMatchObject({ tooLarge: 1, errors: 0 });
  });

  it('setMany: the others are stored', async () => {
    const store = makeStore();
    await store.create(LIMIT).setMany<unknown>([
      ['a', 1],
      ['b', large],
      ['c', 3],
    ]);
    expect([...(await store.create().getMany(['a', 'b', 'c'])).keys()]).toEqual(['a', 'c']);
  });

  it('takes the place of bytes that cannot be read', async () => {
    const store = makeStore();
    await store.put('key', Buffer.from('garbage'));
    const cache = store.create(LIMIT);
    expect(await cache.getOrCompute('key', () => large)).toBe(large);
    expect(await store.stored('key')).toBeUndefined();
  });

  it('is not kept when it was invalidated while it was loaded', async () => {
    const store = makeStore();
    const [cache, other] = [store.create(LIMIT), store.create(LIMIT)];
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    await other.remove('key');
    loading.resolve(large);
    expect(await computing).toBe(large);
    expect(cache.peek('key')).toBeUndefined();
    expect(await store.stored('key')).toBeUndefined();
  });

  it('is told of no failure but that of the store', async () => {
    const store = makeStore();
    const cache = store.create(LIMIT);
    await cache.set('key', 'old');
    for (const operation of ['remove', 'removeMany', 'discard'] as const) {
      store.remote.fail(new Error('down'), operation);
    }
    await expect(cache.set('key', large)).rejects.toMatchObject({ code: expect.any(String) });
    expect(await cache.getOrCompute('other', () => large)).toBe(large);
    expect(tierStats(cache, 'remote').tooLarge).toBe(2);
    expect(tierStats(cache, 'remote').errors).toBeGreaterThan(0);
  });

  it('is one above 16 MiB where nothing else is said', async () => {
    const store = makeStore();
    const cache = store.create();
    const mebibyte = 1024 * 1024;
    await cache.set('fits', Buffer.alloc(11 * mebibyte));
    await cache.set('does not', Buffer.alloc(13 * mebibyte));
    // JSON holds bytes as base64: four for three.
    expect((await store.stored('fits'))?.length).toBeLessThan(16 * mebibyte);
    expect(await store.stored('does not')).toBeUndefined();
    expect(tierStats(cache, 'remote').tooLarge).toBe(1);
  });
});

describe('an entry that is too large', () => {
  it('for one tier is kept in the others', async () => {
    const clock = new ManualClock();
    const memory = new MapBackend({ name: 'memory', clock });
    const [middle, bottom] = [remoteBackend(clock, 'middle'), remoteBackend(clock, 'bottom')];
    const cache = chain(clock, [[memory], [middle, LIMIT], [bottom]]);
    await cache.set('key', 'old');
    await cache.set('key', large);
    expect(await middle.get('default::key')).toBeUndefined();
    expect(await bottom.get('default::key')).toBeDefined();
    memory.clear();
    expect(await cache.get('key')).toBe(large);
    await settle();
    // It goes up past the tier that it is too large for.
    expect(cache.peek('key')).toBe(large);
    expect(await middle.get('default::key')).toBeUndefined();
    expect(tierStats(cache, 'middle')).toMatchObject({ tooLarge: 2, errors: 0 });
    expect(tierStats(cache, 'bottom').tooLarge).toBe(0);
  });

  it('for the tier with fences is kept below it, and promoted past it', async () => {
    const store = fencedStore();
    const third = plain(new MapBackend({ name: 'third', clock: store.clock }));
    const create = (): TieredCache => store.create(LIMIT, [customTier({ useValue: third })]);
    const [cache, other] = [create(), create()];
    await cache.set('key', 'old');
    await cache.set('key', large);
    expect(await store.stored('key')).toBeUndefined();
    expect(await third.get('default::key')).toBeDefined();
    expect(await other.get('key')).toBe(large);
    await settle();
    expect(other.peek('key')).toBe(large);
    expect(await store.stored('key')).toBeUndefined();
    expect(tierStats(other, 'remote')).toMatchObject({ tooLarge: 1, errors: 0 });
    // The lease was left, too.
    const token = 'b'.repeat(16);
    expect(await store.remote.lease?.('default::key', token, 1000)).toEqual({ outcome: 'granted' });
  });

  it('is not kept where its lease was taken away, though nobody has told why', async () => {
    const store = fencedStore();
    const cache = store.create(LIMIT);
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    await store.remote.discard?.(['default::key']);
    loading.resolve(large);
    expect(await computing).toBe(large);
    expect(cache.peek('key')).toBeUndefined();
    expect(cache.stats().coherence.fillsRejected).toBe(1);
  });

  it.each([
    [large, 'small'],
    ['small', large],
    [large, `${large}2`],
  ])('is nothing that two setters who race could disagree about: %#', async (...values) => {
    const store = fencedStore();
    const caches = values.map(() => store.create(LIMIT));
    for (const cache of caches) await cache.healthCheck();
    await Promise.all(caches.map((cache, index) => cache.set('key', values[index])));
    await settle();
    const found = await Promise.all(caches.map((cache) => cache.get('key')));
    expect(new Set(found.filter((value) => value !== undefined)).size).toBeLessThanOrEqual(1);
  });
});
