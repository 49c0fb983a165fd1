import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Keyv } from 'keyv';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { BackendError, InvalidOptionError, InvalidTtlError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { TieredCacheKeyv } from '../../lib/keyv/tiered-cache-keyv.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

describe('TieredCacheKeyv', () => {
  let clock: ManualClock;
  let cache: TieredCache;

  beforeEach(() => {
    clock = new ManualClock();
    cache = createTieredCache({ tiers: [mapTier()], clock, ttl: 1_000 });
  });
  afterEach(() => cache.close());

  it('keeps a value without a ttl as long as the cache does, or as its own option says', async () => {
    const usual = new TieredCacheKeyv(cache);
    const longer = new TieredCacheKeyv(cache, { ttl: '1h' });
    await usual.set('a', 1);
    await longer.set('b', 2);
    await longer.set('c', 3, 500);
    await clock.advance(500);
    expect(await usual.getMany(['a', 'b', 'c'])).toEqual([1, 2, undefined]);
    await clock.advance(500);
    expect(await usual.hasMany(['a', 'b', 'c'])).toEqual([false, true, false]);
  });

  it('stores many values, each with its own ttl', async () => {
    const store = new TieredCacheKeyv(cache);
    await store.setMany([
      { key: 'a', value: 1, ttl: 100 },
      { key: 'b', value: 2 },
      { key: 'c', value: 3, ttl: 100 },
    ]);
    await clock.advance(100);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([undefined, 2, undefined]);
  });

  it('clears the namespace of its Keyv, and without one the whole namespace of the cache', async () => {
    const all = new Keyv({ store: new TieredCacheKeyv(cache.namespace('own')), namespace: '' });
    const stars = new Keyv({ store: new TieredCacheKeyv(cache), namespace: 'a*' });
    const other = new Keyv({ store: new TieredCacheKeyv(cache), namespace: 'ab' });
    for (const keyv of [all, stars, other]) await keyv.set('key', 1);
    await stars.clear();
    await all.clear();
    expect(await Promise.all([all, stars, other].map((keyv) => keyv.get('key')))).toEqual([
      undefined,
      undefined,
      1,
    ]);
  });

  it('puts the namespace before the keys where Keyv leaves that to it, so that clear finds them', async () => {
    const own = new Keyv({
      store: new TieredCacheKeyv(cache),
      namespace: 'own',
      useKeyPrefix: false,
    });
    await cache.set('a', 'not of Keyv');
    await own.set('a', 1);
    await own.setMany([{ key: 'b', value: 2 }]);
    expect(await own.get(['a', 'b'])).toEqual([1, 2]);
    expect(await own.has(['a', 'c'])).toEqual([true, false]);
    expect([await own.delete('b'), await own.has('b')]).toEqual([true, false]);
    await own.clear();
    expect(await own.get('a')).toBeUndefined();
    expect(await cache.get('a')).toBe('not of Keyv');
  });

  it('leaves the cache open when Keyv disconnects: others may use it', async () => {
    const keyv = new Keyv({ store: new TieredCacheKeyv(cache) });
    await keyv.disconnect();
    await cache.set('key', 1);
    expect(await cache.get('key')).toBe(1);
  });

  it('has no iterator, which it could not keep true', () => {
    expect('iterator' in new TieredCacheKeyv(cache)).toBe(false);
    expect(new Keyv({ store: new TieredCacheKeyv(cache) }).iterator).toBeUndefined();
  });

  it('a failing tier is a miss for who reads, and an error of Keyv for who writes', async () => {
    const backend = new FaultyBackend(new MapBackend());
    const failing = createTieredCache({ tiers: [customTier({ useValue: backend })] });
    const keyv = new Keyv({ store: new TieredCacheKeyv(failing) });
    const errors: unknown[] = [];
    keyv.on('error', (error: unknown) => errors.push(error));
    backend.fail(new Error('the store is away'));
    expect(await keyv.get('key')).toBeUndefined();
    expect(errors).toEqual([]);
    expect(await keyv.set('key', 1)).toBe(false);
    expect(await keyv.delete('key')).toBe(false);
    expect(errors).toEqual([expect.any(BackendError), expect.any(BackendError)]);
    await failing.close();
  });

  it('refuses what is no cache, and options that are not its own', () => {
    expect(() => new TieredCacheKeyv(new Map() as never)).toThrow(InvalidOptionError);
    expect(() => new TieredCacheKeyv(cache, { max: 5 } as never)).toThrow('options.max');
    expect(() => new TieredCacheKeyv(cache, { ttl: 'soon' as never })).toThrow(InvalidTtlError);
  });
});
