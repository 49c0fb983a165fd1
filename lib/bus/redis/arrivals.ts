import type { Clock } from '../../contract/clock.js';
import type { Stamp } from '../../contract/entry.js';
import { isBefore } from '../log-follower.js';

interface Waiting {
  readonly stamp: Stamp;
  readonly arrive: () => void;
}

/** Waits until invalidations have been applied here. */
export class Arrivals {
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly clock: Clock) {}

  /** Resolves when `stamp` has been reached, and after `limit` milliseconds at the latest. */
  reach(stamp: Stamp, current: Stamp, limit: number): Promise<void> {
    if (!isBefore(current, stamp)) return Promise.resolve();
    return new Promise((resolve) => {
      const arrive = (): void => {
        timer.cancel();
        this.#waiting.delete(waiting);
        resolve();
      };
      const timer = this.clock.setTimer(limit, arrive);
      const waiting: Waiting = { stamp, arrive };
      this.#waiting.add(waiting);
    });
  }

  progress(current: Stamp): void {
    for (const { stamp, arrive } of this.#waiting) if (!isBefore(current, stamp)) arrive();
  }

  /** Lets go of all who wait. */
  end(): void {
    for (const { arrive } of this.#waiting) arrive();
  }
}
