import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import type { RedisClient } from '../../../lib/backends/redis/redis-client.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';

const ANN = 'token-of-ann-001';
const BOB = 'token-of-bob-002';
const LONG = 60_000;
const VALUE = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
/** In many slots. */
const KEYS = Array.from({ length: 50 }, (_, index) => `key {${index}} ключ`);

const clients: { disconnect(): void }[] = [];
let server: RedisServer;
let cluster: RedisCluster;

beforeAll(async () => {
  server = await RedisServer.start();
  cluster = await RedisCluster.start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await onAllServers('FLUSHALL');
});
afterAll(() => Promise.all([server, cluster].map((one) => one.stop())));

async function onAllServers(command: string, ...args: string[]): Promise<void> {
  for (const one of [server, ...cluster.masters]) await one.call(command, ...args);
}

function borrow(client: RedisClient & { disconnect(): void }): RedisBackend {
  clients.push(client);
  return new RedisBackend({ client, ...PATIENT });
}

const borrowed: [string, () => RedisBackend][] = [
  ['ioredis 6', () => borrow(new Redis(server.port))],
  ['ioredis 6 over RESP2', () => borrow(new Redis(server.port, { protocol: 2 }))],
  ['ioredis 5', () => borrow(new Redis5(server.port))],
  ['a prefix of its own', () => borrow(new Redis(server.port, { keyPrefix: 'app:' }))],
  ['a prefix of its own, ioredis 5', () => borrow(new Redis5(server.port, { keyPrefix: 'app:' }))],
  ['numbers as text', () => borrow(new Redis(server.port, { stringNumbers: true }))],
  ['numbers as text, ioredis 5', () => borrow(new Redis5(server.port, { stringNumbers: true }))],
  ['automatic pipelines', () => borrow(new Redis(server.port, { enableAutoPipelining: true }))],
  ['a cluster, ioredis 6', () => borrow(new Cluster(cluster.startupNodes))],
  ['a cluster, ioredis 5', () => borrow(new Cluster5(cluster.startupNodes))],
  [
    'a cluster, a prefix of its own',
    () => borrow(new Cluster(cluster.startupNodes, { keyPrefix: 'app:' })),
  ],
  [
    'a cluster, automatic pipelines',
    () => borrow(new Cluster(cluster.startupNodes, { enableAutoPipelining: true })),
  ],
];

describe.each(borrowed)('fences by a client of %s', (_, create) => {
  it('answer each call as they should', async () => {
    const backend = create();
    expect(await backend.lease('key', ANN, LONG)).toEqual({ outcome: 'granted' });
    const waiting = await backend.lease('key', BOB, LONG);
    expect(waiting.outcome === 'wait' && waiting.remaining).toBeGreaterThan(LONG / 2);
    expect(await backend.renew('key', ANN, LONG)).toBe(true);
    expect(await backend.renew('key', BOB, LONG)).toBe(false);
    expect(await backend.fill('key', BOB, VALUE, LONG)).toBe(false);
    expect(await backend.fill('key', ANN, VALUE, LONG)).toBe(true);
    const found = { value: VALUE, token: ANN, ttl: expect.any(Number) };
    expect(await backend.getFenced('key')).toEqual(found);
    expect(await backend.lease('key', BOB, LONG)).toEqual({ outcome: 'hit', found });
    expect(await backend.lease('key', BOB, LONG, ANN)).toEqual({ outcome: 'granted' });
    await backend.release('key', BOB);
    await backend.discard(['key'], LONG);
    expect(await backend.getFenced('key')).toBeUndefined();
    expect(await backend.lease('key', BOB, LONG)).toEqual({ outcome: 'bypass' });
  });

  it('take many keys at once, after every server has lost its scripts', async () => {
    const backend = create();
    await onAllServers('SCRIPT', 'FLUSH');
    const leases = await Promise.all(KEYS.map((key) => backend.lease(key, ANN, LONG)));
    expect(leases.filter(({ outcome }) => outcome !== 'granted')).toEqual([]);
    const filled = KEYS.slice(0, 25);
    await Promise.all(filled.map((key) => backend.fill(key, ANN, VALUE, LONG)));
    const found = await backend.getFencedMany(KEYS);
    expect(found.map((one) => one?.token)).toEqual(
      KEYS.map((key) => (filled.includes(key) ? ANN : undefined)),
    );
    await onAllServers('SCRIPT', 'FLUSH');

    await backend.discard(KEYS);

    expect((await backend.getFencedMany(KEYS)).filter(Boolean)).toEqual([]);
    const late = await Promise.all(KEYS.map((key) => backend.fill(key, ANN, VALUE, LONG)));
    expect(late.filter(Boolean)).toEqual([]);
  });

  it('lose their leases to a pattern', async () => {
    const backend = create();
    for (const key of ['a:1', 'a:2', 'b:1']) await backend.lease(key, ANN, LONG);
    await backend.fill('a:1', ANN, VALUE, LONG);
    await backend.removePattern('a:*');
    expect(await backend.getFenced('a:1')).toBeUndefined();
    expect(await backend.fill('a:2', ANN, VALUE, LONG)).toBe(false);
    expect(await backend.fill('b:1', ANN, VALUE, LONG)).toBe(true);
  });
});

describe('the prefix of a client', () => {
  it('stands before values and leases alike', async () => {
    const backend = borrow(new Redis(server.port, { keyPrefix: 'app:' }));
    await backend.lease('filled', ANN, LONG);
    await backend.fill('filled', ANN, VALUE, LONG);
    await backend.lease('leased', ANN, LONG);
    const keys = (await server.call('KEYS', '*')) as string[];
    expect(keys.toSorted()).toEqual(['app:cache-tier:{filled}', 'app:cache-tier:{leased}:l']);
  });
});
