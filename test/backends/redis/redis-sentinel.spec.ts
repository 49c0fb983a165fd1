import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { findRedisServer } from '../../../scripts/ensure-redis.mjs';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { BackendError, BackendTimeoutError } from '../../../lib/contract/errors.js';
import { freePort } from '../../support/free-port.js';
import { RedisServer } from '../../support/redis-server.js';
import { SupervisedProcess } from '../../support/supervised-process.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { failureOf, watchTimers } from './helpers.js';
import { eventually, PATIENT } from '../../support/patience.js';

describe('RedisBackend by Sentinel', () => {
  let master: RedisServer;
  let directory: string;
  let sentinel: SupervisedProcess;
  let proxy: TcpProxy;
  let backend: RedisBackend;
  let timers: ReturnType<typeof watchTimers>;

  beforeEach(async () => {
    timers = watchTimers();
    master = await RedisServer.start();
    directory = await mkdtemp(join(tmpdir(), 'redis-sentinel-'));
    const port = await freePort();
    const configuration = join(directory, 'sentinel.conf');
    await writeFile(
      configuration,
      `port ${port}\nbind 127.0.0.1\ndir ${directory}\nsentinel monitor main 127.0.0.1 ${master.port} 1\n`,
    );
    sentinel = await SupervisedProcess.start(String(findRedisServer()), [
      configuration,
      '--sentinel',
    ]);
    proxy = await TcpProxy.start(port);
    backend = new RedisBackend({
      options: {
        sentinels: [{ host: '127.0.0.1', port: proxy.port }],
        name: 'main',
        updateSentinels: false,
        connectionName: 'backend',
      },
      ...PATIENT,
    });
  });
  afterEach(async () => {
    await backend.close();
    // ioredis keeps one for two seconds after each Sentinel that it could not reach.
    await eventually(() => timers.pending() === 0);
    jest.restoreAllMocks();
    await proxy.close();
    await sentinel.end('SIGTERM');
    await master.stop();
    await rm(directory, { recursive: true });
  });

  it('finds the master, and finds it again when it was gone', async () => {
    await eventually(() => backend.healthCheck());
    await backend.setWithTtl('key', Buffer.from('value'), 1e5);
    expect(await master.call('EXISTS', 'cache-tier:{key}')).toBe(1);

    await master.restart();

    await eventually(() => backend.healthCheck());
  });

  it('fails at once when no Sentinel can be reached', async () => {
    await sentinel.end('SIGTERM');
    await failureOf(backend.get('key'));

    const error = await failureOf(backend.get('key'));

    expect(error).toBeInstanceOf(BackendError);
    expect(error).not.toBeInstanceOf(BackendTimeoutError);
    expect(String(error)).toContain('sentinels');
  });

  it('does not connect to the master when it is closed while it still asks for it', async () => {
    await eventually(() => backend.healthCheck());
    const clients = async (): Promise<boolean> =>
      String(await master.call('CLIENT', 'LIST')).includes(' name=backend ');
    expect(await clients()).toBe(true);
    const asked = proxy.accepted;
    proxy.delay(100);
    await master.restart();
    await eventually(() => proxy.accepted > asked);

    await backend.close();

    await eventually(() => proxy.connections === 0);
    await sleep(100);
    expect(await clients()).toBe(false);
  });
});
