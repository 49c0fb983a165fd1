import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { MemoryBackend } from '../../lib/backends/memory/memory.backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  chain,
  guardRejections,
  reads,
  remoteBackend,
  tierStats,
  writes,
  threeTiers,
  timeLeft,
} from './helpers.js';

guardRejections();

function mustNotDraw(): never {
  throw new Error('it was drawn');
}

describe('the walk down the chain', () => {
  it('ends at the first tier that has the key, and fills all tiers above it', async () => {
    const { cache, below, middle, bottom } = threeTiers();
    await below.set('key', 'value');
    expect(await cache.get('key')).toBe('value');
    expect([reads(middle), reads(bottom)]).toEqual([1, 1]);
    expect(cache.peek('key')).toBe('value');
    expect(await timeLeft(middle, 'key')).toBe(300_000);
    expect(await cache.get('key')).toBe('value');
    expect([reads(middle), reads(bottom)]).toEqual([2, 1]);
    expect(cache.stats().tiers.map(({ hits, misses }) => [hits, misses])).toEqual([
      [1, 1],
      [0, 1],
      [1, 0],
    ]);
  });

  it('asks every tier once for a key that none has', async () => {
    const { cache, middle, bottom } = threeTiers();
    expect(await cache.get('key')).toBeUndefined();
    expect([reads(middle), reads(bottom)]).toEqual([1, 1]);
    expect(cache.stats().tiers.map(({ misses }) => misses)).toEqual([1, 1, 1]);
  });

  it('asks each lower tier for many keys only what the tiers above it lack', async () => {
    const { cache, below, middle, bottom, clock } = threeTiers();
    await below.setMany(['a', 'b', 'c'].map((key) => [key, key] as const));
    await chain(clock, [[middle]]).set('b', 'b');
    await cache.set('d', 'd');
    const found = await cache.getMany(['a', 'b', 'c', 'd', 'e']);
    expect([...found.keys()].toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect([middle.calls('getMany'), bottom.calls('getMany')]).toEqual([1, 1]);
    expect(cache.stats().tiers.map(({ hits, misses }) => [hits, misses])).toEqual([
      [1, 4],
      [1, 3],
      [2, 1],
    ]);
    expect(await timeLeft(middle, 'a')).toBe(300_000);
  });

  it.each(['realTime', 'shortTerm', 'mediumTerm', 'longTerm'] as const)(
    'goes through three tiers with the strategy %s: stored in all, expired in all at once',
    async (strategy) => {
      const ttl = {
        realTime: 10_000,
        shortTerm: 300_000,
        mediumTerm: 3_600_000,
        longTerm: 10_800_000,
      };
      const { cache, clock, middle, bottom, below } = threeTiers();
      await cache.set('key', { of: strategy }, { ttl: strategy });
      expect(await timeLeft(middle, 'key')).toBe(ttl[strategy]);
      expect(await timeLeft(bottom, 'key')).toBe(ttl[strategy]);
      await clock.advance(ttl[strategy] - 1);
      expect(await cache.get('key')).toEqual({ of: strategy });
      expect(await below.get('key')).toEqual({ of: strategy });
      await clock.advance(1);
      expect(await cache.get('key')).toBeUndefined();
      expect(await below.get('key')).toBeUndefined();
    },
  );
});

describe('a store of this process below another', () => {
  class Place {
    constructor(readonly name: string) {}
  }

  it('is read, promoted from, cleared and counted like any lower tier, and keeps values as they are', async () => {
    const clock = new ManualClock();
    const small = new MemoryBackend({ name: 'small', maxEntries: 1, clock });
    const large = new MapBackend({ name: 'large', clock });
    const cache = chain(clock, [[small], [large]]);
    const ede = new Place('Ede');
    await cache.setMany<unknown>([
      ['a', ede],
      ['b', 2],
      ['c', 3],
    ]);
    expect(await cache.get('a')).toBe(ede);
    expect(cache.peek('a')).toBe(ede);
    expect(await cache.getMany(['a', 'b', 'c', 'd'])).toEqual(
      new Map<string, unknown>([
        ['a', ede],
        ['b', 2],
        ['c', 3],
      ]),
    );
    expect(tierStats(cache, 'large')).toMatchObject({ hits: 3, misses: 1, errors: 0, size: 3 });
    await cache.removeMany(['a', 'b']);
    expect(await cache.getOrCompute('a', () => 'new')).toBe('new');
    await cache.clear();
    expect([small.size, large.size]).toEqual([0, 0]);
  });
});

describe('promotion', () => {
  it('of 1 in N takes the hits that chance picks', async () => {
    const draws = [0.5, 0.1, 0.0999];
    const { cache, below } = threeTiers([{}, {}, { promotion: 10 }], () => draws.shift() ?? 1);
    await below.set('key', 'value');
    await cache.get('key');
    await cache.get('key');
    expect(cache.peek('key')).toBeUndefined();
    await cache.get('key');
    expect(cache.peek('key')).toBe('value');
    expect(tierStats(cache, 'memory').promotions).toBe(1);
  });

  it('of many keys draws for each of them, and stores those chosen in one round trip', async () => {
    const draws = [0.9, 0, 0.9, 0];
    const { cache, below, middle } = threeTiers(
      [{}, {}, { promotion: 2 }],
      () => draws.shift() ?? 1,
    );
    await below.setMany(['a', 'b', 'c', 'd'].map((key) => [key, key] as const));
    expect((await cache.getMany(['a', 'b', 'c', 'd'])).size).toBe(4);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.peek(key))).toEqual([
      undefined,
      'b',
      undefined,
      'd',
    ]);
    expect(middle.calls('setMany')).toBe(1);
    expect(writes(middle)).toBe(1);
  });

  it.each([1, false] as const)('draws nothing where it is %s', async (promotion) => {
    const { cache, below } = threeTiers([{}, {}, { promotion }], mustNotDraw);
    await below.set('key', 'value');
    expect(await cache.get('key')).toBe('value');
    expect(cache.peek('key')).toBe(promotion === 1 ? 'value' : undefined);
  });

  it('is off with false: each read goes down, nothing goes up', async () => {
    const { cache, below, bottom, middle } = threeTiers([{}, {}, { promotion: false }]);
    await below.set('key', 'value');
    for (let read = 1; read <= 3; read++) {
      expect(await cache.get('key')).toBe('value');
      expect(reads(bottom)).toBe(read);
    }
    expect(writes(middle)).toBe(0);
    expect(cache.stats().tiers.map(({ promotions }) => promotions)).toEqual([0, 0, 0]);
  });

  it.each(['l2', 'l3', 'l4'] as const)(
    'takes one hit in ten with the preset %s',
    async (preset) => {
      const draws = [0.1, 0.09];
      const clock = new ManualClock();
      const remote = remoteBackend(clock);
      const memory = new MapBackend({ name: 'memory', clock });
      await chain(clock, [[remote]]).set('key', 'value');
      const cache = chain(
        clock,
        [
          [memory, { preset: 'l1' }],
          [remote, { preset }],
        ],
        { random: () => draws.shift() ?? 1 },
      );
      await cache.get('key');
      expect(cache.peek('key')).toBeUndefined();
      await cache.get('key');
      expect(cache.peek('key')).toBe('value');
    },
  );

  it('gives way to what stands beside the preset', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const memory = new MapBackend({ name: 'memory', clock });
    const cache = chain(
      clock,
      [[memory], [remote, { preset: 'l4', promotion: 1, ttlScale: 1, level: 2 }]],
      { random: () => 0.99 },
    );
    await chain(clock, [[remote]]).set('key', 'value');
    await cache.get('key');
    expect(cache.peek('key')).toBe('value');
    await cache.set('other', 'value', { ttl: 1000 });
    expect(await timeLeft(remote, 'other')).toBe(1000);
  });
});
