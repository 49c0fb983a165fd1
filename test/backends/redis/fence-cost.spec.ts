import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';

const ANN = 'token-of-ann-001';
const BOB = 'token-of-bob-002';
const LONG = 60_000;
const VALUE = Buffer.from('value');
const TEN = Array.from({ length: 10 }, (_, index) => `key ${index}`);

let server: RedisServer;
let admin: Redis;
let backend: RedisBackend;

beforeAll(async () => {
  server = await RedisServer.start();
  admin = new Redis(server.port);
  backend = new RedisBackend({ url: server.url, ...PATIENT });
  // So that the server has every script.
  await backend.lease('warm', ANN, LONG);
  await backend.renew('warm', ANN, LONG);
  await backend.fill('warm', ANN, VALUE, LONG);
  await backend.release('warm', ANN);
  await backend.replace('warm', ANN, VALUE, LONG);
  await backend.discard(['warm']);
});
afterEach(() => admin.flushall());
afterAll(async () => {
  await backend.close();
  admin.disconnect();
  await server.stop();
});

/** What the server has counted: commands by name, those that scripts call included, and reads of its sockets. */
async function counters(): Promise<Map<string, number>> {
  const info = await admin.info('everything');
  const counts = new Map<string, number>();
  for (const [, name = '', calls] of info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)) {
    // The server's time is asked once a second, and not for what is measured here.
    if (name !== 'info' && name !== 'time') counts.set(name, Number(calls));
  }
  counts.set('reads', Number(/total_reads_processed:(\d+)/.exec(info)?.[1]));
  return counts;
}

/** What an operation costs the server: its commands, and how often something arrived from the client. */
async function costOf(operation: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await counters();
  await operation();
  const after = await counters();
  // One read is that of the question itself.
  after.set('reads', (after.get('reads') ?? 0) - 1);
  const spent = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(spent.filter(([, count]) => count > 0));
}

const askForTen = (): Promise<unknown> => Promise.all(TEN.map((key) => backend.getFenced(key)));

const leaseTen = (): Promise<unknown> =>
  Promise.all(TEN.map((key) => backend.lease(key, ANN, LONG)));

const fillTen = (value: Buffer): Promise<unknown> =>
  Promise.all(TEN.map((key) => backend.fill(key, ANN, value, LONG)));

