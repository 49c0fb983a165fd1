import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import {
  connectionOptions,
  type RedisBackendOptions,
} from '../../../lib/backends/redis/redis-options.js';
import { redisTier } from '../../../lib/backends/redis/redis-tier.js';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const before = process.env.REDIS_URL;
afterEach(() => {
  if (before === undefined) delete process.env.REDIS_URL;
  else process.env.REDIS_URL = before;
});

/** Options that the types would refuse. */
function wrong(options: object): RedisBackendOptions {
  return options;
}

describe('the options of RedisBackend', () => {
  const client = new Redis({ lazyConnect: true });

  it.each([
    ['redis.adress', { adress: 'redis://localhost' }, 'there are url, options, client'],
    ['redis.url', { url: 'http://localhost' }, 'redis://'],
    ['redis.url', { url: 'localhost:6379' }, 'redis://'],
    ['redis.url', { url: '' }, 'redis://'],
    ['redis.url', { url: 6379 }, 'redis://'],
    ['redis.url', { url: 'redis://host/name' }, 'redis://'],
    ['redis.url', { url: 'redis://:p%zz@host' }, 'percent-encoded'],
    ['redis.url', { url: 'redis://a?connectTimeout=1s' }, 'redis://'],
    ['redis.options.connectTimeout', { options: { connectTimeout: '1s' } }, 'whole number'],
    ['redis.url', { url: 'redis://a', options: { host: 'b' } }, 'contradicts'],
    ['redis.options', { options: 'localhost' }, 'object'],
    ['redis.options.keyPrefix', { options: { keyPrefix: 'a:' } }, 'use "prefix"'],
    ['redis.options.enableOfflineQueue', { options: { enableOfflineQueue: true } }, 'later'],
    ['redis.options.retryStrategy', { options: { retryStrategy: () => 100 } }, 'for ever'],
    ['redis.options.commandTimeout', { options: { commandTimeout: 100 } }, 'use "timeout"'],
    ['redis.client', { client, url: 'redis://localhost' }, 'either "client"'],
    ['redis.client', { client, options: {} }, 'either "client"'],
    ['redis.client', { client: { get: () => null } }, 'ioredis'],
    ['redis.client', { client: null }, 'ioredis'],
    ['redis.prefix', { prefix: '' }, 'non-empty'],
    ['redis.prefix', { prefix: 'a{b}' }, 'without "{" and "}"'],
    ['redis.prefix', { prefix: '\ud800' }, 'without'],
    ['redis.timeout', { timeout: 0 }, 'whole number'],
    ['redis.timeout', { timeout: 1.5 }, 'whole number'],
    ['redis.timeout', { timeout: 2 ** 31 }, 'at most'],
    ['redis.scanCount', { scanCount: '10' }, 'whole number'],
    ['redis.name', { name: '' }, 'non-empty'],
  ])('refuses a wrong %s, by its name: %j', (option, options, saying) => {
    for (const make of [() => new RedisBackend(wrong(options)), () => redisTier(wrong(options))]) {
      expect(make).toThrow(InvalidOptionError);
      expect(make).toThrow(expect.objectContaining({ option }));
      expect(make).toThrow(saying);
    }
  });

  it('the refusal of a url does not show it', () => {
    for (const url of [
      'redis://user:hunter2@[bad',
      'http://user:hunter2@host',
      'redis://:hunter2@h/x',
    ]) {
      let error: unknown;
      try {
        void new RedisBackend({ url });
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(inspect(error, { depth: null })).not.toContain('hunter2');
    }
  });

  it('fixed options may be given as they are', () => {
    expect(
      () => new RedisBackend({ options: { lazyConnect: true, maxRetriesPerRequest: 3 } }),
    ).not.toThrow();
  });

  it.each([
    ['redis://h', { host: 'h' }],
    ['redis://h:1/2', { host: 'h', port: 1, db: 2 }],
    ['rediss://u:p%40@h', { host: 'h', username: 'u', password: 'p@', tls: {} }],
    ['redis://:p@[::1]:7', { host: '::1', port: 7, password: 'p' }],
    ['redis://h?family=6&connectionName=me', { host: 'h', family: 6, connectionName: 'me' }],
    ['/run/redis.sock', { path: '/run/redis.sock' }],
  ])('reads the url %s', (url, expected) => {
    expect(connectionOptions({ url })).toEqual(expected);
  });

  it('options win over what the url says', () => {
    const options = { password: 'b', db: 1 };
    expect(connectionOptions({ url: 'redis://:a@h/2', options })).toEqual({
      host: 'h',
      ...options,
    });
  });

  it('REDIS_URL is used when neither the url nor the options name a server', () => {
    process.env.REDIS_URL = 'redis://there:1';
    expect(connectionOptions({ options: { db: 4 } })).toEqual({ host: 'there', port: 1, db: 4 });
    expect(connectionOptions({ options: { host: 'here' } })).toEqual({ host: 'here' });
    expect(connectionOptions({ url: 'redis://url' })).toEqual({ host: 'url' });

    process.env.REDIS_URL = 'nonsense';
    expect(() => connectionOptions({})).toThrow(expect.objectContaining({ option: 'REDIS_URL' }));
  });

  it('the default server is the one on this host', () => {
    delete process.env.REDIS_URL;
    expect(connectionOptions({})).toEqual({ host: '127.0.0.1', port: 6379 });
  });
});

describe('redisTier', () => {
  it('parts the policy from the options of the backend', () => {
    const tier = redisTier({ name: 'sessions', level: 2, promotion: false, url: 'redis://h' });

    expect(tier.policy).toEqual({ name: 'sessions', level: 2, promotion: false });
    expect(tier.defaultName).toBe('redis');
    expect(tier.backendClass).toBe(RedisBackend);
  });

  it('makes a backend by the name of the tier, on the clock of the cache, and connects nothing', async () => {
    const clock = new ManualClock();
    const { source } = redisTier({ name: 'sessions', url: 'redis://127.0.0.1:1' });
    if (!('create' in source)) throw new Error('a source that creates was expected');

    const backend = source.create({ clock });

    expect(backend.name).toBe('sessions');
    expect(clock.pendingTimers).toBe(0);
    await backend.healthCheck();
    expect(clock.pendingTimers).toBe(1);
  });

  it('takes no clock of its own', () => {
    expect(() => redisTier(wrong({ clock: new ManualClock() }))).toThrow(
      expect.objectContaining({ option: 'redis.clock' }),
    );
  });
});
