import { describe, expect, it } from '@jest/globals';
import { LoadTimeoutError } from '../../../lib/contract/errors.js';
import { guardRejections, memoryOnly, mustNotLoad, settle, twoTiers } from '../helpers.js';
import { DOWN, error, KEPT, Origin, outcomeOf, PENDING, TTL, value, watch } from './origin.js';

guardRejections();

const HARD = { ...KEPT, hardTimeout: 300 } as const;
const TIMED_OUT = error(expect.objectContaining({ code: 'LOAD_TIMEOUT', timeout: 300 }));

/** A cache without a value, and an origin that is slow to answer 1. */
function emptyAndSlow() {
  const world = twoTiers();
  const origin = new Origin();
  origin.hold();
  return { ...world, origin };
}

async function staleAndSlow() {
  const world = twoTiers();
  const origin = new Origin();
  await world.cache.getOrCompute('key', origin.load, KEPT);
  await world.clock.advance(TTL);
  origin.version = 2;
  origin.hold();
  return { ...world, origin };
}

describe('hardTimeout', () => {
  it('rejects with LoadTimeoutError when a load has taken so long and nothing else can be answered', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(299);
    expect(await reading()).toEqual(PENDING);
    await clock.advance(1);
    const outcome = await reading();
    expect(outcome).toEqual(TIMED_OUT);
    expect(outcome).toHaveProperty('error', expect.any(LoadTimeoutError));
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('"key"'));
    await origin.release();
  });

  it('answers the stale value then, where there is one', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(299);
    expect(await reading()).toEqual(PENDING);
    await clock.advance(1);
    expect(await reading()).toEqual(value(1));
    await origin.release();
  });

  it('answers what is loaded in time, and leaves no timer', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(299);
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect(clock.pendingTimers).toBe(0);
    expect(origin.contexts[0]?.signal.aborted).toBe(false);
  });

  it('aborts the signal of the load, with the error that the caller is given', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(299);
    const signal = origin.contexts[0]?.signal;
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(LoadTimeoutError);
    expect(await reading()).toEqual(error(signal?.reason));
    await origin.release();
  });

  it('shows the signal as aborted to a load that looks only then', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    await reading();
    expect(origin.contexts[0]?.signal.aborted).toBe(true);
    await origin.release();
  });

  it('begins no second load while the first has not ended: who asks then is told the same at once', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const first = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    expect(await first()).toEqual(TIMED_OUT);
    await clock.advance(100_000);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(TIMED_OUT);
    expect(origin.loads).toBe(1);
    await origin.release();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(value(1));
    expect(origin.loads).toBe(1);
  });

  it('lets a load that ends late have its value kept', async () => {
    const { cache, clock, origin, neighbour } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(1000);
    await reading();
    await origin.release();
    expect(cache.peek('key')).toBe(1);
    expect(await neighbour.get('key')).toBe(1);
    expect(await cache.getOrCompute('key', mustNotLoad)).toBe(1);
  });

  it('is that of the caller who began the load: those who join it are told when that one is', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const first = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(200);
    const second = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(99);
    expect(await second()).toEqual(PENDING);
    await clock.advance(1);
    expect(await first()).toEqual(TIMED_OUT);
    expect(await second()).toEqual(TIMED_OUT);
    await origin.release();
  });

  it('has the next caller load once a load has ended late with a failure', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    expect(await reading()).toEqual(TIMED_OUT);
    // A rejection that nobody handles would fail the test.
    await origin.breakHeld();
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(value(1));
    expect(origin.loads).toBe(2);
  });

  it('rejects with the failure of a load that looks at the signal for nobody: they have their answer', async () => {
    const { cache, clock } = twoTiers();
    let ended = false;
    const load = ({ signal }: { signal: AbortSignal }): Promise<number> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          ended = true;
          reject(signal.reason as Error);
        });
      });
    const reading = watch(cache.getOrCompute('key', load, HARD));
    await clock.advance(300);
    expect(await reading()).toEqual(TIMED_OUT);
    expect(ended).toBe(true);
    expect(await outcomeOf(cache.getOrCompute('key', () => 5, HARD))).toEqual(value(5));
  });

  it('of a load that never ends keeps the key busy, and no other', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    await reading();
    expect(await outcomeOf(cache.getOrCompute('other', () => 5, HARD))).toEqual(value(5));
    expect(cache.stats().loads).toBe(2);
    await origin.release();
  });

  it('is over for those who come after a removal: what began before it is not theirs', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    await reading();
    await cache.remove('key');
    origin.version = 2;
    const next = watch(cache.getOrCompute('key', origin.load, HARD));
    await settle();
    await origin.release();
    expect(await next()).toEqual(value(2));
    expect(cache.peek('key')).toBe(2);
  });

  it('comes after softTimeout, which answers the stale value first; the signal is aborted nevertheless', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, { ...HARD, softTimeout: 100 }));
    await clock.advance(100);
    expect(await reading()).toEqual(value(1));
    await clock.advance(199);
    expect(origin.contexts[1]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(origin.contexts[1]?.signal.aborted).toBe(true);
    await origin.release();
    expect(cache.peek('key')).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('with a stale value counts as a failure for the throttle: the next caller is not kept waiting', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    expect(await reading()).toEqual(value(1));
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(value(1));
    expect(origin.loads).toBe(2);
    await origin.release();
    expect(cache.peek('key')).toBe(2);
  });

  it('has the stale value answered as long as staleFor says, although the load never ends', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(300);
    expect(await reading()).toEqual(value(1));
    await clock.advance(KEPT.staleFor - 301);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(value(1));
    await clock.advance(1);
    for (let caller = 0; caller < 2; caller++) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(TIMED_OUT);
    }
    expect(origin.loads).toBe(2);
    await origin.release();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, HARD))).toEqual(value(2));
  });

  it('of a stale value that was removed meanwhile rejects: nothing is left to answer', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(100);
    await cache.remove('key');
    await clock.advance(200);
    expect(await reading()).toEqual(TIMED_OUT);
    await origin.release();
  });

  it('holds for a refresh, which rejects although there is a stale value', async () => {
    const { cache, clock, origin } = await staleAndSlow();
    const refreshing = watch(cache.refresh('key', origin.load, HARD));
    await clock.advance(299);
    expect(await refreshing()).toEqual(PENDING);
    await clock.advance(1);
    expect(await refreshing()).toEqual(TIMED_OUT);
    await origin.release();
    expect(cache.peek('key')).toBe(2);
  });

  it('is no limit for storing: what was loaded in time is the answer, stored or not', async () => {
    const { cache, clock, origin, remote } = emptyAndSlow();
    await origin.release();
    remote.hang('setWithTtl', 'setMany');
    const context = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(299);
    expect(await context()).toEqual(PENDING);
    await clock.advance(1);
    expect(await context()).toEqual(value(1));
    expect(origin.contexts[0]?.signal.aborted).toBe(false);
    expect(cache.stats().loadTimeouts).toBe(0);
    remote.heal();
    await settle();
  });

  it('can be of the cache, and switched off by a call', async () => {
    const { cache, clock } = memoryOnly({ hardTimeout: 300 });
    const origin = new Origin();
    origin.hold();
    const hurried = watch(cache.getOrCompute('a', origin.load));
    const patient = watch(cache.getOrCompute('b', origin.load, { hardTimeout: false }));
    await clock.advance(300);
    expect(await hurried()).toEqual(TIMED_OUT);
    expect(await patient()).toEqual(PENDING);
    await origin.release();
    expect(await patient()).toEqual(value(1));
  });

  it('has a load that fails in time reject with what it threw', async () => {
    const { cache, clock, origin } = emptyAndSlow();
    const reading = watch(cache.getOrCompute('key', origin.load, HARD));
    await clock.advance(299);
    await origin.breakHeld();
    expect(await reading()).toEqual(error(DOWN));
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([0, -1, Number.NaN, Infinity, 'soon', null, {}])(
    'is refused when it is %p, by name',
    async (bad) => {
      const { cache } = twoTiers();
      const options = { hardTimeout: bad } as unknown as typeof HARD;
      await expect(cache.getOrCompute('key', mustNotLoad, options)).rejects.toThrow(/hardTimeout/);
      expect(() => memoryOnly(options)).toThrow(/hardTimeout/);
    },
  );
});
