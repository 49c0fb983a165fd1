/** A value, or a promise of it: in-process backends answer at once, remote ones later. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * A store of bytes under string keys, each with a time to live. This is all that a tier needs; what a
 * backend can do beyond it is told by the capabilities (`BatchBackend`, `TtlAwareBackend`, …).
 *
 * Promises of every implementation, each with a case in the conformance suite (`./testing`):
 * - Safe under concurrent use: any number of calls may be under way at once.
 * - Keys are any non-empty string, taken literally; values are any bytes, the empty value included.
 * - A failure is thrown (or rejects), as a `BackendError` where it can; it is never answered as a miss.
 *
 * @publicApi
 */
export interface CacheBackend {
  /** The kind of the store, for logs, stats and health, such as `memory` or `redis`. Never changes. */
  readonly name: string;

  /** The bytes under `key`, or `undefined` when there are none or their time to live has ended. */
  get(key: string): Awaitable<Uint8Array | undefined>;

  /**
   * Stores `value` under `key` for `ttl` milliseconds, replacing the value and the ttl that were there.
   *
   * @param ttl a whole number of milliseconds, from 1 to `MAX_TTL`
   * @throws InvalidTtlError when `ttl` is anything else
   */
  setWithTtl(key: string, value: Uint8Array, ttl: number): Awaitable<void>;

  /** Removes `key`. An absent key is not an error. */
  remove(key: string): Awaitable<void>;

  /**
   * Removes every key that matches `pattern`: `*` is any run of characters, `?` one character, `\` takes
   * the next one literally, all else stands for itself. A backend without this member says so by lacking it.
   *
   * @throws InvalidPatternError when the pattern is not of that grammar
   */
  removePattern?(pattern: string): Awaitable<void>;

  /**
   * Whether the store answers now, shown by a real round trip. `false` when it does not: this member never
   * throws.
   */
  healthCheck(): Awaitable<boolean>;
}
