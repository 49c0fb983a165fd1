import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis, type RedisOptions } from 'ioredis';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { counted, guardRejections } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { Instances, share } from './helpers.js';
import { eventually, PATIENT } from '../support/patience.js';

guardRejections();

describe.each<[string, RedisOptions]>([
  ['as ioredis makes it', {}],
  ['with a prefix of its own', { keyPrefix: 'app:' }],
  ['in another database', { db: 3 }],
  ['that pipelines by itself', { enableAutoPipelining: true }],
])('instances on an existing client, %s', (_, options) => {
  let server: RedisServer;
  const instances = new Instances();
  const clients: Redis[] = [];
  let one: TieredCache;
  let two: TieredCache;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    [one, two] = [create(), create()];
    await Promise.all([one, two].map((cache) => cache.healthCheck()));
  });
  afterEach(async () => {
    await instances.close();
    for (const client of clients.splice(0)) client.disconnect();
  });

  function create(): TieredCache {
    const client = new Redis(server.url, { ...options, lazyConnect: true });
    client.on('error', () => undefined);
    clients.push(client);
    return instances.add({ tiers: [memoryTier(), redisTier({ client, ...PATIENT })] });
  }

  it('agree as others do', async () => {
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
    }
    const loader = counted(() => new Promise<string>((done) => setTimeout(done, 100, 'value')));
    const callers = [one, two, one, two].map((cache) => cache.getOrCompute('cold', loader));
    expect(await Promise.all(callers)).toEqual(['value', 'value', 'value', 'value']);
    expect(loader.runs).toBe(1);
  });

  it('leave the client open, and nothing else', async () => {
    await one.set('key', 'value');
    await one.close();
    await two.close();
    expect(clients.map(({ status }) => status)).toEqual(['ready', 'ready']);
    await eventually(async () => {
      const info = String(await server.call('INFO', 'clients'));
      // The two, and the one that asks.
      return Number(/^connected_clients:(\d+)/m.exec(info)?.[1]) === 3;
    });
  });
});
