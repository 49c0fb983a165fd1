import type {
  BatchBackend,
  Closable,
  FencedBackend,
  FencedValue,
  LeaseAnswer,
  StoredValue,
  StoreRequest,
  TtlAwareBackend,
} from '../../contract/capabilities.js';
import { compilePattern, parsePattern, type PatternMatcher } from '../../contract/pattern.js';
import { assertTtl } from '../../contract/ttl.js';
import { isCluster, masters, sendTogether, type RedisNode } from './redis-client.js';
import type { RedisCommander } from './redis-commander.js';
import { RedisConnection } from './redis-connection.js';
import { RedisFences } from './redis-fences.js';
import { RedisKeys } from './redis-keys.js';
import { checkRedisOptions, type RedisBackendOptions } from './redis-options.js';
import { readMany, readOne, toStoredValue } from './redis-reads.js';
import { packPlain, unpackValue } from './stored-bytes.js';

/**
 * A backend on a Redis server, a Sentinel setup or a Cluster, through ioredis 5 or 6. Constructing it opens
 * nothing: the first use connects, or `connect`. A connection that is lost is made again for ever; calls in
 * the meantime fail at once.
 *
 * Calls reject with `BackendTimeoutError` when there is no answer within `timeout`, with `BackendError` when
 * Redis refuses or cannot be reached, with `MissingPeerError` when ioredis is not installed, and with
 * `ClosedError` after `close`. None of them carries credentials or values.
 *
 * @publicApi
 */
export class RedisBackend implements TtlAwareBackend, BatchBackend, FencedBackend, Closable {
  readonly name: string;
  /** @internal For a bus that shares it. */
  readonly connection: RedisConnection;
  readonly #commander: RedisCommander;
  readonly #keys: RedisKeys;
  readonly #fences: RedisFences;
  readonly #scanCount: number;

