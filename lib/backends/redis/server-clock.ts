import { callCommand, type RedisClient } from './redis-client.js';

/** How long a reading is good for before another is taken, where there is something to send it with. */
const READ_EVERY = 1_000;

/** For how long a reading is used where no newer one comes. */
const TRUSTED_FOR = 5_000;

/** By how much two clocks may drift apart, per millisecond: more than what clocks are slewed by. */
const DRIFT = 0.001;

/** Between which two times, in milliseconds since 1970, the clock of the server stands now. */
export interface ServerTime {
  readonly least: number;
  readonly most: number;
}

/**
 * What is known of the clock of a Redis server, by which it ends what has a ttl. A reading of it is older than its
 * answer and younger than its question, which bounds the clock from both sides; each further one narrows the bounds.
 */
export class ServerClock {
  #connection: object | undefined;
  /** The bounds of what the server's clock is ahead of ours. */
  #least = -Infinity;
  #most = Infinity;
  #readAt = -Infinity;
  #askedAt = -Infinity;

  /** @param now in milliseconds, of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The time of the server that the last reading came from; `undefined` while it is not known. */
  get time(): ServerTime | undefined {
    const now = this.now();
    const age = now - this.#readAt;
    if (age > TRUSTED_FOR) return undefined;
    const drift = age * DRIFT;
    return { least: now + this.#least - drift, most: now + this.#most + drift };
  }

  /**
   * Asks for the time where it is due. What is sent on the connection after this is answered after it.
   *
   * @returns `undefined` where nothing is asked; otherwise what resolves with the answer, or without one
   */
  refresh(client: RedisClient): Promise<void> | undefined {
    const connection = client.stream ?? client;
    const now = this.now();
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#readAt = -Infinity;
    } else if (now - this.#askedAt < READ_EVERY) {
      return undefined;
    }
    this.#askedAt = now;
    return this.#ask(client, connection, now);
  }

  async #ask(client: RedisClient, connection: object, askedAt: number): Promise<void> {
    try {
      const reply = await callCommand(client, 'TIME');
      if (this.#connection === connection) this.#learn(askedAt, reply);
    } catch {
      // Whoever may not ask lives without.
    }
  }

  #learn(askedAt: number, reply: unknown): void {
    const [seconds, micros]: unknown[] = Array.isArray(reply) ? reply : [];
    const time = Number(seconds) * 1000 + Number(micros) / 1000;
    if (!(time > 0)) return;
    const now = this.now();
    const drift = (now - this.#readAt) * DRIFT;
    const least = Math.max(time - now, this.#least - drift);
    const most = Math.min(time - askedAt, this.#most + drift);
    // Where both cannot be true, the server's clock has been set, and what was known before is of no use.
    const agrees = now - this.#readAt <= TRUSTED_FOR && least <= most;
    this.#least = agrees ? least : time - now;
    this.#most = agrees ? most : time - askedAt;
    this.#readAt = now;
  }
}
