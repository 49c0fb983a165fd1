import { describe, expect, it } from '@jest/globals';
import { guardRejections, memoryOnly, recordEvents, settle, twoTiers } from '../helpers.js';
import { World } from '../coherence/world.js';
import { DOWN, error, KEPT, Origin, outcomeOf, PENDING, TTL, value, watch } from './origin.js';

guardRejections();

const throws = (): never => {
  throw DOWN;
};

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, key) => `key ${key}`);

describe('maxConcurrentLoads', () => {
  it('has only so many loads run at a time; the others come in their order', async () => {
    const { cache } = twoTiers({ maxConcurrentLoads: 2 });
    const origin = new Origin();
    origin.hold();
    const readings = keysOf(5).map((key) => watch(cache.getOrCompute(key, origin.load)));
    await settle();
    expect(origin.contexts.map(({ key }) => key)).toEqual(['key 0', 'key 1']);
    await origin.releaseOne();
    expect(origin.contexts.map(({ key }) => key)).toEqual(['key 0', 'key 1', 'key 2']);
    for (let left = 0; left < 4; left++) await origin.releaseOne();
    expect(origin.contexts.map(({ key }) => key)).toEqual(keysOf(5));
    for (const reading of readings) expect(await reading()).toEqual(value(1));
  });

  it('lets any number run by default', async () => {
    const { cache } = memoryOnly();
    const origin = new Origin();
    origin.hold();
    const readings = keysOf(200).map((key) => cache.getOrCompute(key, origin.load));
    await settle();
    expect(origin.held).toBe(200);
    await origin.release();
    await Promise.all(readings);
  });

  it('frees the place of a load that fails, or throws at once', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.fail();
    expect(await outcomeOf(cache.getOrCompute('a', origin.load))).toEqual(error(DOWN));
    expect(await outcomeOf(cache.getOrCompute('b', throws))).toEqual(error(DOWN));
    expect(await outcomeOf(cache.getOrCompute('c', () => 1))).toEqual(value(1));
  });

  it('frees the place of a load before its value is stored', async () => {
    const { cache, remote } = twoTiers({ maxConcurrentLoads: 1 });
    remote.hang('setWithTtl', 'setMany');
    const first = watch(cache.getOrCompute('a', () => 1));
    expect(await first()).toEqual(PENDING);
    const origin = new Origin();
    const second = watch(cache.getOrCompute('b', origin.load));
    await settle();
    expect(origin.loads).toBe(1);
    remote.heal();
    expect(await first()).toEqual(value(1));
    expect(await second()).toEqual(value(1));
  });

  it('takes a batch for one load', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.hold();
    const single = watch(cache.getOrCompute('single', origin.load));
    await settle();
    const batches: (readonly string[])[] = [];
    const many = watch(
      cache.getOrComputeMany(keysOf(3), (missing) => {
        batches.push(missing);
        return missing.map((key) => [key, 1]);
      }),
    );
    expect(await many()).toEqual(PENDING);
    expect(batches).toEqual([]);
    await origin.release();
    expect(await single()).toEqual(value(1));
    expect(await many()).toEqual(value(new Map(keysOf(3).map((key) => [key, 1]))));
    expect(batches).toEqual([keysOf(3)]);
  });

  it('counts refreshes, and loads in the background', async () => {
    const { cache, clock } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    await cache.getOrCompute('stale', origin.load, KEPT);
    await clock.advance(TTL);
    origin.hold();
    const refreshing = watch(cache.refresh('key', origin.load));
    await settle();
    const options = { ...KEPT, softTimeout: 0 } as const;
    expect(await outcomeOf(cache.getOrCompute('stale', origin.load, options))).toEqual(value(1));
    expect(origin.held).toBe(1);
    await origin.releaseOne();
    expect((await refreshing()).state).toBe('value');
    expect(origin.held).toBe(1);
    await origin.release();
  });

  it('measures a load from when it begins, not from when it was asked for', async () => {
    const { cache, clock } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    const events = recordEvents(cache);
    origin.hold();
    const readings = ['a', 'b'].map((key) => cache.getOrCompute(key, origin.load));
    await clock.advance(500);
    await origin.releaseOne();
    await clock.advance(20);
    await origin.releaseOne();
    await Promise.all(readings);
    const durations = events.flatMap((event) => (event.type === 'load' ? [event.duration] : []));
    expect(durations).toEqual([500, 20]);
  });

  it('keeps nobody waiting for longer than the hardTimeout, whose load then never begins', async () => {
    const { cache, clock } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.hold();
    const first = watch(cache.getOrCompute('a', origin.load));
    await settle();
    const second = watch(cache.getOrCompute('b', origin.load, { hardTimeout: 100 }));
    await clock.advance(100);
    expect(await second()).toEqual(
      error(expect.objectContaining({ code: 'LOAD_TIMEOUT', timeout: 100 })),
    );
    await origin.release();
    expect(await first()).toEqual(value(1));
    expect(origin.loads).toBe(1);
    expect(await outcomeOf(cache.getOrCompute('b', origin.load))).toEqual(value(1));
  });

  it('answers the stale value where a load waits for too long', async () => {
    const { cache, clock } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    await cache.getOrCompute('stale', origin.load, KEPT);
    await clock.advance(TTL);
    origin.version = 2;
    origin.hold();
    const first = watch(cache.getOrCompute('a', origin.load));
    await settle();
    const second = watch(cache.getOrCompute('stale', origin.load, { ...KEPT, softTimeout: 100 }));
    await clock.advance(100);
    expect(await second()).toEqual(value(1));
    await origin.releaseOne();
    await origin.release();
    expect(await first()).toEqual(value(2));
    expect(cache.peek('stale')).toBe(2);
  });

  it('is of no matter to hits', async () => {
    const { cache, neighbour } = twoTiers({ maxConcurrentLoads: 1 });
    await neighbour.set('stored', 1);
    const origin = new Origin();
    origin.hold();
    const loading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    expect(await cache.getOrCompute('stored', origin.load)).toBe(1);
    await origin.release();
    expect(await loading()).toEqual(value(1));
  });

  it.each([0, -1, 1.5, Number.NaN, '1', null, {}])('is refused when it is %p, by name', (bad) => {
    expect(() => memoryOnly({ maxConcurrentLoads: bad as number })).toThrow(/maxConcurrentLoads/);
  });
});

