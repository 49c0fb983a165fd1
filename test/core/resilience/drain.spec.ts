import { describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { ClosedError } from '../../../lib/contract/errors.js';
import {
  createTieredCache,
  type TieredCacheOptions,
} from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { guardRejections, memoryOnly, mustNotLoad, remoteBackend, settle } from '../helpers.js';
import { twoInstances, World } from '../coherence/world.js';
import { DOWN, error, KEPT, Origin, outcomeOf, PENDING, TTL, value, watch } from './origin.js';

guardRejections();

/** A cache that closes its remote backend with it. */
function owned(options: Partial<TieredCacheOptions> = {}, writeMode?: 'background') {
  const clock = new ManualClock();
  const backend = remoteBackend(clock);
  const tier = customTier({ name: 'remote', useFactory: () => backend, writeMode });
  const cache = createTieredCache({ tiers: [memoryTier(), tier], clock, ...options });
  return { cache, backend, clock, origin: new Origin() };
}

describe('close', () => {
  it('waits for loads that are under way, and their values are stored', async () => {
    const { cache, origin, backend } = owned();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    const closing = watch(cache.close());
    expect(await closing()).toEqual(PENDING);
    expect(backend.calls('setWithTtl') + backend.calls('setMany')).toBe(0);
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect((await closing()).state).toBe('value');
    expect(backend.calls('setWithTtl') + backend.calls('setMany')).toBe(1);
  });

  it('refuses all that comes meanwhile', async () => {
    const { cache, origin } = owned();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    const closing = watch(cache.close());
    for (const call of [
      () => cache.get('key'),
      () => cache.getOrCompute('key', mustNotLoad),
      () => cache.set('key', 1),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(ClosedError);
    }
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect((await closing()).state).toBe('value');
  });

  it('waits 5 seconds by default, and then tells the loads, by their signal, that the cache is closed', async () => {
    const { cache, clock, origin } = owned();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    const closing = watch(cache.close());
    await clock.advance(4999);
    expect(await closing()).toEqual(PENDING);
    expect(origin.contexts[0]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect((await closing()).state).toBe('value');
    expect(origin.contexts[0]?.signal.reason).toBeInstanceOf(ClosedError);
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect(clock.pendingTimers).toBe(0);
  });

  it('stores nothing of what ends later: the backends are closed', async () => {
    const { cache, clock, origin, backend } = owned();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    const closing = cache.close();
    await clock.advance(5000);
    await closing;
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect(backend.calls('setWithTtl') + backend.calls('setMany')).toBe(0);
  });

  it('waits as long as drainTimeout says', async () => {
    const { cache, clock, origin } = owned({ drainTimeout: 100 });
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    const closing = watch(cache.close());
    await clock.advance(99);
    expect(await closing()).toEqual(PENDING);
    await clock.advance(1);
    expect((await closing()).state).toBe('value');
    await origin.release();
    await reading();
  });

  it('waits for nothing where drainTimeout is 0', async () => {
    const { cache, origin } = owned({ drainTimeout: 0 });
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    expect((await outcomeOf(cache.close())).state).toBe('value');
    expect(origin.contexts[0]?.signal.aborted).toBe(true);
    await origin.release();
    await reading();
  });

  it('waits for nothing, and sets no timer, where nothing is under way', async () => {
    const { cache, clock } = owned();
    await cache.getOrCompute('key', () => 1);
    expect((await outcomeOf(cache.close())).state).toBe('value');
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for loads in the background', async () => {
    const { cache, clock, origin } = owned();
    await cache.getOrCompute('key', origin.load, KEPT);
    await clock.advance(TTL);
    origin.hold();
    expect(await cache.getOrCompute('key', origin.load, { ...KEPT, softTimeout: 0 })).toBe(1);
    const closing = watch(cache.close());
    expect(await closing()).toEqual(PENDING);
    await origin.release();
    expect((await closing()).state).toBe('value');
  });

  it('waits for writes in the background', async () => {
    const { cache, backend } = owned({}, 'background');
    backend.hang('setWithTtl', 'setMany');
    expect(await outcomeOf(cache.getOrCompute('key', () => 1))).toEqual(value(1));
    const closing = watch(cache.close());
    expect(await closing()).toEqual(PENDING);
    backend.heal();
    expect((await closing()).state).toBe('value');
  });

  it('waits for batches, and refreshes', async () => {
    const { cache, origin } = owned();
    origin.hold();
    const readings = [
      watch(cache.refresh('key', origin.load)),
      watch(
        cache.getOrComputeMany(['a', 'b'], async (missing) => {
          const loaded = await origin.load({} as never);
          return missing.map((key) => [key, loaded]);
        }),
      ),
    ];
    await settle();
    const closing = watch(cache.close());
    await origin.releaseOne();
    expect(await closing()).toEqual(PENDING);
    await origin.release();
    expect((await closing()).state).toBe('value');
    for (const reading of readings) expect((await reading()).state).toBe('value');
  });

  it('is not failed by a load that fails', async () => {
    const { cache, origin } = owned();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    const closing = watch(cache.close());
    await origin.breakHeld();
    expect(await reading()).toEqual(error(DOWN));
    expect((await closing()).state).toBe('value');
  });

  it('gives loads that wait for a place their turn', async () => {
    const { cache, origin } = owned({ maxConcurrentLoads: 1 });
    origin.hold();
    const readings = ['a', 'b'].map((key) => watch(cache.getOrCompute(key, origin.load)));
    await settle();
    const closing = watch(cache.close());
    await origin.releaseOne();
    expect(await closing()).toEqual(PENDING);
    await origin.release();
    expect((await closing()).state).toBe('value');
    for (const reading of readings) expect(await reading()).toEqual(value(1));
  });

  it('turns away, when the time is up, loads that wait for a place', async () => {
    const { cache, clock, origin } = owned({ maxConcurrentLoads: 1 });
    origin.hold();
    const [first, second] = ['a', 'b'].map((key) => watch(cache.getOrCompute(key, origin.load)));
    const closing = cache.close();
    await clock.advance(5000);
    await closing;
    expect(await second?.()).toEqual(error(expect.any(ClosedError)));
    await origin.release();
    expect(await first?.()).toEqual(value(1));
    expect(origin.loads).toBe(1);
  });

  it('that is called twice waits once', async () => {
    const { cache, clock, origin } = owned();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load));
    await settle();
    const closings = [watch(cache.close()), watch(cache.close())];
    await clock.advance(5000);
    for (const closing of closings) expect((await closing()).state).toBe('value');
    await origin.release();
    await reading();
  });

  it('refuses a drainTimeout that is none', () => {
    for (const bad of [-1, 1.5, Number.NaN, '5', null, {}]) {
      expect(() => memoryOnly({ drainTimeout: bad as number })).toThrow(/drainTimeout/);
    }
  });
});

describe('close of an instance', () => {
  it('stores what its loads bring, for the others to have it', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    origin.hold();
    const reading = watch(a.cache.getOrCompute('key', origin.load));
    await settle();
    const closing = watch(a.cache.close());
    await settle();
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect((await closing()).state).toBe('value');
    expect(await b.cache.getOrCompute('key', mustNotLoad)).toBe(1);
  });

  it('leaves the leases of loads that take longer to the others', async () => {
    const { a, b, clock } = await twoInstances();
    const slow = new Origin();
    slow.hold();
    const reading = watch(a.cache.getOrCompute('key', slow.load));
    await settle();
    const closing = a.cache.close();
    await clock.advance(5000);
    await closing;
    expect(await outcomeOf(b.cache.getOrCompute('key', () => 2))).toEqual(value(2));
    await slow.release();
    expect(await reading()).toEqual(value(1));
    expect(await b.cache.get('key')).toBe(2);
  });

  it('does not keep those waiting here for a load elsewhere: they are turned away', async () => {
    const world = new World();
    const a = world.instance('a', { drainTimeout: 100 });
    const b = world.instance('b');
    await a.cache.healthCheck();
    await b.cache.healthCheck();
    const slow = new Origin();
    slow.hold();
    const loading = watch(b.cache.getOrCompute('key', slow.load));
    await settle();
    const waiting = watch(a.cache.getOrCompute('key', mustNotLoad));
    await settle();
    const closing = a.cache.close();
    await world.clock.advance(100);
    await closing;
    expect(await waiting()).toEqual(error(expect.any(ClosedError)));
    await slow.release();
    expect(await loading()).toEqual(value(1));
  });
});
