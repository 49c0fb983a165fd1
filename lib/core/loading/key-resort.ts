import type { Entry } from '../../contract/entry.js';
import type { Given, Resort } from './answer.js';
import type { StaleReason } from '../watching/cache-events.js';
import type { Beginning } from '../coherence/coherence.js';
import type { Fallback, Fallbacks } from './fallbacks.js';
import type { KeepPolicy } from '../keep-policy.js';
import type { LoadStart } from './loads.js';

/** What there is to answer of one key where its load is slow or fails: what the cache had of it before. */
export class KeyResort implements Resort<unknown> {
  #fallback: Fallback | undefined;
  #began: { readonly position: number; readonly beginning: Beginning } | undefined;
  #isServed = false;

  constructor(
    private readonly fallbacks: Fallbacks,
    private readonly key: string,
    private readonly policy: KeepPolicy,
    /** What the cache had before, where it is nothing to fall back on. */
    private readonly replaced?: Fallback,
  ) {}

  /** What the cache had before, unless it has been voided since: a load may have waited for its turn. */
  get previous(): Entry | undefined {
    return this.fallbacks.usable(this.key, this.#fallback ?? this.replaced);
  }

  found(fallback: Fallback | undefined): void {
    this.#fallback = this.fallbacks.younger(this.key, this.#fallback, fallback);
  }

  /** The loader runs. */
  begins({ position }: LoadStart, beginning: Beginning): void {
    this.#began = { position, beginning };
  }

  /** What is answered because the load has failed so lately that it is not tried again. */
  whenThrottled(): Given<unknown> | undefined {
    return this.#serve(this.fallbacks.usable(this.key, this.#fallback), 'throttled');
  }

  whenSlow(): Given<unknown> | undefined {
    return this.#serve(this.fallbacks.usable(this.key, this.#fallback), 'slow');
  }

  async whenFailed(error: unknown): Promise<Given<unknown> | undefined> {
    const { fallbacks, key, policy } = this;
    const entry = await fallbacks.usableAtLast(key, this.#fallback, policy.type);
    const pause = entry === undefined ? policy.errorTtl : policy.failSafeThrottle;
    if (this.#began !== undefined) fallbacks.failed(key, { ...this.#began, error, pause });
    return this.#serve(entry, 'failed');
  }

  whenDone(): void {
    if (this.#began !== undefined) this.fallbacks.succeeded(this.key);
  }

  #serve(entry: Entry | undefined, reason: StaleReason): Given<unknown> | undefined {
    if (entry === undefined) return undefined;
    if (!this.#isServed) this.fallbacks.served(this.key, entry, reason);
    this.#isServed = true;
    return entry;
  }
}
