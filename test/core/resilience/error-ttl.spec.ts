import { describe, expect, it } from '@jest/globals';
import { counted, guardRejections, memoryOnly, twoTiers } from '../helpers.js';
import {
  DOWN,
  error,
  INVALIDATIONS,
  KEPT,
  Origin,
  outcomeOf,
  TTL,
  value,
  watch,
} from './origin.js';

guardRejections();

const REMEMBERED = { errorTtl: 1000 } as const;

/** A cache whose last load has failed. */
async function failed(options: object = REMEMBERED) {
  const world = twoTiers();
  const origin = new Origin();
  origin.fail();
  const outcome = await outcomeOf(world.cache.getOrCompute('key', origin.load, options));
  return { ...world, origin, outcome };
}

describe('errorTtl', () => {
  it('has callers given the same error without a load for so long', async () => {
    const { cache, clock, origin, outcome } = await failed();
    expect(outcome).toEqual(error(DOWN));
    origin.heal();
    await clock.advance(999);
    const again = await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED));
    expect(again).toEqual(error(DOWN));
    expect(again).toHaveProperty('error', DOWN);
    expect(origin.loads).toBe(1);
    await clock.advance(1);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
  });

  it('is not prolonged by those who are given the error', async () => {
    const { cache, clock, origin } = await failed();
    origin.heal();
    for (let round = 0; round < 9; round++) {
      await clock.advance(100);
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(
        error(DOWN),
      );
    }
    await clock.advance(100);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
  });

  it('is not at all by default', async () => {
    const { cache, origin } = await failed({});
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(error(DOWN));
    expect(origin.loads).toBe(2);
  });

  it('can be of the cache, and switched off by a call', async () => {
    const { cache } = memoryOnly(REMEMBERED);
    const origin = new Origin();
    origin.fail();
    await outcomeOf(cache.getOrCompute('a', origin.load));
    await outcomeOf(cache.getOrCompute('a', origin.load));
    expect(origin.loads).toBe(1);
    await outcomeOf(cache.getOrCompute('b', origin.load, { errorTtl: false }));
    await outcomeOf(cache.getOrCompute('b', origin.load, { errorTtl: 0 }));
    expect(origin.loads).toBe(3);
  });

  it('remembers whatever was thrown, undefined included', async () => {
    for (const thrown of ['text', null, 0, undefined]) {
      const { cache } = memoryOnly();
      let loads = 0;
      const load = async (): Promise<never> => {
        loads++;
        throw thrown;
      };
      for (let round = 0; round < 2; round++) {
        expect(await outcomeOf(cache.getOrCompute('key', load, REMEMBERED))).toEqual(error(thrown));
      }
      expect(loads).toBe(1);
    }
  });

  it('is of one key, and of one process', async () => {
    const { cache, neighbour, origin } = await failed();
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('other', origin.load, REMEMBERED))).toEqual(value(1));
    expect(await outcomeOf(neighbour.getOrCompute('key', origin.load, REMEMBERED))).toEqual(
      value(1),
    );
  });

  it('gives way to a value that somebody has stored meanwhile', async () => {
    const { cache, neighbour, origin } = await failed();
    await neighbour.set('key', 7);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(7));
  });

  it('ends when the value is set here', async () => {
    const { cache, clock, origin } = await failed();
    await cache.set('key', 7, { ttl: 10 });
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(7));
    await clock.advance(10);
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
  });

  it.each(INVALIDATIONS.filter(([how]) => how !== 'voided by its tag'))(
    'ends when the key is %s: what was true before says nothing now',
    async (_, invalidate) => {
      const { cache, origin } = await failed();
      origin.heal();
      await invalidate(cache);
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
    },
  );

  it('ends when one of the tags of the call is invalidated', async () => {
    const { cache, origin } = await failed({ ...REMEMBERED, tags: ['t'] });
    origin.heal();
    await cache.invalidateTags(['t']);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
  });

  it('is not begun by a load that was overtaken by a removal', async () => {
    const { cache, clock } = twoTiers();
    const origin = new Origin();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load, REMEMBERED));
    await clock.advance(0);
    await cache.remove('key');
    await origin.breakHeld();
    expect(await reading()).toEqual(error(DOWN));
    origin.heal();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
  });

  it('does not keep a refresh from loading; its value ends it', async () => {
    const { cache, clock, origin } = await failed();
    origin.heal();
    expect(await cache.refresh('key', origin.load, { ttl: 10 })).toBe(1);
    await clock.advance(10);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED))).toEqual(value(1));
  });

  it('is nothing to those who only read', async () => {
    const { cache } = await failed();
    expect(await cache.get('key')).toBeUndefined();
    expect(cache.peek('key')).toBeUndefined();
  });

  it('with a stale value answers that, for as long as the longer of both says nobody tries', async () => {
    const { cache, clock } = twoTiers();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    await clock.advance(TTL);
    origin.fail();
    const options = { ...KEPT, errorTtl: 8000 };
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    await clock.advance(4999);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    expect(origin.loads).toBe(2);
  });

  it('is not prolonged by the throttle, where the value that was there meanwhile has ended', async () => {
    const { cache, clock } = memoryOnly({ random: () => 0.999_999 });
    const options = { ttl: TTL, earlyRefresh: 1, errorTtl: 100 } as const;
    const slow = async (): Promise<number> => {
      await clock.advance(100);
      return 1;
    };
    await cache.getOrCompute('key', slow, options);
    await clock.advance(TTL / 2);
    const fails = counted(() => Promise.reject(DOWN));
    expect(await cache.getOrCompute('key', fails, options)).toBe(1);
    await clock.advance(TTL / 2);
    expect(fails.runs).toBe(1);
    expect(await outcomeOf(cache.getOrCompute('key', () => 2, options))).toEqual(value(2));
  });

  it('counts what it answers as asked for, and as no load', async () => {
    const { cache, origin } = await failed();
    await outcomeOf(cache.getOrCompute('key', origin.load, REMEMBERED));
    const { loads, loadErrors, misses } = cache.stats();
    expect({ loads, loadErrors, misses }).toEqual({ loads: 1, loadErrors: 1, misses: 2 });
  });

  it.each([-1, Number.NaN, 'soon', null, {}, true])(
    'is refused when it is %p, by name',
    async (bad) => {
      const { cache } = memoryOnly();
      const options = { errorTtl: bad } as unknown as typeof REMEMBERED;
      await expect(cache.getOrCompute('key', () => 1, options)).rejects.toThrow(/errorTtl/);
    },
  );
});
