import { describe, expect, it } from '@jest/globals';
import { guardRejections, memoryOnly, settle, twoTiers } from '../helpers.js';
import { DOWN, KEPT, Origin, outcomeOf, TTL, value } from './origin.js';

guardRejections();

const EARLY = { ...KEPT, earlyRefresh: 1 } as const;
const LOAD_TAKES = 100;

/** Random numbers that are told: 0 has nothing happen early, 1 - 1/e as early as the load takes. */
function chance() {
  const luck = { random: 0 };
  return { luck, options: { random: () => luck.random } };
}

/** Just beyond what makes a refresh due with so many milliseconds left, for a load that takes 100. */
function dueAt(left: number, early = LOAD_TAKES): number {
  return 1 - Math.exp(-(left + 0.5) / early);
}

/** A cache with a value, 1, that took 100 ms to load. */
async function loadedSlowly(setUp = twoTiers, options: object = EARLY) {
  const { luck, options: cacheOptions } = chance();
  const world = setUp(cacheOptions);
  const origin = new Origin();
  origin.hold();
  const loading = world.cache.getOrCompute('key', origin.load, options);
  await world.clock.advance(LOAD_TAKES);
  await origin.release();
  await loading;
  origin.version = 2;
  return { ...world, origin, luck };
}

describe.each([
  ['memory', memoryOnly as typeof twoTiers],
  ['memory and a store', twoTiers],
])('earlyRefresh in %s', (_, setUp) => {
  it('answers the value that is there, and loads it anew in the background', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    await clock.advance(TTL - 200);
    luck.random = dueAt(200);
    origin.hold();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, EARLY))).toEqual(value(1));
    expect(origin.loads).toBe(2);
    expect(cache.peek('key')).toBe(1);
    await origin.release();
    expect(cache.peek('key')).toBe(2);
  });

  it('loads nothing anew before its time, which depends on the time that the load took', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    luck.random = dueAt(200);
    await clock.advance(TTL - 201);
    await cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    expect(origin.loads).toBe(1);
    await clock.advance(1);
    await cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    expect(origin.loads).toBe(2);
  });

  it('is the earlier the greater it is', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp, { ...KEPT, earlyRefresh: 3 });
    luck.random = dueAt(200);
    await clock.advance(TTL - 602);
    await cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    expect(origin.loads).toBe(1);
    await clock.advance(2);
    await cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    expect(origin.loads).toBe(2);
  });

  it('has one load in the background, however many ask', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    await clock.advance(TTL - 100);
    luck.random = dueAt(100);
    origin.hold();
    const answers = Array.from({ length: 20 }, () => cache.getOrCompute('key', origin.load, EARLY));
    expect(new Set(await Promise.all(answers))).toEqual(new Set([1]));
    await settle();
    expect(await cache.getOrCompute('key', origin.load, EARLY)).toBe(1);
    expect(origin.loads).toBe(2);
    await origin.release();
  });

  it('gives the value that is loaded early a ttl of its own', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    await clock.advance(TTL - 100);
    luck.random = dueAt(100);
    await cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    luck.random = 0;
    await clock.advance(TTL - 1);
    expect(cache.peek('key')).toBe(2);
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
  });

  it('has a failure in the background end in nothing: the value is there until its ttl ends', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    await clock.advance(TTL - 100);
    luck.random = dueAt(100);
    origin.fail();
    expect(await cache.getOrCompute('key', origin.load, EARLY)).toBe(1);
    await settle();
    expect(cache.stats().loadErrors).toBe(1);
    expect(cache.peek('key')).toBe(1);
    await clock.advance(99);
    expect(cache.peek('key')).toBe(1);
  });

  it('has a failure in the background not repeated at each hit', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    await clock.advance(TTL - 100);
    luck.random = dueAt(100);
    origin.fail(DOWN);
    for (let hit = 0; hit < 20; hit++) {
      expect(await cache.getOrCompute('key', origin.load, EARLY)).toBe(1);
      await settle();
    }
    expect(origin.loads).toBe(2);
  });

  it('keeps nothing that was loaded early and overtaken by a removal', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    await clock.advance(TTL - 100);
    luck.random = dueAt(100);
    origin.hold();
    await cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    await cache.remove('key');
    await origin.release();
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
  });

  it('is off by default', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp, KEPT);
    luck.random = 1 - 2 ** -53;
    await clock.advance(TTL - 1);
    expect(await cache.getOrCompute('key', origin.load, KEPT)).toBe(1);
    await settle();
    expect(origin.loads).toBe(1);
  });

  it('needs a loader: get, getMany and peek load nothing', async () => {
    const { cache, clock, origin, luck } = await loadedSlowly(setUp);
    luck.random = 1 - 2 ** -53;
    await clock.advance(TTL - 1);
    expect(cache.peek('key')).toBe(1);
    expect(await cache.get('key')).toBe(1);
    expect(await cache.getMany(['key'])).toEqual(new Map([['key', 1]]));
    await settle();
    expect(origin.loads).toBe(1);
  });
});

describe('earlyRefresh', () => {
  it('knows the time that a load took from the store, for a process that did not load', async () => {
    const { neighbour, clock, origin, luck } = await loadedSlowly();
    await clock.advance(TTL - 100);
    expect(await neighbour.get('key')).toBe(1);
    luck.random = dueAt(100);
    expect(await neighbour.getOrCompute('key', origin.load, EARLY)).toBe(1);
    await settle();
    expect(origin.loads).toBe(2);
    expect(neighbour.peek('key')).toBe(2);
  });

  it('looks at what it finds in the store as it does at what memory has', async () => {
    const { neighbour, clock, origin, luck } = await loadedSlowly();
    await clock.advance(TTL - 100);
    luck.random = dueAt(100);
    expect(await neighbour.getOrCompute('key', origin.load, EARLY)).toBe(1);
    await settle();
    await neighbour.getOrCompute('key', origin.load, EARLY);
    await settle();
    expect(origin.loads).toBe(2);
    expect(neighbour.peek('key')).toBe(2);
  });

  it('loads nothing where another process has done so already: what it has stored is taken', async () => {
    const { cache, clock, neighbour, origin, luck } = await loadedSlowly();
    await clock.advance(TTL - 100);
    expect(await neighbour.get('key')).toBe(1);
    expect(await neighbour.refresh('key', origin.load, EARLY)).toBe(2);
    origin.version = 3;
    luck.random = dueAt(100);
    expect(await cache.getOrCompute('key', origin.load, EARLY)).toBe(1);
    await settle();
    expect(origin.loads).toBe(2);
    expect(cache.peek('key')).toBe(2);
  });

  it('takes a load that takes no time for one of a millisecond', async () => {
    const { luck, options } = chance();
    const { cache, clock } = memoryOnly(options);
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, EARLY);
    origin.version = 2;
    await clock.advance(TTL - 1);
    luck.random = dueAt(1, 1);
    expect(await cache.getOrCompute('key', origin.load, EARLY)).toBe(1);
    await settle();
    expect(cache.peek('key')).toBe(2);
  });

  it.each([-1, Number.NaN, 101, Infinity, '1', null, {}, true])(
    'is refused when it is %p, by name',
    async (bad) => {
      const { cache } = twoTiers();
      const options = { earlyRefresh: bad } as unknown as typeof EARLY;
      await expect(cache.getOrCompute('key', () => 1, options)).rejects.toThrow(/earlyRefresh/);
    },
  );
});
