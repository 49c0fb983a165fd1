import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { counted, deferred, guardRejections, mustNotLoad, tierStats } from '../core/helpers.js';
import { packFilled, writeEnd } from '../../lib/backends/redis/stored-bytes.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { commandCalls, Instances, storedName } from './helpers.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { eventually, PATIENT } from '../support/patience.js';

guardRejections();

describe('instances on one Redis', () => {
  let server: RedisServer;
  const instances = new Instances();

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => server.call('FLUSHALL'));
  afterEach(() => instances.close());

  it("see each other's values, in namespaces too", async () => {
    const one = instances.create(server.url);
    const two = instances.create(server.url);
    await one.set('key', { by: 'one' });
    await one.namespace('users').set('key', { by: 'users of one' });
    expect(await two.get('key')).toEqual({ by: 'one' });
    expect(await two.namespace('users').getOrCompute('key', mustNotLoad)).toEqual({
      by: 'users of one',
    });
    expect(await two.getMany(['key', 'other'])).toEqual(new Map([['key', { by: 'one' }]]));
  });

  it('of two applications are kept apart by the namespace, whatever one of them clears', async () => {
    const shop = instances.create(server.url, {}, { namespace: 'shop' });
    const blog = instances.create(server.url, {}, { namespace: 'blog' });
    await shop.set('key', 'shop');
    await blog.set('key', 'blog');
    await blog.namespace('shop').set('key', 'shop in blog');
    expect(await server.call('GET', storedName('key', 'shop'))).toContain('shop');
    const freshShop = instances.create(server.url, {}, { namespace: 'shop' });
    expect(await freshShop.get('key')).toBe('shop');
    await blog.clear();
    await blog.removePattern('*');
    expect(await blog.get('key')).toBeUndefined();
    expect(await blog.namespace('shop').get('key')).toBeUndefined();
    // What was cleared is void, wherever it still is.
    const freshBlog = instances.create(server.url, {}, { namespace: 'blog' });
    expect(await freshBlog.get('key')).toBeUndefined();
    expect(await freshBlog.namespace('shop').get('key')).toBeUndefined();
    expect((await storedNames(server)).values).toContain(storedName('key', 'shop'));
    expect(await shop.get('key')).toBe('shop');
  });

  it('read Redis once and load once for 10,000 concurrent calls of a cold key', async () => {
    const cache = instances.create(server.url);
    await cache.healthCheck();
    await server.call('CONFIG', 'RESETSTAT');
    const loading = deferred<string>();
    const loader = counted(() => loading.promise);
    const callers = Array.from({ length: 10_000 }, () => cache.getOrCompute('key', loader));
    await eventually(() => loader.runs > 0);
    loading.resolve('value');
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(loader.runs).toBe(1);

    const calls = await commandCalls(server);
    expect(calls.get('pttl')).toBeUndefined();
    // One read; the scripts of the lease and of the fill each look at the lease, and each store one thing.
    expect([calls.get('get'), calls.get('set')]).toEqual([3, 2]);
    expect(calls.get('getrange')).toBe(1);
    expect(cache.stats()).toMatchObject({ loads: 1, misses: 1, coalesced: 9_999 });
  });

  it('read Redis once for 10,000 concurrent gets and computes of a key that it has', async () => {
    await instances.create(server.url).set('key', 'value');
    const cache = instances.create(server.url);
    await cache.healthCheck();
    await server.call('CONFIG', 'RESETSTAT');
    const callers = Array.from({ length: 10_000 }, (_, n) =>
      n % 2 === 0 ? cache.get('key') : cache.getOrCompute('key', mustNotLoad),
    );
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect((await commandCalls(server)).get('get')).toBe(1);
  });

  it('ask Redis for no hit in memory', async () => {
    const cache = instances.create(server.url);
    await cache.set('key', 'value');
    await server.call('CONFIG', 'RESETSTAT');
    for (let call = 0; call < 100; call++) {
      await cache.getOrCompute('key', mustNotLoad);
      await cache.get('key');
      await cache.getMany(['key']);
    }
    expect((await commandCalls(server)).get('get')).toBeUndefined();
  });

  it('promote what has a minute left in Redis with at most a minute', async () => {
    const origin = instances.create(server.url);
    await origin.set('key', 'value', { ttl: '5m' });
    const envelope = (await origin.backend('redis').get('default::key')) ?? Buffer.alloc(0);
    const stored = packFilled('a token of 16 ch', envelope);
    writeEnd(stored, Date.now() + 60_000);
    await server.call('SET', storedName('key'), stored, 'PX', 60_000);
    const clock = new ManualClock();
    const cache = instances.create(server.url, {}, { clock });
    expect(await cache.get('key')).toBe('value');
    expect(cache.peek('key')).toBe('value');
    await clock.advance(60_000);
    expect(cache.peek('key')).toBeUndefined();
  });

  it('drop a value that they cannot read, count it, and load anew', async () => {
    const cache = instances.create(server.url);
    const token = 'a token of 16 ch';
    const store = (bytes: string): Promise<unknown> =>
      server.call('SET', storedName('key'), packFilled(token, Buffer.from(bytes)), 'PX', 60_000);
    for (const [n, bytes] of ['', '{"id":1}', 'CT', `CT${'\u0001'.repeat(40)}`].entries()) {
      await store(bytes);
      expect(await cache.get('key')).toBeUndefined();
      expect(await storedNames(server)).toEqual({ values: [], leases: [] });
      expect(tierStats(cache, 'redis').undecodable).toBe(n + 1);
    }
    await store('garbage');
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(await instances.create(server.url).get('key')).toBe('value');
    expect(tierStats(cache, 'redis')).toMatchObject({ undecodable: 5, errors: 0 });
  });

  it('store what is set over what was loaded, though the server has forgotten all scripts', async () => {
    await server.call('SCRIPT', 'FLUSH');
    const cache = instances.create(server.url);
    expect(await cache.getOrCompute('key', () => 1)).toBe(1);
    for (let value = 2; value < 6; value++) {
      await cache.set('key', value);
      expect(await instances.create(server.url).get('key')).toBe(value);
      expect(cache.peek('key')).toBe(value);
      await server.call('SCRIPT', 'FLUSH');
    }
    // Then it knows those of loading, and not that of removing.
    await instances.create(server.url).getOrCompute('other', () => 1);
    await cache.set('key', 'last');
    expect(await instances.create(server.url).get('key')).toBe('last');
  });

  it('take bytes that no cache has filled for a miss, and replace them by the next load', async () => {
    const cache = instances.create(server.url);
    for (const bytes of ['', '{"id":1}', 'CT', `CT${'\u0001'.repeat(40)}`, 'garbage']) {
      await server.call('SET', storedName('key'), bytes, 'PX', 60_000);
      expect(await cache.get('key')).toBeUndefined();
      expect(await cache.getOrCompute('key', () => `not ${bytes}`)).toBe(`not ${bytes}`);
      expect(await instances.create(server.url).get('key')).toBe(`not ${bytes}`);
      await cache.remove('key');
    }
    expect(tierStats(cache, 'redis')).toMatchObject({ undecodable: 0, errors: 0 });
  });

  it('survive a key of another type, which is an error of the tier and not of the read', async () => {
    await server.call('LPUSH', storedName('key'), 'item');
    const cache = instances.create(server.url);
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(tierStats(cache, 'redis').errors).toBe(1);
  });

  it('keep a value that somebody stored without a ttl for its own ttl at most', async () => {
    await instances.create(server.url).set('key', 'value', { ttl: 1000 });
    await server.call('PERSIST', storedName('key'));
    const cache = instances.create(server.url);
    expect(await cache.get('key')).toBe('value');
    await eventually(async () => (await cache.get('key')) === undefined);
  });

  it('know that a loaded "absent" is kept, from one another too', async () => {
    const one = instances.create(server.url, {}, { negativeTtl: '1m' });
    const two = instances.create(server.url);
    expect(await one.getOrCompute('key', () => undefined)).toBeUndefined();
    expect(await two.getOrCompute('key', mustNotLoad)).toBeUndefined();
    expect(await two.get('key')).toBeUndefined();
  });

  it('remove from Redis what a load that began before a removal was about to store', async () => {
    const cache = instances.create(server.url);
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await eventually(() => cache.stats().loads === 1);
    await cache.remove('key');
    loading.resolve('old');
    expect(await computing).toBe('old');
    expect(await cache.get('key')).toBeUndefined();
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('can share Redis without memory', async () => {
    const { url } = server;
    const one = instances.add({ tiers: [redisTier({ url, ...PATIENT })] });
    const two = instances.add({ tiers: [redisTier({ url, ...PATIENT })] });
    const loader = counted(() => 'value');
    await one.getOrCompute('key', loader);
    expect(await two.getOrCompute('key', loader)).toBe('value');
    expect(loader.runs).toBe(1);
    await two.remove('key');
    expect(await one.get('key')).toBeUndefined();
    expect(one.peek('key')).toBeUndefined();
  });

  it('close their connections, and only theirs', async () => {
    const connected = async () =>
      Number(/^connected_clients:(\d+)/m.exec(String(await server.call('INFO', 'clients')))?.[1]);
    // Those of the tests before may not have ended yet; one is that which asks.
    await eventually(async () => (await connected()) === 1);
    const before = 1;
    const one = instances.create(server.url);
    const two = instances.add({
      tiers: [memoryTier(), redisTier({ url: server.url, ...PATIENT })],
    });
    await Promise.all([one.set('key', 1), two.set('key', 1)]);
    // Each has one for its data, and one on which it follows the log.
    await eventually(async () => (await connected()) === before + 4);
    await one.close();
    await eventually(async () => (await connected()) === before + 2);
    expect(await two.get('key')).toBe(1);
  });
});
