import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { RedisBus } from '../../lib/bus/redis/redis-bus.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { guardRejections, mustNotLoad, plain } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { Instances, share } from './helpers.js';
import { eventually, NEVER_STALE, PATIENT } from '../support/patience.js';

guardRejections();

describe('instances that are given a bus, over a store without fences', () => {
  let server: RedisServer;
  const instances = new Instances();
  const buses: RedisBus[] = [];
  let one: TieredCache;
  let two: TieredCache;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    const map = new MapBackend({ name: 'store' });
    // Of bytes, as a store is that processes share.
    const store = { ...plain(map), removePattern: (pattern: string) => map.removePattern(pattern) };
    const create = (): TieredCache => {
      const bus = new RedisBus({
        url: server.url,
        namespace: 'default',
        staleness: NEVER_STALE,
        ...PATIENT,
      });
      buses.push(bus);
      return instances.add({
        tiers: [memoryTier(), customTier({ useValue: store })],
        coherence: { bus },
      });
    };
    [one, two] = [create(), create()];
    await Promise.all([one, two].map((cache) => cache.healthCheck()));
  });
  afterEach(async () => {
    await instances.close();
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
  });

  it('tell each other what is void, and share their store', async () => {
    for (const change of [
      () => one.remove('key'),
      () => one.invalidateTags(['tag']),
      () => one.removePattern('k*'),
      () => one.clear(),
    ]) {
      await share([one, two], 'key', 'old', { tags: ['tag'] });
      await change();
      await eventually(() => two.peek('key') === undefined);
      expect(await two.get('key')).toBeUndefined();
      expect(await one.getOrCompute('key', () => 'new', { tags: ['tag'] })).toBe('new');
      expect(await two.getOrCompute('key', mustNotLoad)).toBe('new');
    }
    // Values are nowhere but in the store.
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('tell each other what has been set', async () => {
    await share([one, two], 'key', 'old');
    await two.set('key', 'new');
    await eventually(async () => (await one.get('key')) === 'new');
    // Its own may have been dropped for an older message.
    await eventually(async () => (await two.get('key')) === 'new' && two.peek('key') === 'new');
    await one.update('key', 'newer');
    await eventually(() => two.peek('key') === 'newer');
    expect(await one.get('key')).toBe('newer');
  });

  it('leave the bus to whoever has made it', async () => {
    await one.close();
    const [bus] = buses;
    expect((await bus?.check([]))?.complete).toBe(true);
  });
});
