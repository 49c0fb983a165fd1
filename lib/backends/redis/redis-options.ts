import {
  checkOptionNames,
  checkText,
  checkWholeNumber,
  readOption,
} from '../../contract/check-options.js';
import type { Clock } from '../../contract/clock.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { isRedisClient, type RedisClient } from './redis-client.js';
import { checkConnectionOptions, type RedisConnectionOptions } from './redis-connection-options.js';
import { readRedisUrl } from './redis-url.js';

/**
 * Where Redis is and how it is used. There is one way to connect: `client`, or else `url` and `options`.
 *
 * @publicApi
 */
export interface RedisBackendOptions {
  /**
   * `redis://user:password@host:port/db`, `rediss://…` for TLS, or the path of a unix socket. Default: the
   * environment variable `REDIS_URL`, else `redis://127.0.0.1:6379`; none when `options` names a server.
   */
  readonly url?: string;
  /** Options of ioredis for the connection, Sentinel's included. They win over what `url` says. */
  readonly options?: RedisConnectionOptions;
  /** An existing `Redis` or `Cluster` of ioredis 5 or 6. It is used with its own settings and never closed. */
  readonly client?: RedisClient;
  /** What stored keys begin with; without `{` and `}`. Default: `cache-tier:`. */
  readonly prefix?: string;
  /** How long one command may take, in milliseconds. Default: 500. */
  readonly timeout?: number;
  /** How many keys a server looks at in one step of `removePattern`. Default: 1000. */
  readonly scanCount?: number;
  /** The name in stats, health and errors. Default: `redis`. */
  readonly name?: string;
  /** Default: the system's, or the cache's. */
  readonly clock?: Clock;
}

/** The names of the options that a tier takes; the clock is the cache's. */
export const REDIS_TIER_OPTIONS = [
  'url',
  'options',
  'client',
  'prefix',
  'timeout',
  'scanCount',
  'name',
] as const;

/** The longest delay that timers of Node take; a longer one would fire at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** @throws InvalidOptionError when an option is unknown, of the wrong type, or contradicts another */
export function checkRedisOptions(options: RedisBackendOptions): void {
  checkOptionNames(options, [...REDIS_TIER_OPTIONS, 'clock'], 'redis');
  const { client, prefix, timeout } = options;
  if (client !== undefined) checkClient(options);
  if (options.options !== undefined) checkConnectionOptions(options.options, 'redis.options');
  if (options.url !== undefined) readRedisUrl(options.url, 'redis.url');
  if (options.url !== undefined && namesServer(options.options)) {
    throw new InvalidOptionError(
      'redis.url',
      'contradicts "redis.options", which names a server too',
    );
  }
  checkText(prefix, 'redis.prefix');
  if (prefix !== undefined && /[{}\ud800-\udfff]/u.test(prefix)) {
    throw new InvalidOptionError(
      'redis.prefix',
      `is text without "{" and "}"; got ${quote(prefix)}`,
    );
  }
  checkWholeNumber(timeout, 1, 'redis.timeout');
  if (timeout !== undefined && timeout > MAX_TIMEOUT) {
    throw new InvalidOptionError(
      'redis.timeout',
      `is at most ${MAX_TIMEOUT}; got ${quote(timeout)}`,
    );
  }
  checkWholeNumber(options.scanCount, 1, 'redis.scanCount');
  checkText(options.name, 'redis.name');
}

function checkClient({ client, url, options }: RedisBackendOptions): void {
  if (url !== undefined || options !== undefined) {
    throw new InvalidOptionError(
      'redis.client',
      'says how to connect already: give either "client", or "url" and "options"',
    );
  }
  if (!readOption('redis.client', () => isRedisClient(client))) {
    throw new InvalidOptionError(
      'redis.client',
      `is a Redis or a Cluster of ioredis; got ${quote(client)} which is none`,
    );
  }
}

/** What ioredis is to be given, from `options`, the url and the environment. */
export function connectionOptions({ url, options }: RedisBackendOptions): RedisConnectionOptions {
  if (url === undefined && namesServer(options)) return { ...options };
  const source = url === undefined && process.env.REDIS_URL ? 'REDIS_URL' : 'redis.url';
  const parsed = readRedisUrl(url ?? (process.env.REDIS_URL || 'redis://127.0.0.1:6379'), source);
  return { ...parsed, ...options };
}

function namesServer(options: RedisConnectionOptions | undefined): boolean {
  return ['host', 'port', 'path', 'sentinels'].some(
    (name) => options !== undefined && Reflect.get(options, name) !== undefined,
  );
}
