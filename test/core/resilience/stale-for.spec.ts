import { describe, expect, it } from '@jest/globals';
import { mapTier } from '../../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { MAX_TTL } from '../../../lib/contract/ttl.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { guardRejections, memoryOnly, mustNotLoad, timeLeft, twoTiers } from '../helpers.js';
import { DOWN, error, KEPT, Origin, outcomeOf, STALE_FOR, TTL, value } from './origin.js';

guardRejections();

const fails = (): never => {
  throw DOWN;
};

describe('a value whose ttl has passed', () => {
  it.each([
    ['memory', memoryOnly],
    ['memory and a store', twoTiers],
  ])('is not answered by get, getMany and peek although it is kept, in %s', async (_, setUp) => {
    const { cache, clock } = setUp();
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL - 1);
    expect(cache.peek('key')).toBe('old');
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getMany(['key'])).toEqual(new Map());
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(value('old'));
  });

  it('is loaded anew by whoever computes it', async () => {
    const { cache, clock } = twoTiers();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    await clock.advance(TTL);
    origin.version = 2;
    expect(await cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
    expect(cache.peek('key')).toBe(2);
    expect(origin.loads).toBe(2);
  });

  it.each([
    ['memory', memoryOnly],
    ['memory and a store', twoTiers],
  ])('is kept as long as staleFor says, and no longer, in %s', async (_, setUp) => {
    const { cache, clock } = setUp();
    await cache.set('key', 'old', { ...KEPT });
    await clock.advance(TTL + STALE_FOR - 1);
    const options = { failSafeThrottle: 0 } as const;
    expect(await outcomeOf(cache.getOrCompute('key', fails, options))).toEqual(value('old'));
    await clock.advance(1);
    expect(await outcomeOf(cache.getOrCompute('key', fails, options))).toEqual(error(DOWN));
  });

  it('is not kept at all where nobody says so', async () => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 'old', { ttl: TTL });
    expect(await timeLeft(remote, 'key')).toBe(TTL);
    await clock.advance(TTL);
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(error(DOWN));
  });

  it('takes up the time of both in the store', async () => {
    const { cache, remote } = twoTiers();
    await cache.set('key', 'old', KEPT);
    expect(await timeLeft(remote, 'key')).toBe(TTL + STALE_FOR);
  });

  it('is a fallback for who finds it in the store alone', async () => {
    const { cache, neighbour, clock } = twoTiers();
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL + 1);
    expect(await neighbour.get('key')).toBeUndefined();
    expect(await outcomeOf(neighbour.getOrCompute('key', fails))).toEqual(value('old'));
    expect(neighbour.peek('key')).toBeUndefined();
  });

  it('is as stale for who finds it in the store alone as it is', async () => {
    const { cache, neighbour, clock } = twoTiers();
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL - 100);
    expect(await neighbour.get('key')).toBe('old');
    await clock.advance(99);
    expect(neighbour.peek('key')).toBe('old');
    await clock.advance(1);
    expect(neighbour.peek('key')).toBeUndefined();
    await clock.advance(STALE_FOR - 1);
    expect(await outcomeOf(neighbour.getOrCompute('key', fails))).toEqual(value('old'));
    await clock.advance(1);
    expect(await outcomeOf(neighbour.getOrCompute('key', fails))).toEqual(error(DOWN));
  });
});

