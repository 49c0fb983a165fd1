import { checkText, checkWholeNumber } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { isCluster } from '../../backends/redis/redis-client.js';
import type { RedisConnection } from '../../backends/redis/redis-connection.js';
import { checkRedisOptions, type RedisBackendOptions } from '../../backends/redis/redis-options.js';
import { readsFromMasters } from './cluster-owner.js';
import { hasDuplicate } from './subscriber-client.js';

/**
 * How the log of invalidations is kept.
 *
 * @publicApi
 */
export interface LogOptions {
  /** About how many invalidations the log keeps for those who have to catch up. Default: 10,000. */
  readonly logLength?: number;
  /**
   * About how many tags have counters in Redis. Beyond that, old counters are removed; then what was stored before
   * the newest of these counts as void if it has a tag without a counter. Default: 100,000.
   */
  readonly maxTags?: number;
  /**
   * How the name of this instance in its invalidations begins, without spaces. Random characters follow, so that
   * instances which are configured alike have different names. Default: all of it is random.
   */
  readonly origin?: string;
}

/**
 * Where the log of invalidations is, and how it is followed. `url`, `options` and `client` are as in
 * `RedisBackendOptions`; a client that is given is duplicated for listening.
 *
 * @publicApi
 */
export interface RedisBusOptions extends Omit<RedisBackendOptions, 'scanCount'>, LogOptions {
  /**
   * The connection of a backend, to share: what the backend and the bus send then arrives in order. Stands
   * instead of `url`, `options` and `client`. It is not closed with the bus.
   */
  readonly connection?: RedisConnection;
  /** Keeps logs apart that have the same prefix. Instances agree only where it is the same. Default: ''. */
  readonly namespace?: string;
  /**
   * How old the proof may become that nothing is missing, in milliseconds, at least 40. It is renewed four
   * times in that time; a connection that is silent for twice as long is given up. Default: 1000.
   */
  readonly staleness?: number;
}

/** The names of `LogOptions`. */
export const LOG_OPTIONS: readonly (keyof LogOptions)[] = ['logLength', 'maxTags', 'origin'];

const MIN_STALENESS = 40;
const MAX_STALENESS = 3_600_000;

/** @throws InvalidOptionError when an option is unknown, of the wrong type, or contradicts another */
export function checkBusOptions(options: RedisBusOptions): void {
  // Not an object: refused below, with all else that a backend's options can be wrong in.
  const { connection, namespace, staleness, logLength, maxTags, origin, ...redis } = options ?? {};
  checkRedisOptions(typeof options === 'object' ? redis : options);
  if (connection !== undefined) checkAlone(redis);
  checkClient(connection?.client ?? redis.client);
  if (namespace !== undefined && (typeof namespace !== 'string' || !namespace.isWellFormed())) {
    throw new InvalidOptionError('redis.namespace', `is a string; got ${quote(namespace)}`);
  }
  checkWholeNumber(staleness, MIN_STALENESS, 'redis.staleness');
  if (staleness !== undefined && staleness > MAX_STALENESS) {
    throw new InvalidOptionError(
      'redis.staleness',
      `is at most ${MAX_STALENESS}; got ${quote(staleness)}`,
    );
  }
  checkLogOptions({ logLength, maxTags, origin });
}

/** @throws InvalidOptionError */
export function checkLogOptions({ logLength, maxTags, origin }: LogOptions): void {
  checkWholeNumber(logLength, 1, 'redis.logLength');
  checkWholeNumber(maxTags, 1, 'redis.maxTags');
  checkText(origin, 'redis.origin');
  if (origin !== undefined && !/^[!-~]{1,100}$/.test(origin)) {
    throw new InvalidOptionError(
      'redis.origin',
      `is at most 100 printable ASCII characters without spaces; got ${quote(origin)}`,
    );
  }
}

function checkAlone(redis: RedisBackendOptions): void {
  for (const name of ['url', 'options', 'client'] as const) {
    if (redis[name] !== undefined) {
      throw new InvalidOptionError(
        'redis.connection',
        `says how to connect already: "${name}" cannot be given beside it`,
      );
    }
  }
}

function checkClient(client: RedisBackendOptions['client']): void {
  if (client === undefined) return;
  if (isCluster(client)) {
    if (readsFromMasters(client)) return;
    throw new InvalidOptionError(
      'redis.client',
      'reads from masters ("scaleReads" is "master") for invalidations: a replica may be behind',
    );
  }
  if (!hasDuplicate(client)) {
    throw new InvalidOptionError(
      'redis.client',
      'is a Redis or Cluster of ioredis, with the method "duplicate" for a connection that listens',
    );
  }
}

/** Whether a bus can be made that uses this client; `undefined` stands for one of our own. */
export function canListen(client: RedisBackendOptions['client']): boolean {
  if (client === undefined) return true;
  return isCluster(client) ? readsFromMasters(client) : hasDuplicate(client);
}
