import { describe, expect, it } from '@jest/globals';
import { twoInstances } from '../coherence/world.js';
import { asked, guardRejections, memoryOnly, mustNotLoad, settle } from '../helpers.js';
import { DOWN, error, INVALIDATIONS, KEPT, Origin, TTL, value, watch } from './origin.js';

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
