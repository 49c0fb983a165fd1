import type { Clock } from '../../contract/clock.js';

/** From how many keys on those that have ended are looked for. */
const SWEEP_FROM = 1000;

/** With more keys, all keys are held for as long as those that would be too many. */
const MOST_HELD = 50_000;

/** Keys that may not be cached for a while after their removal, in this process. */
export class Holds {
  /** When each ends, in `Clock.now()`. */
  readonly #until = new Map<string, number>();
  /** Until then all keys are held. */
  #allUntil = -Infinity;
  #sweepAt = SWEEP_FROM;

  constructor(private readonly clock: Clock) {}

  has(key: string): boolean {
    const now = this.clock.now();
    if (now < this.#allUntil) return true;
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#until.delete(key);
    return false;
  }

  /** A later call may make it longer, and none makes it shorter. */
  add(keys: readonly string[], holdFor: number): void {
    const now = this.clock.now();
    for (const key of keys) {
      this.#until.set(key, Math.max(now + holdFor, this.#until.get(key) ?? 0));
    }
    if (this.#until.size >= this.#sweepAt) this.#sweep(now);
  }

  #sweep(now: number): void {
    for (const [key, until] of this.#until) if (until <= now) this.#until.delete(key);
    for (const [key, until] of this.#until) {
      if (this.#until.size <= MOST_HELD) break;
      this.#allUntil = Math.max(this.#allUntil, until);
      this.#until.delete(key);
    }
    // Not at each call: it takes time in proportion to all that are held.
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#until.size);
  }
}
