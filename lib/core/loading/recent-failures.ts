import type { Clock } from '../../contract/clock.js';
import type { Beginning } from '../coherence/coherence.js';

/** A load that has failed. */
export interface Failure {
  /** What it threw. */
  readonly error: unknown;
  /** When it did, in `Clock.now()`. */
  readonly at: number;
  /** Up to when nobody tries again, in `Clock.now()`. */
  readonly until: number;
  /** The position in the invalidation log of this process when the load began. */
  readonly position: number;
  /** When it began, as far as others' invalidations are concerned. */
  readonly beginning: Beginning;
}

/**
 * The loads that have failed lately, by key. What is older than an invalidation of the key says nothing of it any
 * more: that is judged by whoever asks.
 */
export class RecentFailures {
  readonly #failures = new Map<string, Failure>();

  constructor(
    private readonly clock: Clock,
    /** How many keys are remembered; the oldest are forgotten first. */
    private readonly limit = 10_000,
  ) {}

  /** How many are remembered; there may be some among them whose time has passed. */
  get size(): number {
    return this.#failures.size;
  }

  note(key: string, failure: Failure): void {
    // It is now the youngest.
    this.#failures.delete(key);
    this.#failures.set(key, failure);
    const now = this.clock.now();
    // Errors may hold much: those that nobody will be given any more are not kept.
    for (const [oldest, { until }] of this.#failures) {
      if (now < until && this.#failures.size <= this.limit) return;
      this.#failures.delete(oldest);
    }
  }

  /** The failure of a key, until its time has passed. */
  of(key: string): Failure | undefined {
    const failure = this.#failures.get(key);
    if (failure === undefined || this.clock.now() < failure.until) return failure;
    this.#failures.delete(key);
    return undefined;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
