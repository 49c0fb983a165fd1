import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { guardRejections } from '../core/helpers.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { answersReads, joined, recovers, removes } from './after-fault.js';
import { Instances, WATCHFUL, storedName } from './helpers.js';
import { eventually } from '../support/patience.js';

guardRejections();

const instances = new Instances(WATCHFUL);
const servers: RedisServer[] = [];

async function startServer(options: Parameters<typeof RedisServer.start>[0] = {}) {
  const server = await RedisServer.start(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await instances.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function pairOn(url: string): Promise<readonly [TieredCache, TieredCache]> {
  const made = [instances.create(url), instances.create(url)] as const;
  await joined(...made);
  return made;
}

describe('a Redis that has become a read-only replica', () => {
  it('is answered for by the loader, and used again when it is a master', async () => {
    const args = ['--repl-diskless-sync-delay', '0'];
    const [server, master] = [await startServer({ args }), await startServer({ args })];
    const [one, two] = await pairOn(server.url);
    // The new master has the data of the old one, as in a failover.
    await master.call('REPLICAOF', '127.0.0.1', server.port);
    await eventually(async () => (await master.call('EXISTS', storedName('key'))) === 1);
    await master.call('REPLICAOF', 'NO', 'ONE');
    await server.call('REPLICAOF', '127.0.0.1', master.port);
    for (let round = 0; round < 5; round++) await answersReads(one, round);
    expect(await removes(one)).toBe(false);
    for (let round = 5; round < 10; round++) await answersReads(one, round);
    await server.call('REPLICAOF', 'NO', 'ONE');
    await recovers(one, two);
  });
});

describe('a password that is wrong', () => {
  it('from the start costs reads nothing but the loader, until it is right', async () => {
    const server = await startServer({ password: 'right' });
    const url = `redis://:wrong@127.0.0.1:${server.port}`;
    const [one, two] = [instances.create(url), instances.create(url)];
    for (let round = 0; round < 5; round++) await answersReads(one, round);
    const health = await one.healthCheck();
    expect(health.status).toBe('degraded');
    expect(await removes(one)).toBe(false);
    await server.call('CONFIG', 'SET', 'requirepass', 'wrong');
    await recovers(one, two);
  });

  it('in the middle is noticed with the next connection, and over with the right one', async () => {
    const server = await startServer({ password: 'right' });
    const [one, two] = await pairOn(server.url);
    await server.call('ACL', 'SETUSER', 'admin', 'on', '>admin', '~*', '&*', '+@all');
    await server.call('CONFIG', 'SET', 'requirepass', 'another');
    const admin = new Redis(server.port, { username: 'admin', password: 'admin' });
    for (const type of ['normal', 'pubsub']) await admin.call('CLIENT', 'KILL', 'TYPE', type);
    for (let round = 0; round < 5; round++) await answersReads(one, round);
    expect(await removes(one)).toBe(false);
    await admin.config('SET', 'requirepass', 'right');
    admin.disconnect();
    await recovers(one, two);
  });
});

describe('a Redis that is reading its data', () => {
  let server: RedisServer;

  beforeEach(async () => {
    // Each key takes the server a while, and it answers LOADING in between.
    server = await startServer({
      args: ['--key-load-delay', '500', '--loading-process-events-interval-bytes', '1024'],
    });
  });

  it('is answered for by the loader, and used when it has read them', async () => {
    const [one, two] = await pairOn(server.url);
    const fill = "for n = 1, 4000 do redis.call('SET', 'foreign:' .. n, string.rep('x', 100)) end";
    await server.call('EVAL', fill, '0');
    const snapshot = await server.snapshot();
    expect(await removes(one)).toBe(true);
    await server.restart({ snapshot });
    for (let round = 0; round < 3; round++) await answersReads(one, round);
    expect(await removes(two)).toBe(false);
    await expect(server.call('PING')).rejects.toThrow('LOADING');
    await recovers(one, two);
  });
});

describe('a Redis that comes later', () => {
  it('than the application is used by itself, and finds what was invalidated before it came', async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const [one, two] = [instances.create(url), instances.create(url)];
    await one.set('key', 'old').catch(() => undefined);
    for (let round = 0; round < 10; round++) await answersReads(one, round);
    expect(await removes(one)).toBe(false);
    await startServer({ port });
    await recovers(one, two);
  });

  it('again, and empty, holds nothing of before, and is filled anew', async () => {
    const server = await startServer();
    const [one, two] = await pairOn(server.url);
    await server.kill();
    for (let round = 0; round < 5; round++) await answersReads(one, round);
    expect(await removes(one)).toBe(false);
    await server.restart();
    await recovers(one, two);
    expect(await one.getOrCompute('key', () => 'new')).toBe('new');
    expect(await instances.create(server.url).get('key')).toBe('new');
  });

  it('again with data from before a removal does not bring back what was removed', async () => {
    const server = await startServer();
    const [one, two] = await pairOn(server.url);
    const snapshot = await server.snapshot();
    await one.remove('key');
    await server.restart({ snapshot });
    expect(await server.call('EXISTS', storedName('key'))).toBe(1);
    await recovers(one, two);
  });
});
