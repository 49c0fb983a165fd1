import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import type { CacheBackend } from '../../lib/contract/cache-backend.js';
import { ClosedError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  deferred,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  remoteBackend,
  settle,
  twoTiers,
} from './helpers.js';

guardRejections();

/** Every call that answers a promise, with what it needs. */
const calls: readonly [string, (cache: TieredCache) => Promise<unknown>][] = [
  ['get', (cache) => cache.get('key')],
  ['getMany', (cache) => cache.getMany(['key'])],
  ['getMany of nothing', (cache) => cache.getMany([])],
  ['getOrCompute', (cache) => cache.getOrCompute('key', mustNotLoad)],
  ['getOrComputeMany', (cache) => cache.getOrComputeMany(['key'], mustNotLoad)],
  ['getOrComputeMany of nothing', (cache) => cache.getOrComputeMany([], mustNotLoad)],
  ['set', (cache) => cache.set('key', 1)],
  ['setMany', (cache) => cache.setMany([])],
  ['refresh', (cache) => cache.refresh('key', mustNotLoad)],
  ['remove', (cache) => cache.remove('key')],
  ['removeMany', (cache) => cache.removeMany([])],
  ['removePattern', (cache) => cache.removePattern('*')],
  ['clear', (cache) => cache.clear()],
  ['get in a namespace', (cache) => cache.namespace('users').get('key')],
];

function healthOf(backends: readonly CacheBackend[]): Promise<boolean[]> {
  return Promise.all(backends.map(async (backend) => backend.healthCheck()));
}

/** A cache that closes its remote backend with it. */
function owned() {
  const clock = new ManualClock();
  const backend = remoteBackend(clock);
  const tier = customTier({ name: 'remote', useFactory: () => backend });
  const cache = createTieredCache({ tiers: [memoryTier(), tier], clock, drainTimeout: 0 });
  return { cache, backend };
}

describe('a closed cache', () => {
  it.each(calls)('rejects %s', async (_, call) => {
    for (const { cache } of [memoryOnly(), twoTiers()]) {
      await cache.set('key', 'value');
      await cache.close();
      await expect(call(cache)).rejects.toBeInstanceOf(ClosedError);
    }
  });

  it('throws in peek, and still tells its stats, its name and its tiers', async () => {
    const { cache } = memoryOnly();
    await cache.get('key');
    await cache.close();
    expect(() => cache.peek('key')).toThrow(ClosedError);
    expect(cache.stats().misses).toBe(1);
    expect(cache.name).toBe('default');
    expect(cache.tierNames).toEqual(['memory']);
  });
});

describe('close', () => {
  it('closes the backends that the cache has made, and leaves those that it was given', async () => {
    const given = new MapBackend({ name: 'given' });
    class OwnBackend extends MapBackend {}
    const cache = createTieredCache({
      tiers: [
        memoryTier(),
        mapTier(),
        customTier({ useClass: OwnBackend }),
        customTier({ name: 'made', useFactory: () => new MapBackend() }),
        customTier({ useValue: given }),
      ],
    });
    const backends = cache.tierNames.map((name) => cache.backend(name));
    await cache.close();
    expect(await healthOf(backends)).toEqual([false, false, false, false, true]);
  });

  it('can be called twice, and closes once', async () => {
    const clock = new ManualClock();
    let closed = 0;
    class Counting extends FaultyBackend {
      override readonly close = async (): Promise<void> => {
        closed++;
        await settle();
      };
      constructor() {
        super(new MapBackend({ clock }), clock);
      }
    }
    const cache = createTieredCache({ tiers: [customTier({ useClass: Counting })], clock });
    await Promise.all([cache.close(), cache.close()]);
    await cache.close();
    expect(closed).toBe(1);
  });

  it('of a namespace closes the whole cache', async () => {
    const { cache } = memoryOnly();
    await cache.namespace('users').close();
    await expect(cache.get('key')).rejects.toBeInstanceOf(ClosedError);
  });

  it('closes the others, and completes the events, when one backend fails to close', async () => {
    class Stuck extends MapBackend {
      override close(): void {
        throw new Error('stuck');
      }
    }
    class Rejecting extends FaultyBackend {
      override readonly close = async (): Promise<void> => {
        throw new Error('stuck');
      };
      constructor() {
        super(new MapBackend({ name: 'rejecting' }));
      }
    }
    for (const [useClass, name] of [
      [Stuck, 'stuck'],
      [Rejecting, 'rejecting'],
    ] as const) {
      const cache = createTieredCache({
        tiers: [memoryTier(), customTier({ useClass }), mapTier()],
      });
      const others = [cache.backend('memory'), cache.backend('map')];
      let completed = false;
      cache.events.subscribe({ complete: () => (completed = true) });
      await expect(cache.close()).rejects.toMatchObject({
        code: 'BACKEND',
        backend: name,
        operation: 'close',
      });
      expect(await healthOf(others)).toEqual([false, false]);
      expect(completed).toBe(true);
    }
  });
});

describe('what is under way when the cache is closed', () => {
  it('ends: a load is answered to its callers, and not kept', async () => {
    const { cache, backend } = owned();
    const loading = deferred<string>();
    const many = deferred<Map<string, string>>();
    const underWay = [
      cache.getOrCompute('key', () => loading.promise),
      cache.getOrCompute('key', mustNotLoad),
      cache.refresh('refreshed', () => loading.promise),
      cache.getOrComputeMany(['a'], () => many.promise),
    ];
    await settle();
    await cache.close();
    loading.resolve('value');
    many.resolve(new Map([['a', '1']]));
    expect(await Promise.all<unknown>(underWay)).toEqual([
      'value',
      'value',
      'value',
      new Map([['a', '1']]),
    ]);
    expect(backend.calls('setWithTtl') + backend.calls('setMany')).toBe(0);
    expect(backend.calls('remove')).toBe(0);
  });

  it('ends: a look-up goes on to the loader, whose error reaches the caller', async () => {
    const { cache, backend } = owned();
    backend.hang('getWithTtl');
    const found = cache.getOrCompute('key', () => 'value');
    const failing = cache.getOrCompute('other', () => Promise.reject(new Error('load')));
    const plain = cache.get('third');
    await settle();
    await cache.close();
    backend.heal();
    expect(await found).toBe('value');
    await expect(failing).rejects.toThrow('load');
    expect(await plain).toBeUndefined();
  });

  it('ends: a write and a removal reject where the tier does not answer any more', async () => {
    const { cache, backend } = owned();
    backend.hang('setWithTtl', 'remove');
    const writing = cache.set('key', 1);
    const removing = cache.remove('other');
    await settle();
    await cache.close();
    backend.heal();
    await expect(writing).rejects.toMatchObject({ code: 'BACKEND', backend: 'remote' });
    await expect(removing).rejects.toMatchObject({ code: 'BACKEND', backend: 'remote' });
  });
});
