import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import type { RedisBackendOptions } from '../../../lib/backends/redis/redis-options.js';
import { BackendError, BackendTimeoutError, ClosedError } from '../../../lib/contract/errors.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { freePort } from '../../support/free-port.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { failureOf, watchTimers } from './helpers.js';
import { eventually, PATIENT } from '../../support/patience.js';

const TIMEOUT = 1000;
const VALUE = Buffer.from('value');

const succeeded = (): boolean => true;
const failed = (): boolean => false;

/** What a connection of the backend's own does, whatever the version of ioredis. */
export function describeConnection(version: string): void {
  let server: RedisServer;
  let proxy: TcpProxy;
  const backends: RedisBackend[] = [];

  beforeEach(async () => {
    server = await RedisServer.start();
    proxy = await TcpProxy.start(server.port);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(backends.splice(0).map((backend) => backend.close()));
    await proxy.close();
    await server.stop();
  });

  function create(options: RedisBackendOptions = {}): RedisBackend {
    const url = `redis://127.0.0.1:${proxy.port}`;
    const backend = new RedisBackend({ url, ...PATIENT, ...options });
    backends.push(backend);
    return backend;
  }

  /** A backend that has been connected. */
  async function createConnected(options?: RedisBackendOptions): Promise<RedisBackend> {
    const backend = create(options);
    await connected(backend);
    return backend;
  }

  describe(`a connection of its own, with ioredis ${version}`, () => {
    it('opens nothing until it is used, and then one connection for all', async () => {
      const backend = create();
      await sleep(50);
      expect(proxy.accepted).toBe(0);

      await Promise.all([
        backend.get('a'),
        backend.get('b'),
        backend.healthCheck(),
        backend.connect(),
      ]);

      expect(proxy.accepted).toBe(1);
    });

    it('fails at once when nothing listens, saying why', async () => {
      const backend = create({ url: `redis://127.0.0.1:${await freePort()}` });

      const error = await failureOf(backend.get('key'));

      expect(error).toBeInstanceOf(BackendError);
      expect(error).not.toBeInstanceOf(BackendTimeoutError);
      expect(error).toMatchObject({ backend: 'redis', operation: 'get' });
      expect(String(error)).toContain('ECONNREFUSED');
    });

    it('gets connected later when the server was down at the first use', async () => {
      await server.kill();
      const backend = create({ url: server.url });
      expect(await backend.healthCheck()).toBe(false);

      await server.restart();

      await recovers(backend);
    });

    it('fails at once while the connection is lost, and recovers by itself', async () => {
      const backend = await createConnected();
      await server.kill();
      await eventually(async () => (await failureOf(backend.get('key'))) !== undefined);

      const error = await failureOf(backend.get('key'));
      expect(error).toBeInstanceOf(BackendError);
      expect(error).not.toBeInstanceOf(BackendTimeoutError);

      await server.restart();
      await recovers(backend);
      expect(await backend.get('key')).toBeUndefined();
    });

    it('connects for a health check at once, however long it is until the next attempt', async () => {
      const clock = new ManualClock();
      const backend = await createConnected({ url: server.url, clock });
      await server.kill();
      await eventually(async () => !(await backend.healthCheck()));
      await server.restart();

      // No time passes for the backend: by itself it does not try again.
      expect(await failureOf(backend.get('key'))).toBeInstanceOf(BackendError);
      expect(await backend.healthCheck()).toBe(true);
      expect(await backend.get('key')).toBeUndefined();
    });

    it('rejects commands under way when the connection is cut, before their time has passed', async () => {
      const backend = await createConnected();
      server.pause();
      const errors = Promise.all([
        failureOf(backend.get('a')),
        failureOf(backend.setWithTtl('b', VALUE, 1e5)),
        failureOf(backend.getMany(['c', 'd'])),
      ]);
      await sleep(20);
      proxy.cut();

      for (const error of await errors) {
        expect(error).toBeInstanceOf(BackendError);
        expect(error).not.toBeInstanceOf(BackendTimeoutError);
      }
      server.resume();
    });

    it('does not carry out later what was not sent while there was no connection', async () => {
      const backend = await createConnected();
      await server.kill();
      await eventually(async () => (await failureOf(backend.get('key'))) !== undefined);
      expect(await failureOf(backend.setWithTtl('late', VALUE, 1e5))).toBeInstanceOf(BackendError);

      await server.restart();
      await recovers(backend);
      await sleep(50);

      expect(await backend.get('late')).toBeUndefined();
    });

    it('does not send again what was under way when the connection broke', async () => {
      const backend = await createConnected();
      proxy.hole();
      const error = failureOf(backend.setWithTtl('late', VALUE, 1e5));
      await sleep(20);
      // What has been sent has been swallowed by now.
      for (let turn = 0; turn < 10; turn++) await nextTurn();
      proxy.cut();
      proxy.heal();
      expect(await error).toBeInstanceOf(BackendError);

      await recovers(backend);
      await sleep(50);

      expect(await backend.get('late')).toBeUndefined();
    });

    it('does not send at the first connection what has timed out before it', async () => {
      server.pause();
      const backend = create({ timeout: TIMEOUT });
      expect(await failureOf(backend.setWithTtl('late', VALUE, 1e5))).toBeInstanceOf(
        BackendTimeoutError,
      );

      server.resume();
      await recovers(backend);
      await sleep(50);

      expect(await backend.get('late')).toBeUndefined();
    });

    it('answers with timeouts while the server is frozen, then fails at once, then recovers', async () => {
      const backend = await createConnected({ timeout: TIMEOUT });
      server.pause();
      const start = performance.now();

      const error = await failureOf(backend.get('key'));

      const took = performance.now() - start;
      expect(error).toBeInstanceOf(BackendTimeoutError);
      expect(error).toMatchObject({ backend: 'redis', operation: 'get', timeout: TIMEOUT });
      expect(took).toBeGreaterThanOrEqual(TIMEOUT - 1);

      await eventually(
        async () => !((await failureOf(backend.get('key'))) instanceof BackendTimeoutError),
      );
      server.resume();
      await recovers(backend);
    });

    it('does not send what still waited to be sent when a frozen server comes back', async () => {
      const backend = await createConnected({ url: server.url, timeout: TIMEOUT });
      server.pause();
      // More than the buffers of the system take.
      const large = Buffer.alloc(1 << 20);
      const filling = Array.from({ length: 40 }, (_, index) =>
        failureOf(backend.setWithTtl(`large${index}`, large, 1e5)),
      );
      const late = failureOf(backend.setWithTtl('late', VALUE, 1e5));
      for (const error of await Promise.all([...filling, late])) {
        expect(error).toBeInstanceOf(BackendError);
      }

      server.resume();
      await recovers(backend);
      await sleep(100);

      expect(await backend.get('late')).toBeUndefined();
    });

    it('leaves a connection on which nothing arrives any more', async () => {
      const backend = await createConnected({ timeout: 200 });
      proxy.hole();
      await eventually(() => backend.healthCheck().then(() => proxy.accepted > 1));
      proxy.heal();

      await recovers(backend);
      expect(proxy.accepted).toBeGreaterThan(1);
    });

    it('keeps a connection to a server that was frozen for a short time', async () => {
      const backend = await createConnected({ timeout: TIMEOUT });
      server.pause();
      expect(await failureOf(backend.get('key'))).toBeInstanceOf(BackendTimeoutError);
      server.resume();

      await recovers(backend);

      expect(proxy.accepted).toBe(1);
    });

    it('leaves a connection attempt that comes to nothing', async () => {
      proxy.hole();
      const backend = create({ options: { connectTimeout: 200 } });
      expect(await backend.healthCheck()).toBe(false);
      proxy.heal();

      await recovers(backend);
    });

    it('keeps a connection on which answers arrive, if late', async () => {
      const backend = await createConnected({ timeout: 300 });
      proxy.delay(200);
      const errors: Promise<unknown>[] = [];
      for (const start = performance.now(); performance.now() - start < 2000; await sleep(20)) {
        errors.push(failureOf(backend.get('key')));
      }

      // Where the process stands still for a while, an answer may be there before its time is up.
      const late = (await Promise.all(errors)).filter((e) => e instanceof BackendTimeoutError);
      expect(late.length).toBeGreaterThan(errors.length / 2);

      proxy.heal();
      await recovers(backend);
      expect(proxy.accepted).toBe(1);
    });

    it('does not take a busy process for a silent server', async () => {
      // Not through the proxy, which is as busy.
      const backend = await createConnected({ url: server.url, timeout: TIMEOUT });
      await eventually(() => backend.setWithTtl('key', VALUE, 1e5).then(succeeded, failed));

      const value = backend.get('key');
      const until = performance.now() + TIMEOUT + 100;
      while (performance.now() < until);

      expect(await value).toEqual(VALUE);
    });

    const states: [string, (backend: RedisBackend) => Promise<void> | void][] = [
      ['it was never used', () => undefined],
      ['it begins to connect', (backend) => void failureOf(backend.get('key'))],
      [
        'it waits for the server to answer its first words',
        async (backend) => {
          proxy.hole();
          void failureOf(backend.get('key'));
          await eventually(() => proxy.connections === 1);
        },
      ],
      [
        'it waits to try again',
        async (backend) => {
          await server.kill();
          await backend.healthCheck();
        },
      ],
      ['it is connected', (backend) => connected(backend)],
      [
        'the server is frozen',
        async (backend) => {
          await connected(backend);
          server.pause();
        },
      ],
    ];
    it.each(states)('close leaves nothing open when %s', async (_state, prepare) => {
      const timers = watchTimers();
      const backend = create({ timeout: TIMEOUT });
      await prepare(backend);

      await backend.close();

      await eventually(() => timers.pending() === 0 && proxy.connections === 0);
      expect(await backend.healthCheck()).toBe(false);
      server.resume();
    });

    it('close lets commands under way end', async () => {
      const backend = await createConnected();
      proxy.delay(30);
      const written = backend.setWithTtl('key', VALUE, 1e5);

      await Promise.all([written, backend.close()]);

      expect(await server.call('EXISTS', 'cache-tier:{key}')).toBe(1);
    });

    it('a closed backend rejects all calls, is not healthy, and can be closed again', async () => {
      const backend = await createConnected();
      await Promise.all([backend.close(), backend.close()]);

      for (const call of [backend.get('a'), backend.setWithTtl('a', VALUE, 1), backend.connect()]) {
        expect(await failureOf(call)).toBeInstanceOf(ClosedError);
      }
      expect(await backend.healthCheck()).toBe(false);
      await backend.close();
    });

    it('a call that waits for the first connection learns that the backend was closed', async () => {
      const backend = create();
      const error = failureOf(backend.get('key'));

      await backend.close();

      expect(await error).toBeInstanceOf(ClosedError);
    });
  });
}

/** On a slow machine the first attempt may take longer than a short timeout allows. */
async function connected(backend: RedisBackend): Promise<void> {
  await eventually(() => backend.connect().then(succeeded, failed));
}

async function recovers(backend: RedisBackend): Promise<void> {
  await eventually(() => backend.healthCheck());
}