describe('the cost of fences: one round trip each', () => {
  it('getFenced takes one command', async () => {
    expect(await costOf(() => backend.getFenced('key'))).toEqual({ get: 1, reads: 1 });
  });

  it('getFencedMany takes one command for all keys', async () => {
    expect(await costOf(() => backend.getFencedMany(TEN))).toEqual({ mget: 1, reads: 1 });
  });

  it('getFenced takes one command for all keys that are asked for at once', async () => {
    expect(await costOf(askForTen)).toEqual({ mget: 1, reads: 1 });
  });

  it('a lease takes four commands', async () => {
    const cost = await costOf(() => backend.lease('key', ANN, LONG));
    expect(cost).toEqual({ evalsha: 1, getrange: 1, get: 1, set: 1, reads: 1 });
  });

  it('to be told to wait takes five commands, and four when somebody waits already', async () => {
    await backend.lease('key', ANN, LONG);
    const wait = () => costOf(() => backend.lease('key', BOB, LONG));
    const again = { evalsha: 1, getrange: 1, get: 1, pttl: 1, reads: 1 };
    expect(await wait()).toEqual({ ...again, append: 1 });
    expect(await wait()).toEqual(again);
  });

  it('a hit where a lease was asked for takes four commands', async () => {
    await backend.lease('key', ANN, LONG);
    await backend.fill('key', ANN, VALUE, LONG);
    const cost = await costOf(() => backend.lease('key', BOB, LONG));
    expect(cost).toEqual({ evalsha: 1, getrange: 1, pttl: 1, get: 1, reads: 1 });
  });

  it('a fill takes four commands, and one more when somebody waits', async () => {
    const fill = () => costOf(() => backend.fill('key', ANN, VALUE, LONG));
    await backend.lease('key', ANN, LONG);
    expect(await fill()).toEqual({ evalsha: 1, get: 1, set: 1, unlink: 1, reads: 1 });
    await backend.lease('key', ANN, LONG, ANN);
    await backend.lease('key', BOB, LONG, ANN);
    expect(await fill()).toEqual({ evalsha: 1, get: 1, set: 1, unlink: 1, publish: 1, reads: 1 });
  });

  it('leases that are asked for at once are one call of the script, and so are fills', async () => {
    expect(await costOf(leaseTen)).toEqual({
      evalsha: 1,
      getrange: 10,
      get: 10,
      set: 10,
      reads: 1,
    });
    const cost = await costOf(() => fillTen(VALUE));
    expect(cost).toEqual({ evalsha: 1, get: 10, set: 10, unlink: 10, reads: 1 });
  });

  it('to replace takes three commands, one more where there is a lease, and another when somebody waits', async () => {
    const replace = () => costOf(() => backend.replace('key', ANN, VALUE, LONG));
    const cost = { evalsha: 1, get: 1, set: 1, reads: 1 };
    expect(await replace()).toEqual(cost);
    await backend.lease('key', ANN, LONG, ANN);
    expect(await replace()).toEqual({ ...cost, unlink: 1 });
    await backend.lease('key', ANN, LONG, ANN);
    await backend.lease('key', BOB, LONG, ANN);
    expect(await replace()).toEqual({ ...cost, unlink: 1, publish: 1 });
  });

  it('what is replaced at once is one call of the script', async () => {
    const cost = await costOf(() =>
      Promise.all(TEN.map((key) => backend.replace(key, ANN, VALUE, LONG))),
    );
    expect(cost).toEqual({ evalsha: 1, get: 10, set: 10, reads: 1 });
  });

  it('fills of much at once are several calls, for the sake of others', async () => {
    await leaseTen();
    const cost = await costOf(() => fillTen(Buffer.alloc(100_000)));
    expect(cost).toMatchObject({ evalsha: 4, set: 10 });
  });

  it('values that are large, as those before them were, are asked for by several commands', async () => {
    const fresh = new RedisBackend({ url: server.url, ...PATIENT });
    const large = Buffer.alloc(100_000);
    await Promise.all(TEN.map((key) => fresh.replace(key, ANN, large, LONG)));
    await fresh.getFencedMany(TEN);
    const many = await costOf(() => fresh.getFencedMany(TEN));
    const atOnce = await costOf(() => Promise.all(TEN.map((key) => fresh.getFenced(key))));
    await fresh.close();

    expect(many).toMatchObject({ mget: 3, get: 1 });
    expect(atOnce).toMatchObject({ mget: 3, get: 1 });
  });

  it('a fill that is refused takes two commands', async () => {
    const cost = await costOf(() => backend.fill('key', ANN, VALUE, LONG));
    expect(cost).toEqual({ evalsha: 1, get: 1, reads: 1 });
  });

  it('to renew and to release take three commands', async () => {
    await backend.lease('key', ANN, LONG);
    const renew = await costOf(() => backend.renew('key', ANN, LONG));
    expect(renew).toEqual({ evalsha: 1, get: 1, pexpire: 1, reads: 1 });
    const release = await costOf(() => backend.release('key', ANN));
    expect(release).toEqual({ evalsha: 1, get: 1, unlink: 1, reads: 1 });
  });

  it('a discard takes one command, and two more for each key', async () => {
    const one = await costOf(() => backend.discard(['key']));
    expect(one).toEqual({ evalsha: 1, unlink: 1, get: 1, reads: 1 });
    const ten = await costOf(() => backend.discard(TEN));
    expect(ten).toEqual({ evalsha: 1, unlink: 10, get: 10, reads: 1 });
    const held = await costOf(() => backend.discard(['key'], LONG));
    expect(held).toEqual({ evalsha: 1, unlink: 1, get: 1, set: 1, reads: 1 });
  });

  it('a miss, from the first look to the fill, takes nine commands in three round trips', async () => {
    const cost = await costOf(async () => {
      await backend.getFenced('key');
      await backend.lease('key', ANN, LONG);
      await backend.fill('key', ANN, VALUE, LONG);
    });
    const { reads, ...commands } = cost;
    expect(Object.values(commands).reduce((sum, count) => sum + count)).toBe(9);
    expect(reads).toBe(3);
  });
});
