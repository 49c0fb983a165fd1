import type { InvalidationCall, Read } from './history.js';

/** What is promised. Times in milliseconds. */
export interface CoherencePromise {
  /** A read that starts so much after an invalidation has resolved answers nothing older. */
  readonly staleness: number;
  /** What the measuring may be wrong by. */
  readonly tolerance: number;
  /**
   * The weaker promise to an instance that a fault keeps from Redis: nothing that was void so long ago. It holds
   * while the fault lasts and `recovery` longer. Without it, the first promise is for every instance.
   */
  readonly unverified?: { readonly limit: number; readonly recovery: number };
  /**
   * How much later Redis may carry out a command whose answer did not come: as long as it is frozen at most. Who
   * stores an old value by hand, after an invalidation, has stored it.
   */
  readonly lateness: number;
}

/**
 * `stale`: older than an invalidation allows that has resolved long enough ago. `own`: older than one allows that this
 * very instance has carried out, or holds to until Redis answers again. `impossible`: never committed before the
 * read ended.
 */
export type Rule = 'stale' | 'own' | 'impossible';

export interface Violation {
  readonly rule: Rule;
  readonly read: Read;
  /** The call after which it may not be answered; `undefined` for what is impossible. */
  readonly call: InvalidationCall | undefined;
  /** The oldest version that was allowed. */
  readonly required: number;
  /** How long before the read its value had become void for all, in milliseconds. */
  readonly staleness: number;
}

/** What came of a check. */
export interface Verdict {
  readonly reads: number;
  readonly violations: readonly Violation[];
  /** The longest time that had passed, when a read began, since what it answered had become void for all. */
  readonly worst: number;
}