describe('a load that waits for another', () => {
  it('does not wait for the place that it holds itself', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const load = async (): Promise<string> =>
      `outer of ${await cache.getOrCompute('b', () => 'b')}`;
    expect(await outcomeOf(cache.getOrCompute('a', load))).toEqual(value('outer of b'));
  });

  it('does not wait for it at any depth, by any call', async () => {
    const { cache } = twoTiers({ maxConcurrentLoads: 1 });
    const depth = async (left: number): Promise<number> => {
      if (left === 0) return 0;
      const refreshed = await cache.refresh(`refreshed ${left}`, () => 1);
      const batch = await cache.getOrComputeMany([`batch ${left}`], (keys) =>
        keys.map((key) => [key, 1]),
      );
      const below = await cache.namespace('inner').getOrCompute(`${left}`, () => depth(left - 1));
      return refreshed + batch.size + below;
    };
    const reading = watch(cache.getOrCompute('key', () => depth(5)));
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(await reading()).toEqual(value(10));
  });

  it('does not wait for one that has been waiting for its place', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.hold();
    const first = watch(
      cache.getOrCompute('a', async (context) => {
        await origin.load(context);
        return cache.getOrCompute('b', () => 'never begun');
      }),
    );
    await settle();
    const second = watch(cache.getOrCompute('b', async () => 'of the outsider'));
    expect(await second()).toEqual(PENDING);
    await origin.release();
    expect(await first()).toEqual(value('of the outsider'));
    expect(await second()).toEqual(value('of the outsider'));
  });

  it('does not wait for a batch, or one of a batch, that has been waiting for its place', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.hold();
    const first = watch(
      cache.getOrCompute('a', async (context) => {
        await origin.load(context);
        const one = await cache.getOrCompute('b', () => 'never begun');
        const many = await cache.getOrComputeMany(['c', 'd'], () => []);
        return [one, ...many.values()];
      }),
    );
    await settle();
    const second = watch(
      cache.getOrComputeMany(['b', 'c'], (keys) => keys.map((key) => [key, `batch ${key}`])),
    );
    const third = watch(cache.getOrCompute('d', () => 'single d'));
    await settle();
    await origin.release();
    await settle();
    expect(await first()).toEqual(value(['batch b', 'batch c', 'single d']));
    expect((await second()).state).toBe('value');
    expect((await third()).state).toBe('value');
  });

  it('does not wait for a refresh that has been waiting for its place', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.hold();
    const first = watch(
      cache.getOrCompute('a', async (context) => {
        await origin.load(context);
        return cache.getOrCompute('b', () => 'never begun');
      }),
    );
    await settle();
    const refreshing = watch(cache.refresh('b', async () => 'refreshed'));
    await settle();
    await origin.release();
    expect(await first()).toEqual(value('refreshed'));
    expect(await refreshing()).toEqual(value('refreshed'));
  });
});

describe('maxConcurrentLoads of instances that share a store', () => {
  it('does not have those wait for each other whose loads need what the other loads', async () => {
    const world = new World();
    const [a, b] = ['a', 'b'].map((origin) => world.instance(origin, { maxConcurrentLoads: 1 }));
    if (a === undefined || b === undefined) throw new Error('there are two');
    await a.cache.healthCheck();
    await b.cache.healthCheck();
    const origin = new Origin();
    origin.hold();
    const nested = (cache: typeof a.cache, inner: string) =>
      cache.getOrCompute(`outer of ${inner}`, async (context) => {
        await origin.load(context);
        return cache.getOrCompute(inner, () => inner);
      });
    // Each is running, and needs what waits behind the other.
    const outers = [watch(nested(a.cache, 'x')), watch(nested(b.cache, 'y'))];
    await settle();
    const waiting = [
      watch(a.cache.getOrCompute('y', () => 'y')),
      watch(b.cache.getOrCompute('x', () => 'x')),
    ];
    await settle();
    await origin.release();
    for (let turn = 0; turn < 10; turn++) await settle();
    expect(await outers[0]?.()).toEqual(value('x'));
    expect(await outers[1]?.()).toEqual(value('y'));
    for (const reading of waiting) expect((await reading()).state).toBe('value');
  });
});
