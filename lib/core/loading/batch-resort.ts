import type { Entry } from '../../contract/entry.js';
import type { Given, Resort } from './answer.js';
import type { StaleReason } from '../watching/cache-events.js';
import type { Beginning } from '../coherence/coherence.js';
import type { Fallback, Fallbacks } from './fallbacks.js';
import type { KeepPolicy } from '../keep-policy.js';
import type { LoadStart } from './loads.js';

type Values = ReadonlyMap<string, unknown>;

/**
 * What there is to answer of many keys where their load is slow or fails: what was found, and for all the others
 * what the cache had of them before. One that it had not leaves nothing to be answered.
 */
export class BatchResort implements Resort<Values> {
  readonly #values = new Map<string, unknown>();
  /** What the loads have brought so far; some keys may be loaded apart from the others. */
  readonly #brought = new Map<string, unknown>();
  readonly #old = new Map<string, Fallback>();
  /** The keys for which nothing has been brought yet; `undefined` before the look-up has ended. */
  #missing: Set<string> | undefined;
  #began: { readonly position: number; readonly beginning: Beginning } | undefined;
  #isServed = false;

  constructor(
    private readonly fallbacks: Fallbacks,
    private readonly policy: KeepPolicy,
  ) {}

  /**
   * What the look-up has found.
   *
   * @param missing the keys that are to be loaded, with what the cache had of them
   */
  found(values: Values, missing: ReadonlyMap<string, Fallback | undefined>): void {
    for (const [key, value] of values) this.#values.set(key, value);
    this.#missing = new Set(missing.keys());
    for (const [key, fallback] of missing) if (fallback !== undefined) this.#old.set(key, fallback);
  }

  /** What the cache has of a key to fall back on. */
  fallback(key: string): Fallback | undefined {
    return this.#old.get(key);
  }

  /** The loader runs. */
  begins({ position }: LoadStart, beginning: Beginning): void {
    this.#began = { position, beginning };
  }

  /** Some of the values are there. @returns all of them, once none is missing any more */
  brings(values: Values): Given<Values> | undefined {
    for (const [key, value] of values) {
      this.#brought.set(key, value);
      this.#missing?.delete(key);
      this.fallbacks.succeeded(key);
    }
    if (this.#missing === undefined || this.#missing.size > 0) return undefined;
    return { value: new Map([...this.#values, ...this.#brought]) };
  }

  whenSlow(): Given<Values> | undefined {
    if (this.#missing === undefined) return undefined;
    const keys = [...this.#missing];
    const entries = keys.map((key) => this.fallbacks.usable(key, this.#old.get(key)));
    return this.#serve(keys, entries, 'slow');
  }

  async whenFailed(cause: unknown): Promise<Given<Values> | undefined> {
    const { fallbacks, policy } = this;
    const keys = [...(this.#missing ?? [])];
    const entries = await Promise.all(
      keys.map((key) => fallbacks.usableAtLast(key, this.#old.get(key), policy.type)),
    );
    keys.forEach((key, index) => {
      const pause = entries[index] === undefined ? policy.errorTtl : policy.failSafeThrottle;
      if (this.#began !== undefined) fallbacks.failed(key, { ...this.#began, error: cause, pause });
    });
    return this.#serve(keys, entries, 'failed');
  }

  whenDone(): void {
    // That of each key has been noted when it came.
  }

  #serve(
    keys: readonly string[],
    entries: readonly (Entry | undefined)[],
    reason: StaleReason,
  ): Given<Values> | undefined {
    if (entries.includes(undefined)) return undefined;
    const value = new Map([...this.#values, ...this.#brought]);
    keys.forEach((key, index) => {
      const entry = entries[index];
      if (entry === undefined) return;
      value.set(key, entry.value);
      if (!this.#isServed) this.fallbacks.served(key, entry, reason);
    });
    this.#isServed = true;
    return { value };
  }
}
