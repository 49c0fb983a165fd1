import { RedisKeys } from '../../backends/redis/redis-keys.js';

/** The names by which a log is known in Redis. */
export interface BusKeys {
  /** The hash of the epoch and of the counters. */
  readonly meta: string;
  /** The stream of invalidations. */
  readonly log: string;
  /** Where invalidations are published. */
  readonly channel: string;
  /** Where ends of leases are published. */
  readonly leases: readonly string[];
}

/**
 * All that belongs to one log is in one slot: `{prefix namespace}:m` and so on. Values, whose keys are
 * `prefix{key}`, never begin with a brace, so neither can be taken for the other.
 */
export function busKeys(prefix: string, namespace: string): BusKeys {
  const tag = new RedisKeys('', '').encode(prefix + namespace);
  return { meta: `${tag}:m`, log: `${tag}:l`, channel: `${tag}:c`, leases: [`${prefix}leases`] };
}

/** The same as they stand in Redis, where a client puts `clientPrefix` before keys by itself. */
export function withClientPrefix(
  { meta, log, channel, leases }: BusKeys,
  clientPrefix: string,
): BusKeys {
  if (clientPrefix === '') return { meta, log, channel, leases };
  const full = (key: string): string => clientPrefix + key;
  return {
    meta: full(meta),
    log: full(log),
    channel: full(channel),
    // Whoever publishes there may know the prefix or not.
    leases: leases.flatMap((name) => [name, full(name)]),
  };
}
