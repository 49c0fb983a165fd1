import { describe, expect, it } from '@jest/globals';
import { World } from '../coherence/world.js';
import { asked, counted, guardRejections, mustNotLoad, settle } from '../helpers.js';

guardRejections();

const EARLY = { ttl: 1000, earlyRefresh: 1 } as const;

/** Two instances of which the first has a value that is due to be loaded anew. */
async function due() {
  const world = new World();
  const options = { random: () => 0.999_999 };
  const [a, b] = [world.instance('a', options), world.instance('b', options)];
  for (const { cache } of [a, b]) await cache.healthCheck();
  const slow = async (): Promise<number> => {
    await world.clock.advance(100);
    return 1;
  };
  await a.cache.getOrCompute('key', slow, EARLY);
  await world.clock.advance(500);
  return { a, b, clock: world.clock };
}

describe('a value that is loaded ahead of its time', () => {
  it('is asked for once, whatever the store says to the load', async () => {
    const { a } = await due();
    a.store.fail(new Error('away'));
    const before = asked(a.cache);
    const load = counted(() => 2);
    expect(await a.cache.getOrCompute('key', load, EARLY)).toBe(1);
    await settle();
    expect(load.runs).toBe(1);
    expect(asked(a.cache)).toBe(before + 1);
  });

  it('is counted as such where it is loaded, and not where another instance has done that', async () => {
    const { a, b } = await due();
    await b.cache.get('key');
    expect(await b.cache.getOrCompute('key', () => 2, EARLY)).toBe(1);
    await settle();
    expect(await b.cache.get('key')).toBe(2);
    expect(await a.cache.getOrCompute('key', mustNotLoad, EARLY)).toBe(1);
    await settle();
    expect(await a.cache.get('key')).toBe(2);
    expect(a.cache.stats().refreshedAhead).toBe(0);
    expect(b.cache.stats().refreshedAhead).toBe(1);
  });
});
