import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import {
  counted,
  deferred,
  guardRejections,
  mustNotLoad,
  settle,
  tierStats,
} from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { Instances } from './helpers.js';
import { eventually, PATIENT } from '../support/patience.js';

guardRejections();

describe('three tiers and more, two of them in Redis', () => {
  let server: RedisServer;
  const instances = new Instances();
  let cache: TieredCache;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    cache = create();
  });
  afterEach(() => instances.close());

  function create(): TieredCache {
    const { url } = server;
    return instances.add({
      tiers: [
        memoryTier({ preset: 'l1' }),
        redisTier({ url, ...PATIENT, name: 'near', prefix: 'near:', preset: 'l2', promotion: 1 }),
        redisTier({ url, ...PATIENT, name: 'far', prefix: 'far:', preset: 'l3', promotion: 1 }),
      ],
    });
  }

  const NEAR = 'near:{default::key}';
  const FAR = 'far:{default::key}';

  const left = async (name: string): Promise<number> => Number(await server.call('PTTL', name));

  /** Leaves a value in the third tier, and in no other. */
  async function setFar(value: string, ttl = 100_000): Promise<void> {
    const origin = create();
    await origin.set('key', value, { ttl });
    await origin.close();
    await server.call('UNLINK', NEAR);
  }

  /** What the third tier alone answers to an instance that has nothing else. */
  async function getFar(): Promise<unknown> {
    await server.call('UNLINK', NEAR);
    const reader = create();
    const value = await reader.get('key');
    expect(tierStats(reader, 'far').hits).toBe(value === undefined ? 0 : 1);
    return value;
  }

  it('hold what is set in all of them, each for its scale of the ttl', async () => {
    await cache.set('key', 'value', { ttl: 100_000 });
    expect(await cache.get('key')).toBe('value');
    expect(await left(NEAR)).toBeGreaterThan(70_000);
    expect(await left(NEAR)).toBeLessThanOrEqual(100_000);
    expect(await left(FAR)).toBeGreaterThan(170_000);
    expect(await left(FAR)).toBeLessThanOrEqual(200_000);
    expect(await getFar()).toBe('value');
  });

  it('give a promoted copy no more than the ttl that was asked for', async () => {
    await setFar('value', 100_000);
    expect(await left(FAR)).toBeGreaterThan(170_000);
    expect(await cache.get('key')).toBe('value');
    expect(await left(NEAR)).toBeLessThanOrEqual(100_000);
    expect(cache.peek('key')).toBe('value');
  });

  it('have counts of their own', async () => {
    await setFar('value');
    await cache.get('key');
    await cache.get('key');
    await cache.get('none');
    const counts = cache
      .stats()
      .tiers.map(({ name, hits, misses, promotions, writes }) => [
        name,
        { hits, misses, promotions, writes },
      ]);
    expect(Object.fromEntries(counts)).toEqual({
      memory: { hits: 1, misses: 2, promotions: 1, writes: 1 },
      near: { hits: 0, misses: 2, promotions: 1, writes: 1 },
      far: { hits: 1, misses: 1, promotions: 0, writes: 0 },
    });
  });

  it('scale the ttl by the presets l1 to l4', async () => {
    const { url } = server;
    const four = instances.add({
      tiers: [
        memoryTier({ preset: 'l1' }),
        redisTier({ url, ...PATIENT, name: 'b', prefix: 'b:', preset: 'l2' }),
        redisTier({ url, ...PATIENT, name: 'c', prefix: 'c:', preset: 'l3' }),
        redisTier({ url, ...PATIENT, name: 'd', prefix: 'd:', preset: 'l4' }),
      ],
    });
    await four.set('key', 'value', { ttl: 100_000 });
    const seconds = await Promise.all(
      ['b', 'c', 'd'].map(async (prefix) =>
        Math.ceil((await left(`${prefix}:{default::key}`)) / 1e4),
      ),
    );
    expect(seconds).toEqual([10, 20, 80]);
  });

  it('compute once for 50 concurrent calls', async () => {
    const loading = deferred<string>();
    const loader = counted(() => loading.promise);
    const callers = Array.from({ length: 50 }, () => cache.getOrCompute('key', loader));
    await eventually(() => loader.runs > 0);
    await settle();
    loading.resolve('value');
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(loader.runs).toBe(1);
    expect(await getFar()).toBe('value');
  });

  it('compute nothing for 30 concurrent calls of what the third has, and promote it', async () => {
    await setFar('value');
    const callers = Array.from({ length: 30 }, () => cache.getOrCompute('key', mustNotLoad));
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(cache.peek('key')).toBe('value');
    expect(await server.call('EXISTS', NEAR)).toBe(1);
    expect(cache.stats()).toMatchObject({ hits: 1, coalesced: 29, loads: 0 });
  });

  it('lose a key from all of them by a removal', async () => {
    await cache.set('key', 'value');
    await cache.remove('key');
    expect(await cache.get('key')).toBeUndefined();
    expect(await create().get('key')).toBeUndefined();
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('lose a key from all of them by a pattern', async () => {
    await cache.set('key', 'value');
    await cache.removePattern('k*');
    expect(await cache.get('key')).toBeUndefined();
    expect(await create().get('key')).toBeUndefined();
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('answer nothing that another instance has voided, from none of them', async () => {
    for (const change of [
      () => create().remove('key'),
      () => create().invalidateTags(['tag']),
      () => create().removePattern('k*'),
      () => create().clear(),
    ]) {
      await cache.set('key', 'value', { tags: ['tag'] });
      expect(cache.peek('key')).toBe('value');
      await change();
      await eventually(() => cache.peek('key') === undefined);
      expect(await cache.get('key')).toBeUndefined();
      expect(await getFar()).toBeUndefined();
    }
  });

  it('answer nothing after a clear, though it goes through none of them', async () => {
    await cache.set('key', 'value');
    await cache.clear();
    expect(await cache.get('key')).toBeUndefined();
    expect(await create().get('key')).toBeUndefined();
    expect(await getFar()).toBeUndefined();
    expect(await cache.getOrCompute('key', () => 'new')).toBe('new');
    expect(await getFar()).toBe('new');
  });
});
