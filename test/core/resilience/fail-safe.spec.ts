import { describe, expect, it } from '@jest/globals';
import {
  asked,
  guardRejections,
  memoryOnly,
  recordEvents,
  settle,
  threeTiers,
  timeLeft,
  twoTiers,
  writes,
} from '../helpers.js';
import {
  DOWN,
  error,
  KEPT,
  Origin,
  outcomeOf,
  PENDING,
  STALE_FOR,
  TTL,
  value,
  watch,
} from './origin.js';

guardRejections();

/** A cache with a stale value, 1, and an origin that fails. */
async function staleAndDown(setUp = twoTiers) {
  const world = setUp();
  const origin = new Origin();
  await world.cache.getOrCompute('key', origin.load, KEPT);
  await world.clock.advance(TTL);
  origin.version = 2;
  origin.fail();
  return { ...world, origin };
}

describe('a load that fails', () => {
  it('answers the stale value, and is counted and announced as the failure that it is', async () => {
    const { cache, origin } = await staleAndDown();
    const events = recordEvents(cache);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(value(1));
    expect(cache.stats()).toMatchObject({ loads: 2, loadErrors: 1 });
    expect(events).toContainEqual({ type: 'loadError', error: DOWN, keys: 1 });
  });

  it('rejects with what the loader threw where there is no stale value', async () => {
    const { cache } = twoTiers();
    const origin = new Origin();
    origin.fail();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, KEPT))).toEqual(error(DOWN));
    expect(cache.stats().loadErrors).toBe(1);
  });

  it('is one load for all who ask meanwhile, and all are given the stale value', async () => {
    const { cache, origin } = await staleAndDown();
    origin.hold();
    const callers = Array.from({ length: 20 }, () => watch(cache.getOrCompute('key', origin.load)));
    expect(await callers[0]?.()).toEqual(PENDING);
    await origin.release();
    for (const caller of callers) expect(await caller()).toEqual(value(1));
    expect(origin.loads).toBe(2);
    expect(asked(cache)).toBe(21);
  });

  it('is one load for all who ask meanwhile, and one error where there is no stale value', async () => {
    const { cache } = twoTiers();
    const origin = new Origin();
    origin.fail();
    origin.hold();
    const callers = Array.from({ length: 20 }, () => watch(cache.getOrCompute('key', origin.load)));
    await settle();
    await origin.release();
    for (const caller of callers) expect(await caller()).toEqual(error(DOWN));
    expect(origin.loads).toBe(1);
  });

  it('leaves the stale value as stale as it was: get, getMany and peek do not answer it', async () => {
    const { cache, neighbour, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getMany(['key'])).toEqual(new Map());
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('writes nothing anywhere', async () => {
    const { cache, clock, origin, remote } = await staleAndDown();
    const before = writes(remote);
    for (let round = 0; round < 3; round++) {
      await cache.getOrCompute('key', origin.load);
      await clock.advance(1000);
    }
    expect(writes(remote)).toBe(before);
    expect(await timeLeft(remote, 'key')).toBe(STALE_FOR - 3000);
  });

  it('is followed by a load that succeeds: its value is fresh', async () => {
    const { cache, clock, origin, neighbour } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    origin.heal();
    await clock.advance(5000);
    expect(await cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
    expect(cache.peek('key')).toBe(2);
    expect(await neighbour.get('key')).toBe(2);
  });

  it('leaves no stale value behind that memory would serve for longer than the store', async () => {
    const { cache, clock, origin } = await staleAndDown();
    const options = { failSafeThrottle: 0 } as const;
    for (let passed = 0; passed < STALE_FOR; passed += 1000) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
      await clock.advance(1000);
    }
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(error(DOWN));
  });

  it('that threw synchronously, or threw undefined, is a failure too', async () => {
    for (const thrown of [DOWN, undefined, 'text']) {
      const { cache, clock } = memoryOnly();
      await cache.set('key', 1, KEPT);
      await clock.advance(TTL);
      const load = (): never => {
        throw thrown;
      };
      expect(await outcomeOf(cache.getOrCompute('key', load))).toEqual(value(1));
    }
  });

  it('in a refresh is told to its caller: who refreshes wants the new value', async () => {
    const { cache, origin } = await staleAndDown();
    expect(await outcomeOf(cache.refresh('key', origin.load))).toEqual(error(DOWN));
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(value(1));
  });

  it('in a refresh is answered with the stale value to those who have joined it', async () => {
    const { cache, origin } = await staleAndDown();
    origin.hold();
    const refreshing = watch(cache.refresh('key', origin.load, KEPT));
    await settle();
    const joined = watch(cache.getOrCompute('key', origin.load, KEPT));
    expect(await joined()).toEqual(PENDING);
    await origin.release();
    expect(await refreshing()).toEqual(error(DOWN));
    expect(await joined()).toEqual(value(1));
    expect(origin.loads).toBe(2);
  });

  it('is nothing to a fresh value', async () => {
    const { cache } = twoTiers();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    origin.fail();
    await expect(cache.refresh('key', origin.load, KEPT)).rejects.toBe(DOWN);
    expect(cache.peek('key')).toBe(1);
    expect(await cache.getOrCompute('key', origin.load, KEPT)).toBe(1);
  });

  it('falls back on the value of another namespace never', async () => {
    const { cache, clock, origin } = await staleAndDown();
    const space = cache.namespace('other');
    expect(await outcomeOf(space.getOrCompute('key', origin.load))).toEqual(error(DOWN));
    await clock.advance(1);
  });

  it('falls back on a value that only a tier below has, though that tier was slow to say so', async () => {
    const { cache, clock, neighbour, origin, remote } = await staleAndDown();
    remote.delay(100, 'getWithTtl', 'get');
    const reading = watch(neighbour.getOrCompute('key', origin.load));
    await clock.advance(100);
    expect(await reading()).toEqual(value(1));
    expect(cache.stats().loads).toBe(1);
  });
});

