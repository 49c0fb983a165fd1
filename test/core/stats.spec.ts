import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { LatencyHistogram } from '../../lib/core/watching/latency-histogram.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  asked,
  chain,
  deferred,
  guardRejections,
  remoteBackend,
  settle,
  tierStats,
  twoTiers,
} from './helpers.js';

guardRejections();

describe('stats', () => {
  it('are all zero at first, with a line for each tier, nearest first', () => {
    const { cache } = twoTiers();
    const nothing = {
      hits: 0,
      misses: 0,
      promotions: 0,
      writes: 0,
      errors: 0,
      undecodable: 0,
      undecipherable: 0,
      tooLarge: 0,
    };
    const breaker = { state: 'closed', openFor: undefined, opened: 0 };
    expect(cache.stats()).toEqual({
      hits: 0,
      misses: 0,
      coalesced: 0,
      loads: 0,
      loadErrors: 0,
      loadTimeouts: 0,
      loadsWaiting: 0,
      refreshedAhead: 0,
      staleServed: 0,
      fenced: 0,
      tiers: [
        { name: 'memory', size: 0, latency: [], refused: 0, breaker: undefined, ...nothing },
        { name: 'remote', size: undefined, latency: [], refused: 0, breaker, ...nothing },
      ],
      coherence: {
        shared: false,
        verified: true,
        pending: 0,
        fillsRejected: 0,
        waits: 0,
        unverifiedHits: 0,
        received: 0,
        published: 0,
        gaps: 0,
        resyncs: 0,
        resets: 0,
        malformed: 0,
        lag: 0,
      },
    });
  });

  it('count a hit where it was, and a miss in each tier that was asked', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('below', 1);
    await cache.set('above', 1);
    await cache.get('above');
    await cache.get('below');
    await cache.get('nowhere');
    await cache.getOrCompute('above', () => 1);
    await cache.getOrCompute('loaded', () => 1);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 2, coalesced: 0, loads: 1 });
    expect(tierStats(cache, 'memory')).toMatchObject({
      hits: 2,
      misses: 3,
      promotions: 1,
      writes: 3,
      size: 3,
    });
    expect(tierStats(cache, 'remote')).toMatchObject({
      hits: 1,
      misses: 2,
      promotions: 0,
      writes: 2,
    });
  });

  it('count each key that was asked for once, whatever became of it', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.setMany([
      ['a', 1],
      ['b', 2],
    ]);
    const loading = deferred<number>();
    remote.hang('getWithTtl', 'getMany');
    const calls = [
      cache.get('a'),
      cache.get('a'),
      cache.getOrCompute('a', () => 9),
      cache.getOrCompute('c', () => loading.promise),
      cache.getOrCompute('c', () => loading.promise),
      cache.get('c'),
      cache.getMany(['a', 'b', 'd']),
      cache.getOrComputeMany(['b', 'c', 'e', 'f'], async () => [['e', 5]]),
    ];
    remote.heal();
    await settle();
    loading.resolve(3);
    await Promise.all(calls);
    expect(asked(cache)).toBe(6 + 3 + 4);
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => cache.get(key)));
    expect(asked(cache)).toBe(6 + 3 + 4 + 6);
    expect(cache.stats()).toMatchObject({ loads: 2, loadErrors: 0, fenced: 0 });
  });

  it('count a key once whose look-up was overtaken by a removal', async () => {
    const { neighbour, remote, clock } = twoTiers();
    await neighbour.setMany([
      ['a', 1],
      ['b', 1],
    ]);
    const answer = deferred();
    const slow = altered(remote, {
      getMany: async (keys) => {
        const found = (await remote.getMany?.(keys)) ?? [];
        await answer.promise;
        return found;
      },
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        await answer.promise;
        return found;
      },
    });
    const cache = chain(clock, [[new MapBackend({ clock })], [slow]]);
    const computing = [
      cache.getOrCompute('a', () => 2),
      cache.getOrComputeMany(['b'], async () => [['b', 2]]),
    ];
    await settle();
    await cache.removeMany(['a', 'b']);
    answer.resolve();
    expect(await Promise.all<unknown>(computing)).toEqual([2, new Map([['b', 2]])]);
    expect(cache.stats().loads).toBe(2);
    expect(asked(cache)).toBe(2);
  });

  it('of a chain without memory count its first tier like the others', async () => {
    const clock = new ManualClock();
    const cache = chain(clock, [[remoteBackend(clock)]]);
    await cache.getOrCompute('key', () => 1);
    await cache.get('key');
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, loads: 1 });
    expect(tierStats(cache, 'remote')).toMatchObject({ hits: 1, misses: 1, writes: 1 });
  });

  it('tell how long reads of a tier took', async () => {
    const { cache, remote, clock } = twoTiers({}, { readTimeout: false });
    for (const ms of [0, 1, 4, 5, 4999, 60_000]) {
      remote.delay(ms, 'getWithTtl');
      const getting = cache.get('key');
      await clock.advance(ms);
      await getting;
    }
    expect(tierStats(cache, 'remote').latency).toEqual([
      { below: 1, count: 1 },
      { below: 2, count: 1 },
      { below: 5, count: 1 },
      { below: 10, count: 1 },
      { below: 5000, count: 1 },
      { below: undefined, count: 1 },
    ]);
    expect(tierStats(cache, 'memory').latency).toEqual([]);
  });

  it('are a picture of the moment, which does not change', async () => {
    const { cache } = twoTiers();
    const before = cache.stats();
    await cache.get('key');
    expect(before.misses).toBe(0);
    expect(before.tiers[0]?.misses).toBe(0);
  });

  it('tell the size where the tier can', async () => {
    const clock = new ManualClock();
    const cache = chain(clock, [[new MapBackend({ clock })]]);
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ]);
    expect(tierStats(cache, 'map').size).toBe(2);
  });
});

describe('LatencyHistogram', () => {
  it('takes each duration into one bucket, by its bounds', () => {
    const histogram = new LatencyHistogram();
    for (const ms of [0, 0.5, 0.99, 1, 1.99, 2, 100, 199, 1e9]) histogram.record(ms);
    expect(histogram.snapshot()).toEqual([
      { below: 1, count: 3 },
      { below: 2, count: 2 },
      { below: 5, count: 1 },
      { below: 200, count: 2 },
      { below: undefined, count: 1 },
    ]);
    expect(new LatencyHistogram().snapshot()).toEqual([]);
  });
});
