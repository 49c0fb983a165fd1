import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import type { RedisClient } from '../../../lib/backends/redis/redis-client.js';
import { BackendError, BackendTimeoutError, ClosedError } from '../../../lib/contract/errors.js';
import { eventually, PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import { failureOf } from './helpers.js';

const TIMEOUT = 300;
const VALUE = Buffer.from('value');

describe('RedisBackend by an existing client', () => {
  let server: RedisServer;
  let client: Redis;

  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    if (client.status !== 'end') client.disconnect();
    await server.stop();
  });

  function create(options: RedisOptions = {}): RedisBackend {
    client = new Redis({ port: server.port, lazyConnect: true, ...options });
    client.on('error', () => undefined);
    return new RedisBackend({ client, ...PATIENT });
  }

  it('takes clients of both versions of ioredis by their types', () => {
    const options = { lazyConnect: true };
    const clients: RedisClient[] = [
      (client = new Redis(options)),
      new Redis5(options),
      new Cluster([], options),
      new Cluster5([], options),
    ];

    for (const each of clients) expect(() => new RedisBackend({ client: each })).not.toThrow();
  });

  it('connects a client that nobody has connected, even without an offline queue', async () => {
    const backend = create({ enableOfflineQueue: false });
    expect(client.status).toBe('wait');

    await Promise.all([backend.setWithTtl('a', VALUE, 1e5), backend.get('b')]);

    expect(client.status).toBe('ready');
  });

  it('waits for a client that is connecting', async () => {
    const backend = create({ lazyConnect: false, enableOfflineQueue: false });

    expect(await backend.healthCheck()).toBe(true);
  });

  it('close leaves the client open, and the backend closed', async () => {
    const backend = create();
    await backend.connect();

    await backend.close();
    await backend.close();

    expect(await failureOf(backend.get('key'))).toBeInstanceOf(ClosedError);
    expect(await backend.healthCheck()).toBe(false);
    expect(await client.ping()).toBe('PONG');
  });

  it('fails at once while the client is not connected, and queues nothing in it', async () => {
    const backend = create();
    await backend.connect();
    await server.kill();
    await eventually(() => client.status === 'reconnecting');

    const error = await failureOf(backend.setWithTtl('late', VALUE, 1e5));

    expect(error).toBeInstanceOf(BackendError);
    expect(error).not.toBeInstanceOf(BackendTimeoutError);
    expect(String(error)).toContain('not connected');

    await server.restart();
    await eventually(() => backend.healthCheck());
    expect(await backend.get('late')).toBeUndefined();
  });

  it('fails when the client cannot connect at its first use', async () => {
    const backend = create({ port: 1 });

    const error = await failureOf(backend.get('key'));

    expect(error).toBeInstanceOf(BackendError);
    expect(error).not.toBeInstanceOf(BackendTimeoutError);
  });

  it('fails at once when the client has been closed', async () => {
    const backend = create();
    client.disconnect();
    await eventually(() => client.status === 'end');

    expect(String(await failureOf(backend.get('key')))).toContain('closed');
  });

  it('a frozen server is a timeout, whatever the client is told', async () => {
    create();
    const backend = new RedisBackend({ client, timeout: TIMEOUT });
    await eventually(() => backend.healthCheck());
    server.pause();

    expect(await failureOf(backend.get('key'))).toBeInstanceOf(BackendTimeoutError);

    server.resume();
    await eventually(() => backend.healthCheck());
  });

  it('keeps to the prefix of the client', async () => {
    const backend = create({ keyPrefix: 'tenant:' });
    await backend.setWithTtl('a', VALUE, 1e5);
    await backend.setWithTtl('b', VALUE, 1e5);
    await server.call('SET', 'cache-tier:{a}', 'foreign');
    expect(await server.call('EXISTS', 'tenant:cache-tier:{a}')).toBe(1);

    await backend.removePattern('a');

    expect(await backend.get('a')).toBeUndefined();
    expect(await backend.get('b')).toEqual(VALUE);
    expect(await server.call('GET', 'cache-tier:{a}')).toBe('foreign');
  });

  it('reads a ttl that the client gives as text', async () => {
    const backend = create({ stringNumbers: true });
    await backend.setWithTtl('key', VALUE, 1e5);

    const stored = await backend.getWithTtl('key');

    expect(stored?.ttl).toBeGreaterThan(90_000);
  });

  it('works with the automatic pipelines of the client', async () => {
    const backend = create({ enableAutoPipelining: true });
    await backend.setWithTtl('key', VALUE, 1e5);

    expect((await backend.getMany(['key', 'absent'])).map((stored) => stored?.value)).toEqual([
      VALUE,
      undefined,
    ]);
  });
});
