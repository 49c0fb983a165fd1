import { ClosedError } from '../../contract/errors.js';
import type { RedisClient } from './redis-client.js';
import type { RedisLink } from './redis-link.js';

/**
 * A client that is somebody else's: it is connected if nobody has done so yet, and left open. Commands are
 * given to it only while it is ready, so that they do not wait in its offline queue after their callers have
 * been told that they failed.
 */
export class BorrowedRedisLink implements RedisLink {
  #client: RedisClient | undefined;
  #opening: Promise<RedisClient> | undefined;
  #tried = false;
  /** Waits no longer, and takes our listeners from the client; `undefined` while there are none. */
  #giveUp: (() => void) | undefined;

  constructor(
    private readonly backend: string,
    client: RedisClient,
  ) {
    this.#client = client;
  }

  get ready(): RedisClient | undefined {
    const client = this.#client;
    return client?.status === 'ready' ? client : undefined;
  }

  open(): Promise<RedisClient> {
    const client = this.#client;
    if (client === undefined) return Promise.reject(this.#closed());
    if (this.#opening !== undefined) return this.#opening;
    if (this.#tried && client.status !== 'wait') {
      return Promise.reject(
        new Error(`the client that was given is in the state "${client.status}"`),
      );
    }
    this.#tried = true;
    this.#opening = this.#firstAttempt(client).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** When it connects again is its owner's decision. */
  openNow(): Promise<RedisClient> {
    return this.open();
  }

  /** What to do about it is its owner's decision. */
  timedOut(): void {}

  /** So is this. */
  retryNow(): void {}

  onReady(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    this.#client = undefined;
    this.#giveUp?.();
  }

  /** Resolves when the client is ready, and rejects when what it is doing now comes to nothing. */
  #firstAttempt(client: RedisClient): Promise<RedisClient> {
    if (client.status === 'wait') return client.connect().then(() => client);
    if (client.status === 'end')
      return Promise.reject(new Error('the client that was given is closed'));
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#giveUp = undefined;
        client.removeListener('ready', ready);
        client.removeListener('close', closed);
      };
      const ready = (): void => {
        stop();
        resolve(client);
      };
      const closed = (): void => {
        stop();
        reject(new Error('the client that was given could not connect'));
      };
      this.#giveUp = () => {
        stop();
        reject(this.#closed());
      };
      client.once('ready', ready);
      client.once('close', closed);
    });
  }

  #closed(): ClosedError {
    return new ClosedError(`Cache backend "${this.backend}" was used after close()`);
  }
}
