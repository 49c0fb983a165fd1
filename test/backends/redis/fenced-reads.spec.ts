import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { packFilled, writeEnd } from '../../../lib/backends/redis/stored-bytes.js';
import { RedisServer } from '../../support/redis-server.js';

const ANN = 'token-of-ann-001';
const HOUR = 3_600_000;
const VALUE = Buffer.from('value');

let server: RedisServer;
let backend: RedisBackend;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.call('FLUSHALL');
  backend = new RedisBackend({ url: server.url, timeout: 15_000 });
  await backend.getFenced('so that the time is known');
});
afterEach(() => backend.close());

async function fill(key: string, ttl: number, by = backend): Promise<void> {
  await by.lease(key, ANN, HOUR);
  expect(await by.fill(key, ANN, VALUE, ttl)).toBe(true);
}

const ttlInRedis = async (key: string): Promise<number> =>
  Number(await server.call('PTTL', `cache-tier:{${key}}`));

async function calls(command: string): Promise<number> {
  const stats = String(await server.call('INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe('the time that a filled value has left', () => {
  it('is told without asking for it, and is never more than what Redis says', async () => {
    await fill('key', HOUR);
    await server.call('CONFIG', 'RESETSTAT');
    const before = await ttlInRedis('key');
    const [one, [many]] = [await backend.getFenced('key'), await backend.getFencedMany(['key'])];
    const after = await ttlInRedis('key');
    for (const found of [one, many]) {
      expect(found).toMatchObject({ token: ANN, value: VALUE });
      expect(found?.ttl).toBeLessThanOrEqual(before);
      // Less only by what the answers of the server's clock took.
      expect(found?.ttl).toBeGreaterThan(after - 10_000);
    }
    expect(await calls('pttl')).toBe(2);
  });

  it('is the same for another process, which reads the clock by itself', async () => {
    await fill('key', HOUR);
    const other = new RedisBackend({ url: server.url, timeout: 15_000 });
    const found = await other.getFenced('key');
    expect(found?.ttl).toBeLessThanOrEqual(HOUR);
    expect(found?.ttl).toBeGreaterThan(HOUR - 20_000);
    expect(await calls('time')).toBeGreaterThan(0);
    await other.close();
  });

  it('is asked of Redis where whoever filled did not know the clock', async () => {
    await server.call('SET', 'cache-tier:{key}', packFilled(ANN, VALUE), 'PX', '60000');
    await server.call('SET', 'cache-tier:{without}', packFilled(ANN, VALUE));
    const found = await backend.getFencedMany(['key', 'none', 'without']);
    expect(found[0]?.ttl).toBeLessThanOrEqual(60_000);
    expect(found[0]?.ttl).toBeGreaterThan(40_000);
    expect(found.slice(1)).toEqual([undefined, { token: ANN, value: VALUE, ttl: undefined }]);
  });

  it('is asked of Redis by a user who may not ask for the clock', async () => {
    await fill('key', HOUR);
    await server.call('ACL', 'SETUSER', 'blind', 'on', '>secret', '~*', '&*', '+@all', '-time');
    const blind = new RedisBackend({
      url: server.url.replace('//', '//blind:secret@'),
      timeout: 15_000,
    });
    const left = await ttlInRedis('key');
    expect((await blind.getFenced('key'))?.ttl).toBeLessThanOrEqual(left);
    await fill('other', HOUR, blind);
    expect((await blind.getFencedMany(['key', 'other'])).map((found) => found?.token)).toEqual([
      ANN,
      ANN,
    ]);
    await blind.close();
  });

  it('has ended at the time that its bytes say, though Redis kept it for longer', async () => {
    const past = packFilled(ANN, VALUE);
    writeEnd(past, Date.now() - 60_000);
    await server.call('SET', 'cache-tier:{key}', past, 'PX', '60000');
    expect(await backend.getFenced('key')).toBeUndefined();
    expect(await backend.getFencedMany(['key'])).toEqual([undefined]);
  });
});

describe('keys that are asked for at once', () => {
  it('have the answers that each has alone, in whatever number', async () => {
    const keys = Array.from({ length: 600 }, (_, index) => `key ${index}`);
    const some = keys.filter((_, index) => index % 3 === 0);
    await Promise.all(some.map((key) => fill(key, HOUR)));
    await server.call('CONFIG', 'RESETSTAT');
    const found = await Promise.all(keys.map((key) => backend.getFenced(key)));
    expect(keys.filter((_, index) => found[index] !== undefined)).toEqual(some);
    // A command of Redis holds up all others: it is not to name all of them.
    expect(await calls('mget')).toBe(6);
    expect(await backend.getFencedMany([])).toEqual([]);
  });

  it('are all refused where Redis refuses', async () => {
    await server.call('ACL', 'SETUSER', 'mute', 'on', '>secret', '~*', '&*', '+@all', '-mget');
    const mute = new RedisBackend({
      url: server.url.replace('//', '//mute:secret@'),
      timeout: 15_000,
    });
    const outcomes = await Promise.allSettled(['a', 'b'].map((key) => mute.getFenced(key)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'BackendError' } });
    }
    expect(await mute.getFenced('alone')).toBeUndefined();
    await mute.close();
  });

  it('do not fail with one that holds something else, which is missing among them', async () => {
    await fill('key', HOUR);
    await server.call('LPUSH', 'cache-tier:{list}', 'item');
    const [found, list] = await Promise.all(['key', 'list'].map((key) => backend.getFenced(key)));
    expect([found?.token, list]).toEqual([ANN, undefined]);
    await expect(backend.getFenced('list')).rejects.toMatchObject({ name: 'BackendError' });
  });
});
