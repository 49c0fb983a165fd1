import { describe, expect, it } from '@jest/globals';
import { guardRejections, memoryOnly, settle, twoTiers } from '../helpers.js';
import { KEPT, Origin, outcomeOf, PENDING, TTL, value, watch } from './origin.js';

guardRejections();

const SWR = { ...KEPT, softTimeout: 0 } as const;

async function staleAndSlow(setUp = twoTiers) {
  const world = setUp();
  const origin = new Origin();
  await world.cache.getOrCompute('key', origin.load, KEPT);
  await world.clock.advance(TTL);
  origin.version = 2;
  origin.hold();
  return { ...world, origin };
}

describe('a softTimeout of 0', () => {
  it('answers the stale value at once, and loads in the background', async () => {
    const { cache, origin } = await staleAndSlow();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, SWR))).toEqual(value(1));
    expect(origin.loads).toBe(2);
    await origin.release();
    expect(cache.peek('key')).toBe(2);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, SWR))).toEqual(value(2));
    expect(origin.loads).toBe(2);
  });

  it('needs no time to pass, and leaves no timer behind', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const now = clock.now();
    await cache.getOrCompute('key', origin.load, SWR);
    expect(clock.now()).toBe(now);
    await settle();
    expect(clock.pendingTimers).toBe(0);
    await origin.release();
    expect(clock.pendingTimers).toBe(0);
  });

  it('has one load in the background, however many ask', async () => {
    const { cache, origin } = await staleAndSlow();
    const readings = Array.from({ length: 20 }, () => cache.getOrCompute('key', origin.load, SWR));
    expect(new Set(await Promise.all(readings))).toEqual(new Set([1]));
    await settle();
    expect(await cache.getOrCompute('key', origin.load, SWR)).toBe(1);
    expect(origin.loads).toBe(2);
    await origin.release();
  });

  it('works for what only the store has', async () => {
    const { neighbour, origin } = await staleAndSlow();
    expect(await outcomeOf(neighbour.getOrCompute('key', origin.load, SWR))).toEqual(value(1));
    await origin.release();
    expect(neighbour.peek('key')).toBe(2);
  });

  it('works in memory alone', async () => {
    const world = memoryOnly();
    const origin = new Origin();
    await world.cache.getOrCompute('key', origin.load, SWR);
    await world.clock.advance(TTL);
    origin.version = 2;
    expect(await world.cache.getOrCompute('key', origin.load, SWR)).toBe(1);
    await settle();
    expect(world.cache.peek('key')).toBe(2);
  });

  it('waits for the load where there is nothing stale, or where that has ended', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    await clock.advance(KEPT.staleFor);
    const reading = watch(cache.getOrCompute('key', origin.load, SWR));
    expect(await reading()).toEqual(PENDING);
    await origin.release();
    expect(await reading()).toEqual(value(2));
  });

  it('goes on answering the stale value while the load fails, and tries as often as the throttle lets it', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    origin.heal();
    origin.fail();
    for (let second = 0; second < 9; second++) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, SWR))).toEqual(value(1));
      await clock.advance(1000);
    }
    // At 0 s and 5 s.
    expect(origin.loads).toBe(3);
  });

  it('has no failure in the background go unhandled', async () => {
    const { cache, origin } = await staleAndSlow();
    await cache.getOrCompute('key', origin.load, SWR);
    await settle();
    await origin.breakHeld();
    expect(cache.stats().loadErrors).toBe(1);
  });

  it('answers what was loaded as soon as it is there, although it is slow to be stored', async () => {
    const { cache, origin, remote } = await staleAndSlow();
    expect(await cache.getOrCompute('key', origin.load, SWR)).toBe(1);
    await settle();
    remote.hang('setWithTtl', 'setMany');
    await origin.release();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, SWR))).toEqual(value(2));
    remote.heal();
    await settle();
    expect(origin.loads).toBe(2);
  });

  it('answers nobody the stale value who asks after the key was removed', async () => {
    const { cache, origin } = await staleAndSlow();
    await cache.getOrCompute('key', origin.load, SWR);
    await settle();
    await cache.remove('key');
    origin.version = 3;
    const reading = watch(cache.getOrCompute('key', origin.load, SWR));
    expect(await reading()).toEqual(PENDING);
    await origin.release();
    expect(await reading()).toEqual(value(3));
    expect(cache.peek('key')).toBe(3);
  });

  it('answers nobody the stale value who asks after a removal that came before the load began', async () => {
    const { cache, remote, origin } = await staleAndSlow();
    remote.hang('get', 'getWithTtl');
    expect(await cache.getOrCompute('key', origin.load, SWR)).toBe(1);
    // The look-up in the store is under way; the load that follows it is younger than the removal.
    await cache.remove('key');
    remote.heal();
    await settle();
    const reading = watch(cache.getOrCompute('key', origin.load, SWR));
    expect(await reading()).toEqual(PENDING);
    await origin.release();
    expect(await reading()).toEqual(value(2));
    expect(origin.loads).toBe(2);
    expect(cache.peek('key')).toBe(2);
  });

  it('answers the stale value as long as staleFor says, although the load never ends', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    await cache.getOrCompute('key', origin.load, SWR);
    await clock.advance(KEPT.staleFor - 1);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, SWR))).toEqual(value(1));
    await clock.advance(1);
    const readings = [1, 2].map(() => watch(cache.getOrCompute('key', origin.load, SWR)));
    for (const reading of readings) expect(await reading()).toEqual(PENDING);
    await origin.release();
    for (const reading of readings) expect(await reading()).toEqual(value(2));
    expect(origin.loads).toBe(2);
  });

  it('has a load in the background that is not kept when it was overtaken by a removal', async () => {
    const { cache, origin, neighbour } = await staleAndSlow();
    await cache.getOrCompute('key', origin.load, SWR);
    await settle();
    await cache.remove('key');
    await origin.release();
    expect(cache.peek('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });
});
