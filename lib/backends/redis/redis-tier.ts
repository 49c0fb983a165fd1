import { RedisBus } from '../../bus/redis/redis-bus.js';
import {
  canListen,
  checkLogOptions,
  LOG_OPTIONS,
  type LogOptions,
} from '../../bus/redis/redis-bus-options.js';
import type { TierDefinition, TierPolicy } from '../../contract/tier-definition.js';
import { policyOf } from '../../contract/tier-policy.js';
import { importRedis } from './import-redis.js';
import {
  checkRedisOptions,
  REDIS_TIER_OPTIONS,
  type RedisBackendOptions,
} from './redis-options.js';
import { RedisBackend } from './redis.backend.js';

/** @publicApi */
export type RedisTierOptions = Omit<RedisBackendOptions, 'clock'> & LogOptions & TierPolicy;

/**
 * A tier on a Redis server, a Sentinel setup or a Cluster. Nothing is connected until the tier is used.
 *
 * @throws InvalidOptionError when an option is unknown, of the wrong type, or contradicts another
 * @publicApi
 */
export function redisTier(options: RedisTierOptions = {}): TierDefinition {
  const policy = policyOf(options, [...REDIS_TIER_OPTIONS, ...LOG_OPTIONS], 'redis');
  const { url, client, prefix, timeout, scanCount, name } = options;
  const { logLength, maxTags, origin } = options;
  const own: RedisBackendOptions = {
    url,
    options: options.options,
    client,
    prefix,
    timeout,
    scanCount,
    name,
  };
  const log: LogOptions = { logLength, maxTags, origin };
  checkRedisOptions(own);
  checkLogOptions(log);
  return {
    source: {
      create: ({ clock }) => new RedisBackend({ ...own, clock }),
      // A client that exists has come with its package.
      ...(client === undefined && { prepare: importRedis }),
    },
    policy,
    defaultName: 'redis',
    backendClass: RedisBackend,
    limitsItself: true,
    bus: (backend, context) => {
      // A test may have put another backend in its place.
      if (!(backend instanceof RedisBackend) || !canListen(backend.connection.client)) {
        return undefined;
      }
      const { connection } = backend;
      return new RedisBus({ connection, prefix, timeout, name, ...log, ...context });
    },
  };
}
