import { systemClock } from '../../contract/clock.js';
import { BorrowedRedisLink } from './borrowed-redis-link.js';
import { OwnRedisLink } from './own-redis-link.js';
import { keyPrefixOf, settingsOf, type RedisClient } from './redis-client.js';
import { RedisCommander } from './redis-commander.js';
import type { RedisConnectionOptions } from './redis-connection-options.js';
import { RedisFailures } from './redis-failures.js';
import type { RedisLink } from './redis-link.js';
import { connectionOptions, type RedisBackendOptions } from './redis-options.js';

/**
 * The one connection of a backend for commands. A bus may share it, so that Redis carries out what the two
 * send in the order in which they send it.
 */
export class RedisConnection {
  readonly link: RedisLink;
  readonly commander: RedisCommander;
  /** What the client puts before keys by itself. */
  readonly clientPrefix: string;
  // Both hold credentials, which must not show where a backend is printed.
  readonly #client: RedisClient | undefined;
  readonly #settings: RedisConnectionOptions;

  /** @param options that have been checked */
  constructor(options: RedisBackendOptions) {
    const { client, name = 'redis', timeout = 500, clock = systemClock } = options;
    this.#client = client;
    this.clientPrefix = keyPrefixOf(client);
    this.#settings = client === undefined ? connectionOptions(options) : {};
    this.link =
      client === undefined
        ? new OwnRedisLink(name, this.#settings, clock, timeout)
        : new BorrowedRedisLink(name, client);
    const failures = new RedisFailures(name, client ? settingsOf(client) : [this.#settings]);
    this.commander = new RedisCommander(name, this.link, failures, clock, timeout);
  }
  /** The client that was given; `undefined` when the connection is our own. */
  get client(): RedisClient | undefined {
    return this.#client;
  }

  /** What our own connection is made with; empty when a client was given. */
  get settings(): RedisConnectionOptions {
    return this.#settings;
  }
}
