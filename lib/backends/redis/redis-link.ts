import type { RedisClient } from './redis-client.js';

/** The way to Redis: a connection of our own, or a client that we were given. */
export interface RedisLink {
  /** The client while commands can be sent. */
  readonly ready: RedisClient | undefined;
  /**
   * The client once it is ready. The first use connects and waits for that first attempt; later, this rejects
   * at once while there is no connection. It rejects with the reason, or with `undefined` if none is known.
   */
  open(): Promise<RedisClient>;
  /** The same, but an attempt that would be made later is made now, and one that is under way is waited for. */
  openNow(): Promise<RedisClient>;
  /** Told when a command that was sent had no answer in time. */
  timedOut(): void;
  /** Told when another connection to the server has been made: an attempt that would be made later is made now. */
  retryNow(): void;
  /** Calls back whenever a connection of our own has been made. @returns what ends that */
  onReady(listener: () => void): () => void;
  close(): Promise<void>;
}
