import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Cluster } from 'ioredis';
import { RedisCluster } from './redis-cluster.js';
import { RedisServer } from './redis-server.js';
import { SupervisedProcess } from './supervised-process.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function startServer(
  options?: Parameters<typeof RedisServer.start>[0],
): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  stops.push(() => server.stop());
  return server;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('RedisServer', () => {
  it('answers as soon as it has started, and ends with its files when it is stopped', async () => {
    const server = await startServer();
    const { pid, directory } = server;

    expect(await server.call('PING')).toBe('PONG');
    await server.stop();

    expect(isRunning(pid)).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  it('starts several at once on ports of their own', async () => {
    const servers = await Promise.all([startServer(), startServer(), startServer()]);

    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
  });

  it('comes back empty on the same port', async () => {
    const server = await startServer();
    await server.call('SET', 'key', 'value');

    await server.restart();

    expect(await server.call('GET', 'key')).toBeNull();
  });

  it('comes back with what a snapshot held', async () => {
    const server = await startServer();
    await server.call('SET', 'key', 'then');
    const snapshot = await server.snapshot();
    await server.call('SET', 'key', 'now');

    await server.restart({ snapshot });

    expect(await server.call('GET', 'key')).toBe('then');
  });

  it('answers only after it has been resumed', async () => {
    const server = await startServer();
    server.pause();
    const answer = server.call('PING');

    expect(await Promise.race([answer, sleep(100, 'nothing')])).toBe('nothing');
    server.resume();

    expect(await answer).toBe('PONG');
  });

  it('can be stopped while it is paused', async () => {
    const server = await startServer();
    const { pid } = server;
    server.pause();

    await server.stop();

    expect(isRunning(pid)).toBe(false);
  });

  it('asks for the password it was given', async () => {
    const server = await startServer({ password: 'p@ss/word' });

    expect(await server.call('PING')).toBe('PONG');
    expect(server.url).toBe(`redis://:p%40ss%2Fword@127.0.0.1:${server.port}`);
  });

  it('says what the server said when it does not start', async () => {
    await expect(RedisServer.start({ args: ['--no-such-option', '1'] })).rejects.toThrow(
      /no-such-option/,
    );
  });

  it('says what to install when there is no server, and does not pass', async () => {
    const before = process.env.REDIS_SERVER_BIN;
    process.env.REDIS_SERVER_BIN = '/no/such/redis-server';
    try {
      await expect(RedisServer.start()).rejects.toThrow(/REDIS_SERVER_BIN/);
    } finally {
      if (before === undefined) delete process.env.REDIS_SERVER_BIN;
      else process.env.REDIS_SERVER_BIN = before;
    }
  });
});

describe('SupervisedProcess', () => {
  it('is killed when the process that started it dies', async () => {
    const running = await SupervisedProcess.start('sleep', ['60']);
    expect(isRunning(running.pid)).toBe(true);

    await running.orphan();

    expect(isRunning(running.pid)).toBe(false);
  });

  it('is killed even when it is stopped by a signal then', async () => {
    const running = await SupervisedProcess.start('sleep', ['60']);
    running.signal('SIGSTOP');

    await running.orphan();

    expect(isRunning(running.pid)).toBe(false);
  });
});

describe('RedisCluster', () => {
  it('serves keys of all slots from three masters', async () => {
    const servers = await RedisCluster.start();
    stops.push(() => servers.stop());
    const cluster = new Cluster(servers.startupNodes);
    try {
      const keys = Array.from({ length: 100 }, (_, index) => `key:${index}`);
      await Promise.all(keys.map((key) => cluster.set(key, key)));

      expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys);
      const sizes = await Promise.all(servers.masters.map((master) => master.call('DBSIZE')));
      expect(sizes.every((size) => Number(size) > 0)).toBe(true);
    } finally {
      cluster.disconnect();
    }
  });
});