  /** @throws InvalidOptionError */
  constructor(options: RedisBackendOptions = {}) {
    checkRedisOptions(options);
    const { prefix = 'cache-tier:', scanCount = 1000, name = 'redis' } = options;
    this.name = name;
    this.connection = new RedisConnection(options);
    this.#commander = this.connection.commander;
    this.#keys = new RedisKeys(prefix, this.connection.clientPrefix);
    this.#fences = new RedisFences(
      this.#commander,
      this.#keys,
      `${prefix}leases`,
      options.client !== undefined && isCluster(options.client),
    );
    this.#scanCount = scanCount;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    const stored = this.#keys.encode(key);
    return this.#commander.run('get', (client) => client.getBuffer(stored), valueOrNothing);
  }

  getWithTtl(key: string): Promise<StoredValue | undefined> {
    const stored = this.#keys.encode(key);
    return this.#commander.run('getWithTtl', (client) => readOne(client, stored), toStoredValue);
  }

  async getMany(keys: readonly string[]): Promise<readonly (StoredValue | undefined)[]> {
    if (keys.length === 0) return [];
    const stored = keys.map((key) => this.#keys.encode(key));
    return this.#commander.run(
      'getMany',
      (client) => readMany(client, stored),
      (readings) => readings.map(toStoredValue),
    );
  }

  /** @throws InvalidTtlError */
  async setWithTtl(key: string, value: Uint8Array, ttl: number): Promise<void> {
    assertTtl(ttl);
    const stored = this.#keys.encode(key);
    const bytes = packPlain(value);
    return this.#commander.run(
      'setWithTtl',
      (client) => client.set(stored, bytes, 'PX', ttl),
      nothing,
    );
  }

  /** @throws InvalidTtlError before anything is stored */
  async setMany(items: readonly StoreRequest[]): Promise<void> {
    for (const { ttl } of items) assertTtl(ttl);
    if (items.length === 0) return;
    await this.#commander.run(
      'setMany',
      (client) =>
        sendTogether(masters(client), () =>
          Promise.all(
            items.map(({ key, value, ttl }) =>
              client.set(this.#keys.encode(key), packPlain(value), 'PX', ttl),
            ),
          ),
        ),
      nothing,
    );
  }

  remove(key: string): Promise<void> {
    const stored = this.#keys.encode(key);
    return this.#commander.run('remove', (client) => client.unlink([stored]), nothing);
  }

  async removeMany(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#unlink('removeMany', keys);
  }

  /**
   * Goes through the keys of every server in steps, so that Redis serves others in between; it takes time in
   * proportion to all keys of the server. A key that is set meanwhile may stay, unless it is filled under a lease
   * that was granted before: leases are taken away too. `timeout` limits each step.
   *
   * @throws InvalidPatternError
   */
  async removePattern(pattern: string): Promise<void> {
    const matches = compilePattern(pattern);
    const glob = this.#keys.glob(parsePattern(pattern));
    const nodes = await this.#commander.run(
      'removePattern',
      async (client) => masters(client),
      same,
    );
    await Promise.all(
      nodes.map(async (node) => {
        await this.#sweep(node, glob, matches);
        // SCAN may miss both the lease that ends in a fill meanwhile, and the value: this finds the value.
        await this.#sweep(node, glob, matches);
      }),
    );
  }

  getFenced(key: string): Promise<FencedValue | undefined> {
    return this.#fences.get(key);
  }

  getFencedMany(keys: readonly string[]): Promise<readonly (FencedValue | undefined)[]> {
    return this.#fences.getMany(keys);
  }

  /** @throws InvalidOptionError when a token is not one, or `duration` is not a whole number from 1 */
  lease(key: string, token: string, duration: number, rejected = ''): Promise<LeaseAnswer> {
    return this.#fences.lease(key, token, duration, rejected);
  }

  /** @throws InvalidTtlError, InvalidOptionError */
  fill(key: string, token: string, value: Uint8Array, ttl: number): Promise<boolean> {
    return this.#fences.fill(key, token, value, ttl);
  }

  /** @throws InvalidTtlError, InvalidOptionError */
  replace(key: string, token: string, value: Uint8Array, ttl: number): Promise<boolean> {
    return this.#fences.replace(key, token, value, ttl);
  }

  /** @throws InvalidOptionError */
  renew(key: string, token: string, duration: number): Promise<boolean> {
    return this.#fences.renew(key, token, duration);
  }

  /** @throws InvalidOptionError */
  release(key: string, token: string): Promise<void> {
    return this.#fences.release(key, token);
  }

  /**
   * The keys are removed in one round trip, though not all at the same moment; in a cluster, each server has
   * its part.
   *
   * @throws InvalidOptionError when `holdFor` is not a whole number from 0
   */
  discard(keys: readonly string[], holdFor = 0): Promise<void> {
    return this.#fences.discard(keys, holdFor);
  }

  /** Connects, too, where that would only be tried later: whoever asks for health wants to know it now. */
  healthCheck(): Promise<boolean> {
    return this.#commander
      .run(
        'healthCheck',
        (client) => Promise.all(masters(client).map((node) => node.ping())),
        () => true,
        () => this.connection.link.openNow(),
      )
      .catch(() => false);
  }

  /** Connects, where nothing has yet. Rejects when Redis cannot be reached now; later calls may well succeed. */
  connect(): Promise<void> {
    return this.#commander.run('connect', async () => undefined, nothing);
  }

  /** Ends the connection after the commands under way, within `timeout`. A given client stays open. */
  close(): Promise<void> {
    return this.connection.link.close();
  }

  /** One server's part of a pass of `removePattern`: while it looks for the next keys, those found are removed. */
  async #sweep(node: RedisNode, glob: string, matches: PatternMatcher): Promise<void> {
    const matching = (key: string | undefined): key is string => key !== undefined && matches(key);
    let cursor = '0';
    let found: readonly string[] = [];
    do {
      const removed = this.#removeFound(found, matching);
      const from = cursor;
      const [[next, scanned]] = await Promise.all([
        this.#commander.run(
          'removePattern',
          () => node.scan(from, 'MATCH', glob, 'COUNT', this.#scanCount),
          same,
        ),
        removed,
      ]);
      cursor = next;
      found = scanned;
    } while (cursor !== '0');
    await this.#removeFound(found, matching);
  }

  async #removeFound(
    scanned: readonly string[],
    matching: (key: string | undefined) => key is string,
  ): Promise<void> {
    const values = scanned.map((name) => this.#keys.decode(name)).filter(matching);
    const leased = scanned.map((name) => this.#keys.decodeLease(name)).filter(matching);
    await Promise.all([
      this.#unlink('removePattern', values),
      this.#fences.discard(leased, 0, 'removePattern'),
    ]);
  }

  async #unlink(operation: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const stored = keys.map((key) => this.#keys.encode(key));
    await this.#commander.run(
      operation,
      (client) =>
        isCluster(client)
          ? sendTogether(masters(client), () =>
              Promise.all(stored.map((key) => client.unlink([key]))),
            )
          : client.unlink(stored),
      nothing,
    );
  }
}

function valueOrNothing(value: Uint8Array | null): Uint8Array | undefined {
  return value === null ? undefined : unpackValue(value);
}

function nothing(): void {}

function same<T>(value: T): T {
  return value;
}
