import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { BackendError, InvalidTtlError } from '../../../lib/contract/errors.js';
import { PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { failureOf } from './helpers.js';

const LONG = 100_000;
const bytes = (text: string): Buffer => Buffer.from(text);

describe('RedisBackend', () => {
  let server: RedisServer;
  let backend: RedisBackend;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    backend = new RedisBackend({ url: server.url, ...PATIENT });
  });
  afterEach(() => backend.close());

  it('stores a value under the prefix, the key as a hash tag, with its ttl in milliseconds', async () => {
    await backend.setWithTtl('user:1', bytes('value'), 60_000);

    expect(await server.call('GET', 'cache-tier:{user:1}')).toBe('value');
    const pttl = Number(await server.call('PTTL', 'cache-tier:{user:1}'));
    expect(pttl).toBeGreaterThan(10_000);
    expect(pttl).toBeLessThanOrEqual(60_000);
  });

  it('stores what a value was when it was given, even if it changes before it is sent', async () => {
    const value = bytes('before');
    const stored = backend.setWithTtl('key', value, LONG);
    value.write('after!');
    await stored;

    expect(await backend.get('key')).toEqual(bytes('before'));
  });

  it('stores the bytes of a view, and no others of its buffer', async () => {
    const view = new Uint8Array(bytes('(view)')).subarray(1, 5);

    await backend.setWithTtl('key', view, LONG);

    expect(await backend.get('key')).toEqual(bytes('view'));
  });

  it('tells no ttl for a key that somebody else stored without one', async () => {
    await server.call('SET', 'cache-tier:{key}', 'value');

    expect(await backend.getWithTtl('key')).toEqual({ value: bytes('value'), ttl: undefined });
    expect(await backend.getMany(['key'])).toEqual([{ value: bytes('value'), ttl: undefined }]);
  });

  it('fails for a key that holds something other than a string, alone and among others', async () => {
    await server.call('LPUSH', 'cache-tier:{list}', 'item');
    await backend.setWithTtl('key', bytes('value'), LONG);

    for (const [operation, call] of [
      ['get', backend.get('list')],
      ['getWithTtl', backend.getWithTtl('list')],
      ['getMany', backend.getMany(['key', 'list', 'absent'])],
    ] as const) {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(BackendError);
      expect(error).toMatchObject({ code: 'BACKEND', backend: 'redis', operation });
      expect(String(error)).toContain('WRONGTYPE');
    }
  });

  it('fails when one of many cannot be stored, and keeps what it was given out of the error', async () => {
    await server.call('CONFIG', 'SET', 'maxmemory', '1');
    try {
      const error = await failureOf(
        backend.setMany([{ key: 'key', value: bytes('PRIVATE-VALUE'), ttl: LONG }]),
      );
      expect(error).toMatchObject({ operation: 'setMany' });
      expect(String(error)).toContain('OOM');
    } finally {
      await server.call('CONFIG', 'SET', 'maxmemory', '0');
    }
  });

  it('stores none of many when the ttl of one is wrong', async () => {
    const good = { key: 'good', value: bytes('value'), ttl: LONG };

    const error = await failureOf(backend.setMany([good, { ...good, key: 'bad', ttl: 0 }]));

    expect(error).toBeInstanceOf(InvalidTtlError);
    expect(await backend.get('good')).toBeUndefined();
  });

  it('a wrong ttl is a rejection, not a throw', async () => {
    const rejected = backend.setWithTtl('key', bytes('value'), Number.NaN);

    expect(await failureOf(rejected)).toBeInstanceOf(InvalidTtlError);
  });

  it('connects by the path of a unix socket', async () => {
    const listening = await RedisServer.start({ args: ['--unixsocket', 'redis.sock'] });
    const local = new RedisBackend({ url: join(listening.directory, 'redis.sock'), ...PATIENT });

    expect(await local.healthCheck()).toBe(true);

    await local.close();
    await listening.stop();
  });

  it('asks nothing for no keys', async () => {
    const unreachable = new RedisBackend({ url: 'redis://127.0.0.1:1' });

    expect(await unreachable.getMany([])).toEqual([]);
    await unreachable.setMany([]);
    await unreachable.removeMany([]);
    await unreachable.close();
  });

  it('answers for thousands of keys at once', async () => {
    const keys = Array.from({ length: 5000 }, (_, index) => `key:${index}`);
    await backend.setMany(keys.map((key) => ({ key, value: bytes(key), ttl: LONG })));

    const found = await backend.getMany([...keys, 'absent']);
    expect(found.slice(0, -1).map((stored) => String(stored?.value))).toEqual(keys);
    expect(found.at(-1)).toBeUndefined();

    await backend.removeMany(keys);
    expect(await server.call('DBSIZE')).toBe(0);
  });

  it.each([
    ['getWithTtl', () => backend.getWithTtl('key')],
    ['getMany', () => backend.getMany(['a', 'b', 'c', 'd'])],
    [
      'setMany',
      () => backend.setMany(['a', 'b'].map((key) => ({ key, value: bytes(key), ttl: LONG }))),
    ],
    ['removeMany', () => backend.removeMany(['a', 'b', 'c'])],
  ])('%s takes one round trip', async (_operation, call) => {
    const proxy = await TcpProxy.start(server.port);
    await backend.close();
    backend = new RedisBackend({ url: `redis://127.0.0.1:${proxy.port}`, ...PATIENT });
    await backend.connect();
    // What is sent without waiting for an answer has arrived long before one comes.
    proxy.delay(100);
    const before = proxy.roundTrips;

    await call();

    expect(proxy.roundTrips - before).toBe(1);
    await proxy.close();
  });

  describe('removePattern', () => {
    it('removes no keys outside the prefix, nor of a longer prefix that begins alike', async () => {
      const others = [
        'key',
        'cache-tier:key',
        'cache-tier:more:{key}',
        'cache-tierX{key}',
        '{key}',
      ];
      await store(server, 'cache-tier:{key}', ...others);

      await backend.removePattern('*');

      expect(await storedKeys(server)).toEqual(others.toSorted());
    });

    it('removes values and leases, and leaves what else belongs to a key under a suffix', async () => {
      await store(server, 'cache-tier:{key}', 'cache-tier:{key}:l', 'cache-tier:{other}:l');
      await store(server, 'cache-tier:{key}:m', 'cache-tier:{key}:{l}');

      await backend.removePattern('key');

      expect(await storedKeys(server)).toEqual([
        'cache-tier:{key}:m',
        'cache-tier:{key}:{l}',
        'cache-tier:{other}:l',
      ]);
    });

    it('takes a prefix literally that looks like a pattern', async () => {
      const starred = new RedisBackend({ url: server.url, prefix: 'a*[b-d]?', ...PATIENT });
      await store(server, 'a*[b-d]?{key}', 'axx{key}', 'a*b?{key}', 'a*cx{key}');

      await starred.removePattern('*');
      await starred.close();

      expect(await storedKeys(server)).toEqual(['a*b?{key}', 'a*cx{key}', 'axx{key}']);
    });

    it('goes on past steps in which nothing matches, to the last key', async () => {
      const stepping = new RedisBackend({ url: server.url, scanCount: 7, ...PATIENT });
      const keys = Array.from({ length: 1000 }, (_, index) => `key:${index}`);
      await stepping.setMany(keys.map((key) => ({ key, value: bytes(key), ttl: LONG })));

      await stepping.removePattern('key:?7*');
      await stepping.close();

      const expected = keys
        .filter((key) => !/^key:.7/.test(key))
        .map((key) => `cache-tier:{${key}}`);
      expect(await storedKeys(server)).toEqual(expected.toSorted());
    });

    it('lets others be served while it goes through many keys', async () => {
      const setAll =
        "for i = 1, 20000 do redis.call('SET', 'cache-tier:{' .. i .. '}', 'value') end";
      await server.call('EVAL', setAll, 0);
      const removal = { done: false };
      let served = 0;

      const end = backend.removePattern('*').finally(() => {
        removal.done = true;
      });
      while (!removal.done) {
        await backend.get('absent');
        served++;
        await sleep(0);
      }
      await end;

      expect(served).toBeGreaterThan(5);
      expect(await server.call('DBSIZE')).toBe(0);
    });
  });

  it('counts the time of one command, not of the whole removal of a pattern', async () => {
    const proxy = await TcpProxy.start(server.port);
    const slow = new RedisBackend({
      url: `redis://127.0.0.1:${proxy.port}`,
      timeout: 2000,
      scanCount: 1,
    });
    const keys = Array.from({ length: 100 }, (_, index) => `key:${index}`);
    await backend.setMany(keys.map((key) => ({ key, value: bytes(key), ttl: LONG })));
    await slow.connect();
    proxy.delay(20);
    const start = performance.now();

    await slow.removePattern('*');

    expect(performance.now() - start).toBeGreaterThan(2000);
    expect(await server.call('DBSIZE')).toBe(0);
    await slow.close();
    await proxy.close();
  });
});

/** Stores keys as they are written in Redis. */
async function store(server: RedisServer, ...keys: string[]): Promise<void> {
  await server.call('MSET', ...keys.flatMap((key) => [key, 'value']));
}

async function storedKeys(server: RedisServer): Promise<string[]> {
  return ((await server.call('KEYS', '*')) as string[]).toSorted();
}