/** Memory has 2 and the store has 1, because the store did not take 2; both are stale. */
async function storeBehind(batch: boolean) {
  const world = twoTiers();
  const { cache, clock, remote } = world;
  const origin = new Origin();
  await cache.getOrCompute('key', origin.load, KEPT);
  await clock.advance(TTL);
  origin.version = 2;
  remote.fail(new Error('down'), 'setWithTtl', 'setMany');
  expect(await cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
  remote.heal();
  await clock.advance(TTL);
  const read = (): Promise<unknown> =>
    batch
      ? cache
          .getOrComputeMany<number>(['key'], () => Promise.reject(DOWN))
          .then((found) => found.get('key'))
      : cache.getOrCompute('key', () => Promise.reject(DOWN));
  return { ...world, read };
}

describe('the value that is fallen back on', () => {
  it.each([
    ['a key', false],
    ['a batch', true],
  ])('is the youngest that there is, in memory or below it, for %s', async (_, batch) => {
    const { read } = await storeBehind(batch);
    expect(await outcomeOf(read())).toEqual(value(2));
    // Once more, throttled.
    expect(await outcomeOf(read())).toEqual(value(2));
  });

  it('is the youngest of all tiers below memory', async () => {
    const { cache, clock, middle, bottom, below } = threeTiers();
    await cache.set('key', 1, KEPT);
    await clock.advance(100);
    await below.set('key', 2, KEPT);
    await clock.advance(TTL);
    await cache.backend('memory').remove('default::key');
    expect(await outcomeOf(cache.getOrCompute('key', () => Promise.reject(DOWN)))).toEqual(
      value(2),
    );
    expect([middle, bottom].map(({ name }) => name)).toEqual(['middle', 'bottom']);
  });

  it('is not copied to the tiers above the one that has it', async () => {
    const { cache, clock, neighbour } = twoTiers();
    await cache.set('key', 1, KEPT);
    await clock.advance(TTL);
    await outcomeOf(neighbour.getOrCompute('key', () => Promise.reject(DOWN)));
    expect(neighbour.stats().tiers[0]).toMatchObject({ name: 'memory', size: 0, promotions: 0 });
  });
});

describe('failSafeThrottle', () => {
  it('has the stale value answered without a load for so long, 5 seconds by default', async () => {
    const { cache, clock, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    await clock.advance(4999);
    expect(await cache.getOrCompute('key', origin.load)).toBe(1);
    expect(origin.loads).toBe(2);
    await clock.advance(1);
    expect(await cache.getOrCompute('key', origin.load)).toBe(1);
    expect(origin.loads).toBe(3);
  });

  it.each([
    ['of the call', {}, { failSafeThrottle: 100 }],
    ['of the cache', { failSafeThrottle: 100 }, {}],
  ])('%s counts', async (_, defaults, options) => {
    const { cache, clock, origin } = await staleAndDown(() => twoTiers(defaults));
    await cache.getOrCompute('key', origin.load, options);
    await clock.advance(99);
    await cache.getOrCompute('key', origin.load, options);
    expect(origin.loads).toBe(2);
    await clock.advance(1);
    await cache.getOrCompute('key', origin.load, options);
    expect(origin.loads).toBe(3);
  });

  it('of 0 has each call try', async () => {
    const { cache, origin } = await staleAndDown();
    for (let loads = 2; loads < 6; loads++) {
      expect(await cache.getOrCompute('key', origin.load, { failSafeThrottle: 0 })).toBe(1);
      expect(origin.loads).toBe(loads);
    }
  });

  it('is over when the stale value is: then there is nothing to answer but a load', async () => {
    const { cache, clock, origin } = await staleAndDown();
    await clock.advance(STALE_FOR - 1000);
    expect(await cache.getOrCompute('key', origin.load)).toBe(1);
    await clock.advance(1000);
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, KEPT))).toEqual(value(2));
  });

  it('is over when the value is set, and does not come back with its successor', async () => {
    const { cache, clock, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    await cache.set('key', 7, { ttl: 100, staleFor: STALE_FOR });
    expect(await cache.getOrCompute('key', origin.load)).toBe(7);
    await clock.advance(100);
    origin.heal();
    expect(await cache.getOrCompute('key', origin.load)).toBe(2);
  });

  it('is over when the key is removed: nothing is left to answer, and a load is tried at once', async () => {
    const { cache, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    await cache.remove('key');
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(value(2));
  });

  it('does not keep a refresh from loading, nor what it has loaded from being answered', async () => {
    const { cache, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    origin.heal();
    expect(await cache.refresh('key', origin.load, KEPT)).toBe(2);
    expect(await cache.getOrCompute('key', origin.load)).toBe(2);
  });

  it('is of one key: another is loaded', async () => {
    const { cache, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    origin.heal();
    expect(await cache.getOrCompute('other', origin.load)).toBe(2);
  });

  it('does not hide what another process has stored meanwhile', async () => {
    const { cache, neighbour, origin } = await staleAndDown();
    await cache.getOrCompute('key', origin.load);
    await neighbour.set('key', 9, KEPT);
    expect(await cache.getOrCompute('key', origin.load)).toBe(9);
    expect(origin.loads).toBe(2);
  });

  it('is not of the failure of one who had no fallback: the next one tries', async () => {
    const { cache } = twoTiers();
    const origin = new Origin();
    origin.fail();
    for (let loads = 1; loads < 4; loads++) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, KEPT))).toEqual(error(DOWN));
      expect(origin.loads).toBe(loads);
    }
  });
});
