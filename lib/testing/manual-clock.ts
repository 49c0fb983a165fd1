import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../contract/clock.js';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';

interface DueTimer {
  readonly due: number;
  readonly callback: () => void;
}

/** @publicApi */
export interface ManualClockOptions {
  /** What `now()` begins with, in milliseconds. Default: 0. */
  readonly now?: number;
  /** What `wallTime()` begins with, in milliseconds since 1970. Default: the year 2000 begins. */
  readonly wallTime?: number;
}

/**
 * A clock for tests: time passes when it is told to, and then at once.
 *
 * @publicApi
 */
export class ManualClock implements Clock {
  #now: number;
  #target: number;
  /** What the wall clock is ahead of `now()`. */
  #wallAhead: number;
  readonly #timers = new Set<DueTimer>();

  constructor(options: ManualClockOptions = {}) {
    this.#now = options.now ?? 0;
    this.#target = this.#now;
    this.#wallAhead = (options.wallTime ?? Date.UTC(2000, 0, 1)) - this.#now;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now + this.#wallAhead;
  }

  /** How many timers have neither fired nor been cancelled: 0 when nothing has leaked. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Calls back during the `advance` that reaches the time; with a delay of 0 or less, during the next one. */
  setTimer(delay: number, callback: () => void): Timer {
    const timer: DueTimer = { due: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /**
   * Lets `ms` milliseconds pass. Timers that come due, those set meanwhile included, fire in the order of
   * their times, each at its own `now()`; before each, and at the end, promises that can settle do. An
   * `advance` that is called while another is under way adds to it.
   *
   * @param ms a whole number, 0 included
   * @throws InvalidOptionError when `ms` is anything else; what a timer's callback throws
   */
  async advance(ms: number): Promise<void> {
    if (!Number.isSafeInteger(ms) || ms < 0) {
      throw new InvalidOptionError('ms', `is a whole number of at least 0; got ${quote(ms)}`);
    }
    this.#target += ms;
    const target = this.#target;
    await nextTurn();
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await nextTurn();
    }
    if (target > this.#now) {
      this.#now = target;
      await nextTurn();
    }
  }

  /** Moves the wall clock alone, forwards or backwards, as an administrator or NTP does. */
  jumpWall(ms: number): void {
    this.#wallAhead += ms;
  }

  /** The timer that is due first, and of those that are due at once the one that was set first. */
  #next(target: number): DueTimer | undefined {
    let first: DueTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= target && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }
}