describe('staleFor', () => {
  it.each([
    ['of the call', {}, KEPT],
    ['of the cache', KEPT, {}],
    ['of the call before that of the cache', { ...KEPT, staleFor: 1 }, KEPT],
  ])('%s counts', async (_, defaults, options) => {
    const { cache, clock } = memoryOnly(defaults);
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, options);
    await clock.advance(TTL + STALE_FOR - 1);
    origin.fail();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(value(1));
  });

  it.each([0, false] as const)('%s switches off what the cache has', async (staleFor) => {
    const { cache, clock } = memoryOnly(KEPT);
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, { staleFor });
    await clock.advance(TTL);
    origin.fail();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(error(DOWN));
  });

  it('of the loader takes the place of the others', async () => {
    const { cache, clock } = memoryOnly(KEPT);
    const origin = new Origin();
    origin.say = (context) => {
      context.setTtl(500);
      context.setStaleFor('2s');
      expect([context.ttl, context.staleFor]).toEqual([500, 2000]);
    };
    await cache.getOrCompute('key', origin.load, { staleFor: 100 });
    const options = { failSafeThrottle: 0 } as const;
    await clock.advance(2499);
    expect(await outcomeOf(cache.getOrCompute('key', fails, options))).toEqual(value(1));
    await clock.advance(1);
    expect(await outcomeOf(cache.getOrCompute('key', fails, options))).toEqual(error(DOWN));
  });

  it('of the loader can be none', async () => {
    const { cache, clock } = memoryOnly(KEPT);
    const origin = new Origin();
    origin.say = (context) => context.setStaleFor(0);
    await cache.getOrCompute('key', origin.load);
    await clock.advance(TTL);
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(error(DOWN));
  });

  it.each(['set', 'update'] as const)('counts for %s', async (method) => {
    const { cache, clock } = twoTiers();
    await cache[method]('key', 'given', KEPT);
    await clock.advance(TTL);
    expect(await cache.get('key')).toBeUndefined();
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(value('given'));
  });

  it('counts for each of many that are set', async () => {
    const { cache, clock } = twoTiers();
    await cache.setMany(
      [
        ['a', 1],
        ['b', 2],
      ],
      KEPT,
    );
    await clock.advance(TTL);
    expect(await cache.getOrComputeMany(['a', 'b'], fails)).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
  });

  it('counts for a value that is refreshed', async () => {
    const { cache, clock } = twoTiers();
    const origin = new Origin();
    await cache.refresh('key', origin.load, KEPT);
    await clock.advance(TTL);
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(value(1));
  });

  it('does not count for "absent", which is nothing to fall back on', async () => {
    const { cache, clock } = twoTiers();
    await cache.getOrCompute('key', () => undefined, { ...KEPT, negativeTtl: TTL });
    expect(await outcomeOf(cache.getOrCompute('key', mustNotLoad))).toEqual(value(undefined));
    await clock.advance(TTL);
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(error(DOWN));
  });

  it('counts for null, which is a value', async () => {
    const { cache, clock } = twoTiers();
    await cache.set('key', null, KEPT);
    await clock.advance(TTL);
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(value(null));
  });

  it('is scaled in a tier as the ttl is', async () => {
    const { cache, neighbour, clock, remote } = twoTiers({}, { ttlScale: 3 });
    await cache.set('key', 'old', KEPT);
    expect(await timeLeft(remote, 'key')).toBe(3 * (TTL + STALE_FOR));
    await clock.advance(3 * TTL - 1);
    expect(await neighbour.get('key')).toBe('old');
    await clock.advance(1);
    expect(await cache.get('key')).toBeUndefined();
    expect(await outcomeOf(neighbour.getOrCompute('key', fails))).toEqual(value('old'));
  });

  it('is cut where both together would be longer than anything is kept', async () => {
    const { cache, remote } = twoTiers();
    await cache.set('key', 'old', { ttl: MAX_TTL, staleFor: MAX_TTL });
    expect(await timeLeft(remote, 'key')).toBe(MAX_TTL);
    expect(await cache.get('key')).toBe('old');
  });

  it('of any length takes nothing off the ttl', async () => {
    const { cache, neighbour, clock } = twoTiers();
    await cache.set('key', 'old', { ttl: TTL, staleFor: MAX_TTL });
    await clock.advance(TTL - 1);
    expect(await neighbour.get('key')).toBe('old');
    await clock.advance(1);
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('lasts in a map tier as in memory', async () => {
    const clock = new ManualClock();
    const cache = createTieredCache({ clock, tiers: [memoryTier(), mapTier()] });
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL + STALE_FOR - 1);
    expect(await outcomeOf(cache.getOrCompute('key', fails))).toEqual(value('old'));
  });

  it.each([-1, Number.NaN, Infinity, 'soon', null, {}, true])(
    'is refused when it is %p, by name',
    async (staleFor) => {
      const options = { staleFor } as unknown as typeof KEPT;
      const { cache } = memoryOnly();
      await expect(cache.set('key', 1, options)).rejects.toThrow(/staleFor/);
      await expect(cache.getOrCompute('key', mustNotLoad, options)).rejects.toThrow(/staleFor/);
      expect(() => memoryOnly(options)).toThrow(/staleFor/);
    },
  );
});
