import { describe, expect, it } from '@jest/globals';
import { twoInstances } from '../coherence/world.js';
import { asked, guardRejections, memoryOnly, mustNotLoad, settle } from '../helpers.js';
import { DOWN, error, INVALIDATIONS, KEPT, Origin, PENDING, TTL, value, watch } from './origin.js';

guardRejections();

const TAGGED = { ...KEPT, tags: ['t'] };

/** A refresh of a key whose value is stale, and somebody who asks for the key meanwhile. */
async function joined() {
  const { cache, clock } = memoryOnly();
  await cache.set('key', 'old', TAGGED);
  await clock.advance(TTL);
  const origin = new Origin();
  origin.hold();
  const refreshed = watch(cache.refresh('key', origin.load, TAGGED));
  await settle();
  const joiner = watch(cache.getOrCompute('key', mustNotLoad, TAGGED));
  return { cache, origin, refreshed, joiner };
}

/** The same as `joined`, with a soft timeout. */
async function joinedSlow(softTimeout: number) {
  const world = memoryOnly();
  const kept = { ...KEPT, softTimeout };
  await world.cache.set('key', 'old', KEPT);
  await world.clock.advance(TTL);
  const origin = new Origin();
  origin.hold();
  const refreshed = watch(world.cache.refresh('key', origin.load, kept));
  await settle();
  const joiner = watch(world.cache.getOrCompute('key', mustNotLoad, kept));
  await settle();
  return { ...world, origin, refreshed, joiner };
}

describe('a refresh that fails', () => {
  it('has those who have joined it without asking for it answered with the stale value', async () => {
    const { cache, origin, refreshed, joiner } = await joined();
    await origin.breakHeld();
    expect(await refreshed()).toEqual(error(DOWN));
    expect(await joiner()).toEqual(value('old'));
    expect(cache.stats()).toMatchObject({ staleServed: 1, loads: 1, loadErrors: 1 });
  });

  it.each(INVALIDATIONS)('has them fail where that was %s', async (_, invalidate) => {
    const { cache, origin, joiner } = await joined();
    await invalidate(cache);
    await origin.breakHeld();
    expect(await joiner()).toEqual(error(DOWN));
  });

  it('has them answered with what only the store has', async () => {
    const { a, b, clock } = await twoInstances();
    await a.cache.set('key', 'old', KEPT);
    await clock.advance(TTL);
    const origin = new Origin();
    origin.hold();
    const refreshed = watch(b.cache.refresh('key', origin.load, KEPT));
    await settle();
    const joiner = watch(b.cache.getOrCompute('key', mustNotLoad, KEPT));
    await settle();
    await origin.breakHeld();
    expect(await refreshed()).toEqual(error(DOWN));
    expect(await joiner()).toEqual(value('old'));
  });
});

describe('a refresh that is slow', () => {
  it('has those who have joined it given the stale value when its soft timeout has passed', async () => {
    const { cache, clock, origin, refreshed, joiner } = await joinedSlow(200);
    await clock.advance(199);
    expect(await joiner()).toEqual(PENDING);
    await clock.advance(1);
    expect(await joiner()).toEqual(value('old'));
    expect(await refreshed()).toEqual(PENDING);
    await origin.release();
    expect(await refreshed()).toEqual(value(1));
    expect(cache.stats()).toMatchObject({ staleServed: 1, loads: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('has them given it at once where that is 0', async () => {
    const { origin, joiner } = await joinedSlow(0);
    expect(await joiner()).toEqual(value('old'));
    await origin.breakHeld();
  });

  it('has them wait for it where nothing is left of the old value', async () => {
    const { cache, clock, origin, joiner } = await joinedSlow(200);
    await clock.advance(KEPT.staleFor);
    const late = watch(cache.getOrCompute('other', origin.load, KEPT));
    const alone = watch(cache.refresh('other', origin.load, { ...KEPT, softTimeout: 0 }));
    await settle();
    const waiting = watch(cache.getOrCompute('other', mustNotLoad, KEPT));
    await settle();
    expect(await waiting()).toEqual(PENDING);
    await origin.release();
    expect([await late(), await alone(), await waiting()]).toEqual([value(1), value(1), value(1)]);
    expect(await joiner()).toEqual(value('old'));
  });

  it('has them given what it brings in time, and no timer is left', async () => {
    const { clock, origin, joiner } = await joinedSlow(200);
    await clock.advance(100);
    await origin.release();
    expect(await joiner()).toEqual(value(1));
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a read while a key is refreshed', () => {
  it('is counted once, before the load begins and after', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('key', 'old', KEPT);
    const origin = new Origin();
    origin.hold();
    // The refresh here waits until that one has ended.
    const elsewhere = watch(a.cache.refresh('key', origin.load, KEPT));
    await settle();
    const here = watch(b.cache.refresh('key', origin.load, KEPT));
    await settle();
    expect(await b.cache.get('key')).toBe('old');
    await a.cache.set('key', 'newer', KEPT);
    await settle();
    expect(origin.loads).toBe(2);
    expect(await b.cache.get('key')).toBe('newer');
    expect(asked(b.cache)).toBe(2);
    await origin.release();
    expect([(await elsewhere()).state, (await here()).state]).toEqual(['value', 'value']);
  });
});
