import { afterEach, describe, expect, it } from '@jest/globals';
import { BackendError } from '../../lib/contract/errors.js';
import { counted, guardRejections, recordEvents, tierStats } from '../core/helpers.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { Instances, WATCHFUL, storedName } from './helpers.js';
import { NO_TIMERS } from '../support/no-timers.js';
import { eventually } from '../support/patience.js';

guardRejections();

const TIMEOUT = 1000;

describe('when Redis is down', () => {
  const instances = new Instances(WATCHFUL);
  const servers: RedisServer[] = [];

  afterEach(async () => {
    await instances.close();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function startServer(port?: number): Promise<RedisServer> {
    const server = await RedisServer.start(port === undefined ? {} : { port });
    servers.push(server);
    return server;
  }

  it('a cache starts all the same, is answered by the loader, and recovers by itself', async () => {
    const port = await freePort();
    const cache = instances.create(`redis://127.0.0.1:${port}`, { timeout: TIMEOUT });
    const loader = counted(() => 'value');
    const events = recordEvents(cache);
    expect(await cache.getOrCompute('key', loader, { ttl: 50 })).toBe('value');
    expect(await cache.get('other')).toBeUndefined();
    expect((await cache.getMany(['a', 'b'])).size).toBe(0);
    // None of them waits until a time limit.
    const codes = events.flatMap((event) => (event.type === 'tierError' ? [event.error] : []));
    expect(codes.length).toBeGreaterThan(0);
    for (const error of codes) expect(error).toMatchObject({ code: 'BACKEND' });
    expect(cache.peek('key') ?? 'expired').toMatch(/value|expired/);
    expect((await cache.healthCheck()).status).toBe('degraded');

    const server = await startServer(port);
    await eventually(async () => (await cache.healthCheck()).status === 'up');
    await cache.getOrCompute('key', loader, { ttl: 60_000 });
    await eventually(async () => {
      await cache.getOrCompute('second', loader, { ttl: 60_000 });
      return (await server.call('EXISTS', storedName('second'))) === 1;
    });
    expect(await instances.create(server.url).get('second')).toBe('value');
  });

  it('hits in memory go on', async () => {
    const server = await startServer();
    const cache = instances.create(server.url, { timeout: TIMEOUT });
    await cache.set('key', 'value');
    await server.kill();
    for (let call = 0; call < 10; call++) expect(await cache.get('key')).toBe('value');
    expect(cache.stats().hits).toBe(10);
  });

  it('in the middle of it all, reads go on to the loader and writes by hand say so', async () => {
    const server = await startServer();
    const cache = instances.create(server.url, { timeout: TIMEOUT });
    await cache.set('key', 'old');
    await server.kill();
    expect(await cache.getOrCompute('other', () => 'loaded')).toBe('loaded');
    await expect(cache.set('key', 'new')).rejects.toMatchObject({ backend: 'redis' });
    expect(cache.peek('key')).toBe('new');
    const removing = cache.remove('key');
    await expect(removing).rejects.toBeInstanceOf(BackendError);
    expect(cache.peek('key')).toBeUndefined();
    await expect(cache.removePattern('*')).rejects.toBeInstanceOf(BackendError);
    await expect(cache.clear()).rejects.toBeInstanceOf(BackendError);
    expect(cache.peek('other')).toBeUndefined();

    await server.restart();
    await eventually(async () => {
      const { status, coherence } = await cache.healthCheck();
      return status === 'up' && coherence.pending === 0;
    });
    await cache.set('key', 'newest');
    expect(await instances.create(server.url).get('key')).toBe('newest');
  });

  it('and does not even answer, a read takes one timeout, not two', async () => {
    const server = await startServer();
    const cache = instances.create(server.url, { timeout: TIMEOUT });
    await cache.healthCheck();
    const events = recordEvents(cache);
    server.pause();
    const started = performance.now();
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(performance.now() - started).toBeGreaterThanOrEqual(TIMEOUT - 10);
    // The second would be another error.
    expect(tierStats(cache, 'redis')).toMatchObject({ errors: 1, writes: 0 });
    expect(events.find(({ type }) => type === 'tierError')).toMatchObject({
      tier: 'redis',
      error: { code: 'BACKEND_TIMEOUT', timeout: TIMEOUT },
    });

    server.resume();
    await eventually(async () => (await cache.healthCheck()).status === 'up');
    await cache.set('key', 'value');
    expect(await instances.create(server.url).get('key')).toBe('value');
  });

  it('and is frozen, health says so, and is well again after', async () => {
    const server = await startServer();
    const cache = instances.create(server.url, { timeout: TIMEOUT });
    await cache.healthCheck();
    server.pause();
    const health = await cache.healthCheck();
    server.resume();
    expect(health.status).toBe('degraded');
    expect(health.tiers.map(({ status }) => status)).toEqual(['up', 'down']);
    await eventually(async () => (await cache.healthCheck()).status === 'up');
  });

  it('concurrent calls still share one load', async () => {
    const cache = instances.create(`redis://127.0.0.1:${await freePort()}`, { timeout: TIMEOUT });
    const loader = counted(() => 'value');
    const callers = Array.from({ length: 100 }, () => cache.getOrCompute('key', loader));
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(loader.runs).toBe(1);
    expect(tierStats(cache, 'redis').errors).toBe(1);
  });

  it('closing waits for no time limit', async () => {
    const port = await freePort();
    const cache = instances.create(`redis://127.0.0.1:${port}`, {}, { clock: NO_TIMERS });
    await cache.get('key');
    await cache.close();
    await expect(cache.get('key')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
