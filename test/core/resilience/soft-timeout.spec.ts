import { describe, expect, it } from '@jest/globals';
import { guardRejections, settle, twoTiers } from '../helpers.js';
import { DOWN, error, KEPT, Origin, outcomeOf, PENDING, TTL, value, watch } from './origin.js';

guardRejections();

const SOFT = { ...KEPT, softTimeout: 200 } as const;

/** A cache with a stale value, 1, and an origin that is slow to answer 2. */
async function staleAndSlow() {
  const world = twoTiers();
  const origin = new Origin();
  await world.cache.getOrCompute('key', origin.load, KEPT);
  await world.clock.advance(TTL);
  origin.version = 2;
  origin.hold();
  return { ...world, origin };
}

describe('softTimeout', () => {
  it('has a slow load waited for so long, and the stale value answered then', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(199);
    expect(await reading()).toEqual(PENDING);
    await clock.advance(1);
    expect(await reading()).toEqual(value(1));
    await origin.release();
  });

  it('lets the load go on: what it brings is stored, and answered from then on', async () => {
    const { cache, clock, origin, neighbour } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(200);
    expect(await reading()).toEqual(value(1));
    expect(cache.peek('key')).toBeUndefined();
    await origin.release();
    expect(cache.peek('key')).toBe(2);
    expect(await neighbour.get('key')).toBe(2);
    expect(origin.loads).toBe(2);
  });

  it('answers what is loaded in time', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(199);
    await origin.release();
    expect(await reading()).toEqual(value(2));
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind, whatever the outcome', async () => {
    for (const end of ['release', 'breakHeld'] as const) {
      const { cache, clock, origin } = await staleAndSlow();
      const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
      await settle();
      await origin[end]();
      expect((await reading()).state).toBe('value');
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('begins no second load for those who come meanwhile', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const first = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(200);
    expect(await first()).toEqual(value(1));
    const others = [1, 2, 3].map(() => watch(cache.getOrCompute('key', origin.load, SOFT)));
    for (const other of others) expect(await other()).toEqual(value(1));
    expect(origin.loads).toBe(2);
    await origin.release();
    expect(await cache.getOrCompute('key', origin.load)).toBe(2);
  });

  it('is that of the caller who began the load: those who join it are given what that one is given', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const first = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(150);
    const others = [SOFT, KEPT].map((options) =>
      watch(cache.getOrCompute('key', origin.load, options)),
    );
    await clock.advance(49);
    for (const caller of [first, ...others]) expect(await caller()).toEqual(PENDING);
    await clock.advance(1);
    for (const caller of [first, ...others]) expect(await caller()).toEqual(value(1));
    expect(origin.loads).toBe(2);
    await origin.release();
  });

  it('counts for nothing where there is no stale value', async () => {
    const { cache, clock } = twoTiers();
    const origin = new Origin();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(10_000);
    expect(await reading()).toEqual(PENDING);
    await origin.release();
    expect(await reading()).toEqual(value(1));
  });

  it('of a load that fails in the background has nobody else fail', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(200);
    expect(await reading()).toEqual(value(1));
    // A rejection that nobody handles would fail the test.
    await origin.breakHeld();
    expect(cache.stats().loadErrors).toBe(1);
  });

  it('of a load that fails in the background is followed by the throttle', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(200);
    await reading();
    await origin.breakHeld();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, SOFT))).toEqual(value(1));
    expect(origin.loads).toBe(2);
    await clock.advance(5000);
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, SOFT))).toEqual(value(2));
  });

  it('has a load that fails in time answered with the stale value at once', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(10);
    await origin.breakHeld();
    expect(await reading()).toEqual(value(1));
  });

  it('can be of the cache, and switched off by a call', async () => {
    const { cache, clock } = twoTiers({ ...SOFT });
    const origin = new Origin();
    for (const key of ['a', 'b']) await cache.getOrCompute(key, origin.load);
    await clock.advance(TTL);
    origin.version = 2;
    origin.hold();
    const hurried = watch(cache.getOrCompute('a', origin.load));
    const patient = watch(cache.getOrCompute('b', origin.load, { softTimeout: false }));
    await clock.advance(200);
    expect(await hurried()).toEqual(value(1));
    expect(await patient()).toEqual(PENDING);
    await origin.release();
    expect(await patient()).toEqual(value(2));
  });

  it('does not shorten a refresh', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const refreshing = watch(cache.refresh('key', origin.load, SOFT));
    await clock.advance(1000);
    expect(await refreshing()).toEqual(PENDING);
    await origin.release();
    expect(await refreshing()).toEqual(value(2));
  });

  it('is no limit for storing: what was loaded in time is the answer, and not the stale value', async () => {
    const { cache, clock, origin, remote } = await staleAndSlow();
    remote.hang('setWithTtl', 'setMany');
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await settle();
    await origin.release();
    await clock.advance(200);
    expect(await reading()).toEqual(value(2));
    remote.heal();
    await settle();
  });

  it('does not abort the load', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(1000);
    expect(await reading()).toEqual(value(1));
    expect(origin.contexts[1]?.signal.aborted).toBe(false);
    await origin.release();
  });

  it('of what was removed meanwhile answers it no more, though it was at hand when the load began', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, SOFT));
    await clock.advance(100);
    await cache.remove('key');
    await clock.advance(100);
    expect(await reading()).toEqual(PENDING);
    await origin.release();
    // The caller came before the removal, and so did its load.
    expect(await reading()).toEqual(value(2));
    expect(cache.peek('key')).toBeUndefined();
  });

  it.each([-1, Number.NaN, 'soon', null, {}])('is refused when it is %p, by name', async (bad) => {
    const { cache } = twoTiers();
    const options = { softTimeout: bad } as unknown as typeof SOFT;
    await expect(cache.getOrCompute('key', () => 1, options)).rejects.toThrow(/softTimeout/);
  });
});

describe('a load that fails later than somebody waited', () => {
  it('rejects for those who wait for it and have no fallback left', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const patient = watch(cache.getOrCompute('key', origin.load, KEPT));
    await clock.advance(KEPT.staleFor);
    await origin.breakHeld();
    expect(await patient()).toEqual(error(DOWN));
  });
});
