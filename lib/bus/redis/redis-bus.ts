import { randomBytes, randomUUID } from 'node:crypto';
import { importRedis } from '../../backends/redis/import-redis.js';
import { isCluster, type RedisClient } from '../../backends/redis/redis-client.js';
import { RedisConnection } from '../../backends/redis/redis-connection.js';
import { systemClock, type Clock } from '../../contract/clock.js';
import type { Stamp } from '../../contract/entry.js';
import { ClosedError } from '../../contract/errors.js';
import type {
  BusCheck,
  BusStats,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from '../../contract/invalidation-bus.js';
import { checkScope } from '../check-scope.js';
import { Arrivals } from './arrivals.js';
import { BusConnection } from './bus-connection.js';
import { busKeys, withClientPrefix, type BusKeys } from './bus-keys.js';
import { BusSession } from './bus-session.js';
import { DataLives, type RunOnData } from './data-lives.js';
import { LogWriter } from './log-writer.js';
import { Proof } from './proof.js';
import { checkBusOptions, type RedisBusOptions } from './redis-bus-options.js';
import { RedisFollower } from './redis-follower.js';
import { RedisLog } from './redis-log.js';
import { sendBehind } from './send-behind.js';
import { makeSubscriber } from './make-subscriber.js';
import type { SubscriberClient } from './subscriber-client.js';

/** How long `publish` waits until its own message has come back, in milliseconds. */
const ECHO_WITHIN = 50;

/**
 * A bus on a Redis server, a Sentinel setup or a Cluster, through ioredis 6, or 5. Constructing it opens nothing. It uses
 * two connections: one for commands, which it may share with a backend, and one of its own that listens. A
 * connection that is lost is made again for ever; then what was missed is fetched from the log.
 *
 * `publish` and `check` reject with `BackendTimeoutError` when there is no answer within `timeout`, with
 * `BackendError` when Redis refuses or cannot be reached, with `MissingPeerError` when ioredis is not
 * installed, and with `ClosedError` after `close`.
 *
 * @publicApi
 */
export class RedisBus implements InvalidationBus {
  /** The name of this instance in its invalidations: the one that was given, and a random end. */
  readonly origin: string;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #staleness: number;
  readonly #data: RedisConnection;
  readonly #sharesData: boolean;
  /** Whether values are on other servers than the log: then what is sent on the data connection has no order. */
  readonly #isCluster: boolean;
  /** As the data connection names its keys. */
  readonly #log: RedisLog;
  /** As they are named in Redis, where that is something else. */
  readonly #fullLog: RedisLog;
  readonly #keys: BusKeys;
  /** The key of the hash, as the data connection names it. */
  readonly #metaName: string;
  readonly #follower: RedisFollower;
  readonly #proof: Proof;
  readonly #writer: LogWriter;
  readonly #arrivals: Arrivals;
  readonly #subscriber: BusConnection;
  #session: BusSession | undefined;
  readonly #lives: DataLives;
  #connecting: Promise<void> | undefined;
  #decideFirst: () => void = () => undefined;
  #endWatching: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  /** @throws InvalidOptionError */
  constructor(options: RedisBusOptions = {}) {
    checkBusOptions(options);
    const { connection, namespace = '', staleness = 1000 } = options;
    const { logLength = 10_000, maxTags = 100_000 } = options;
    const { prefix = 'cache-tier:', timeout = 500, clock = systemClock, name = 'redis' } = options;
    this.origin = uniqueName(options.origin);
    this.#clock = clock;
    this.#timeout = timeout;
    this.#staleness = staleness;
    this.#sharesData = connection !== undefined;
    this.#data = connection ?? new RedisConnection(options);
    this.#isCluster = this.#data.client !== undefined && isCluster(this.#data.client);
    const keys = busKeys(prefix, namespace);
    this.#metaName = keys.meta;
    this.#keys = withClientPrefix(keys, this.#data.clientPrefix);
    const bounds = { length: logLength, tags: maxTags };
    this.#log = new RedisLog(keys, this.origin, bounds, !this.#isCluster);
    this.#fullLog = new RedisLog(this.#keys, this.origin, bounds, !this.#isCluster);
    const run: RunOnData = (operation, send) => this.#run(operation, send);
    this.#lives = new DataLives(name, this.#log, run, () => {
      this.#proof.void();
      this.#session?.distrust();
      if (this.#data.link.ready !== undefined) this.#subscriber.retryNow();
    });
    this.#arrivals = new Arrivals(clock);
    this.#follower = new RedisFollower(() => this.#arrivals.progress(this.stamp));
    const lives = (): readonly string[] => this.#lives.masters;
    this.#writer = new LogWriter(name, this.#log, this.#follower, run, lives);
    this.#proof = new Proof(clock, (verified, provedAt) =>
      this.#tellVerification(verified, provedAt),
    );
    this.#subscriber = this.#makeSubscriber();
  }

  get stamp(): Stamp {
    return this.#follower.log.stamp;
  }

  get verifiedAt(): number {
    return this.#proof.at;
  }

  async publish(scope: InvalidationScope, after?: PromiseLike<unknown>): Promise<Stamp> {
    checkScope(scope);
    const send = (): Promise<Stamp> => this.#writer.invalidate(scope);
    let stamp: Stamp;
    if (after !== undefined && this.#canSendBehind) {
      stamp = await sendBehind(after, send);
    } else {
      if (after !== undefined) await after;
      stamp = await send();
    }
    if (this.#session !== undefined) await this.#arrivals.reach(stamp, this.stamp, ECHO_WITHIN);
    return stamp;
  }

  async check(tags: readonly string[]): Promise<BusCheck> {
    const { log } = this.#follower;
    const answer = await this.#run('check', (client) =>
      this.#log.check(client, this.#follower.id, log.stamp, tags),
    );
    // In a cluster, the server of the log does not know what others have lost.
    const isSound = !this.#isCluster || this.#session?.isSound === true;
    return isSound ? answer : { ...answer, complete: false };
  }

  history(since?: Stamp): Promise<readonly Invalidation[] | undefined> {
    return this.#log.history((step) => this.#run('history', step), since);
  }

  subscribe(listener: InvalidationListener): void {
    this.#follower.log.follow(listener);
  }

  stats(): BusStats {
    return {
      ...this.#follower.counts,
      received: this.#follower.log.applied,
      published: this.#writer.count,
      lag: this.#proof.lag,
    };
  }

  connect(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(this.#closed());
    this.#connecting ??= this.#open();
    return this.#connecting;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #open(): Promise<void> {
    if (this.#data.client === undefined) await importRedis();
    if (this.#closing !== undefined) return;
    const decided = new Promise<void>((resolve) => {
      const limit = this.#clock.setTimer(this.#timeout, resolve);
      this.#decideFirst = () => {
        limit.cancel();
        resolve();
      };
    });
    this.#data.link.open().then(
      () => this.#watchData(),
      () => undefined,
    );
    this.#endWatching = this.#data.link.onReady(() => {
      this.#subscriber.retryNow();
      this.#watchData();
    });
    void this.#subscriber.open();
    await decided;
  }

  async #end(): Promise<void> {
    this.#decideFirst();
    this.#session?.end();
    this.#session = undefined;
    this.#endWatching();
    this.#lives.end();
    this.#proof.void();
    this.#arrivals.end();
    await Promise.all([
      this.#subscriber.close(),
      this.#sharesData ? undefined : this.#data.link.close(),
    ]);
  }

  #makeSubscriber(): BusConnection {
    const { channel, leases } = this.#keys;
    return new BusConnection(
      () => makeSubscriber(this.#data, this.#keys.meta, this.#metaName),
      [channel, ...leases],
      {
        opened: (client, takesCommands) => this.#begin(client, takesCommands),
        message: (from, text) => this.#receive(from, text),
        closed: () => {
          this.#session?.end();
          this.#session = undefined;
          this.#proof.void();
          this.#decideFirst();
        },
      },
      this.#clock,
      Number(Reflect.get(this.#data.settings, 'connectTimeout') ?? 2000),
    );
  }

  #begin(client: SubscriberClient, takesCommands: boolean): void {
    this.#data.link.retryNow();
    const common = {
      giveUp: () => this.#subscriber.restart(),
      ...(this.#isCluster && { lives: () => this.#lives.ofMasters() }),
    };
    const routes = takesCommands
      ? {
          ...common,
          ...(!this.#isCluster && { dataLife: () => this.#lives.ofServer() }),
          log: this.#fullLog,
          ask: <T>(question: (on: SubscriberClient) => Promise<T>) => {
            this.#watchData();
            return question(client);
          },
          settle: async () => undefined,
        }
      : {
          ...common,
          log: this.#log,
          ask: <T>(question: (on: RedisClient) => Promise<T>) => this.#run('probe', question),
          settle: () => client.ping('settled'),
        };
    this.#session = new BusSession(
      routes,
      this.#follower,
      this.#proof,
      this.#clock,
      this.#staleness,
    );
    this.#session.begin();
  }

  #receive(channel: string, text: string): void {
    if (channel !== this.#keys.channel) {
      this.#follower.log.listener.onLeaseEnded(text);
      return;
    }
    this.#follower.receive(text);
    if (this.#follower.isBehind) this.#session?.prove();
  }

  /** Whether what is sent now is carried out after what a backend has sent by the same connection. */
  get #canSendBehind(): boolean {
    const { link, commander } = this.#data;
    return this.#sharesData && !this.#isCluster && link.ready !== undefined && !commander.hasUnsent;
  }

  async #run<T>(operation: string, send: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw this.#closed();
    return this.#data.commander.run(
      operation,
      (client) => {
        // Its end is noticed, then, whenever it comes.
        if (this.#closing === undefined) this.#lives.watch(client);
        return send(client);
      },
      (reply) => reply,
    );
  }

  #watchData(): void {
    const client = this.#data.link.ready;
    if (client !== undefined && this.#closing === undefined) this.#lives.watch(client);
  }

  #tellVerification(verified: boolean, provedAt: number): void {
    if (this.#closing !== undefined) return;
    this.#follower.log.listener.onVerification(verified, provedAt);
    if (verified) this.#decideFirst();
  }

  #closed(): ClosedError {
    return new ClosedError('The invalidation bus was used after close()');
  }
}

function uniqueName(given: string | undefined): string {
  return given === undefined ? randomUUID() : `${given}.${randomBytes(8).toString('hex')}`;
}
