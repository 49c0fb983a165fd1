import type { Clock, Timer } from '../../contract/clock.js';
import { ClosedError } from '../../contract/errors.js';
import { importRedis, type OwnRedisClient } from './import-redis.js';
import type { RedisClient } from './redis-client.js';
import { toClientOptions, type RedisConnectionOptions } from './redis-connection-options.js';
import type { RedisLink } from './redis-link.js';
import { retryDelay } from './retry-delay.js';

/** A connection that stays silent for so many timeouts after one is dead; a server that is busy takes less. */
const SILENT_TIMEOUTS = 3;

/** What is waited for after an attempt to connect that has taken its time already, in milliseconds. */
const WAIT_AFTER_SILENCE = 10;

/**
 * A connection that is made at the first use and made again for ever. ioredis is told not to reconnect by
 * itself: it would keep commands of the lost connection and send them on the next, after their callers have
 * been told that they failed.
 */
export class OwnRedisLink implements RedisLink {
  readonly #options: Readonly<Record<string, unknown>>;
  #client: OwnRedisClient | undefined;
  #opening: Promise<RedisClient> | undefined;
  /** What comes of the last attempt to connect again. */
  #attempt: Promise<RedisClient> | undefined;
  #closing: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();
  #failures = 0;
  #lastError: unknown;
  /** Counts what arrives. */
  #heard = 0;
  /** What `#heard` was when a command first timed out, and when that was. */
  #silence: { readonly heard: number; readonly since: number } | undefined;
  #retry: Timer | undefined;
  #handshake: Timer | undefined;
  #firstWord: Timer | undefined;
  /** Whether the last attempt to connect was given up because nothing was heard. */
  #wasSilent = false;

  constructor(
    private readonly backend: string,
    options: RedisConnectionOptions,
    private readonly clock: Clock,
    /** How long an answer may take, in milliseconds. */
    private readonly timeout: number,
  ) {
    this.#options = toClientOptions(options);
  }

  get ready(): RedisClient | undefined {
    const client = this.#client;
    return client?.status === 'ready' && this.#closing === undefined ? client : undefined;
  }

  open(): Promise<RedisClient> {
    if (this.#closing !== undefined) return Promise.reject(this.#closed());
    if (this.#opening !== undefined) return this.#opening;
    if (this.#client !== undefined) return Promise.reject(this.#lastError);
    this.#opening = this.#start().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  openNow(): Promise<RedisClient> {
    this.retryNow();
    return this.#attempt ?? this.open();
  }

  timedOut(): void {
    const stream = this.#client?.stream;
    if (stream === undefined) return;
    const now = this.clock.now();
    if (stream.writableLength > 0) {
      // What still waits here would be sent as soon as the server takes it, whenever that is.
      stream.destroy();
    } else if (this.#silence?.heard !== this.#heard) {
      this.#silence = { heard: this.#heard, since: now };
    } else if (now - this.#silence.since >= SILENT_TIMEOUTS * this.timeout) {
      stream.destroy();
    }
  }

  retryNow(): void {
    if (this.#retry !== undefined && this.#closing === undefined) this.#tryAgain();
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #start(): Promise<RedisClient> {
    const Redis = await importRedis();
    if (this.#closing !== undefined) throw this.#closed();
    const client = new Redis(this.#options);
    this.#client = client;
    client.on('error', (error) => {
      this.#lastError = error;
    });
    client.on('connect', () => {
      this.#limitHandshake(client);
      client.stream?.on('data', () => this.#heard++);
    });
    client.on('ready', () => {
      this.#endHandshake();
      this.#failures = 0;
      this.#lastError = undefined;
      for (const listener of this.#listeners) listener();
    });
    client.on('end', () => {
      this.#endHandshake();
      if (this.#closing === undefined) this.#retryLater();
    });
    return this.#connect(client);
  }

  async #connect(client: OwnRedisClient): Promise<RedisClient> {
    try {
      await client.connect();
    } catch (error) {
      throw this.#closing === undefined ? (this.#lastError ?? error) : this.#closed();
    }
    return client;
  }

  /**
   * ioredis itself limits only the time until the TCP connection. One on which nothing is heard at all may be of before
   * the server, or the way to it, was in order again.
   */
  #limitHandshake(client: OwnRedisClient): void {
    const limit = Number(this.#options['connectTimeout']);
    if (!(limit > 0)) return;
    const giveUp = (): void => void client.stream?.destroy();
    const heard = this.#heard;
    this.#handshake = this.clock.setTimer(limit, giveUp);
    this.#firstWord = this.clock.setTimer(this.timeout, () => {
      if (this.#heard !== heard) return;
      this.#wasSilent = true;
      giveUp();
    });
  }

  #endHandshake(): void {
    this.#handshake?.cancel();
    this.#firstWord?.cancel();
  }

  #retryLater(): void {
    const delay = this.#wasSilent ? WAIT_AFTER_SILENCE : retryDelay(this.#failures++);
    this.#wasSilent = false;
    this.#retry = this.clock.setTimer(delay, () => this.#tryAgain());
  }

  #tryAgain(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    if (this.#client === undefined) return;
    const attempt = this.#connect(this.#client).finally(() => {
      if (this.#attempt === attempt) this.#attempt = undefined;
    });
    // A failed attempt tells so by the events `error` and `end` as well.
    attempt.catch(() => undefined);
    this.#attempt = attempt;
  }

  #closed(): ClosedError {
    return new ClosedError(`Cache backend "${this.backend}" was used after close()`);
  }

  async #end(): Promise<void> {
    this.#retry?.cancel();
    const client = this.#client;
    if (client === undefined || client.status === 'end') return;
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    // QUIT is answered after the commands under way.
    if (client.status === 'ready') await this.#atMost(client.quit().then(() => ended));
    if (client.status === 'end') return;
    client.disconnect();
    client.stream?.destroy();
    await this.#atMost(ended);
  }

  /** Waits for `event`, for a limited time, and whether it comes about or fails. */
  async #atMost(event: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = this.clock.setTimer(this.timeout, resolve);
    });
    await Promise.race([event.catch(() => undefined), limit]);
    timer?.cancel();
  }
}
