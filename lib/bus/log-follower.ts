import type { Stamp } from '../contract/entry.js';
import type { Invalidation, InvalidationListener } from '../contract/invalidation-bus.js';

/**
 * What became of an invalidation that arrived: it came next; it is behind, and known already; others are
 * missing before it; or it belongs to another life of the log.
 */
export type Arrival = 'applied' | 'known' | 'ahead' | 'elsewhere';

const SILENT: InvalidationListener = {
  onInvalidation() {},
  onReset() {},
  onVerification() {},
  onLeaseEnded() {},
};

/** Where one instance is in the log: it passes each invalidation on once, in order, and never over a gap. */
export class LogFollower {
  #stamp: Stamp = { epoch: 0, position: 0 };
  #listener = SILENT;
  #applied = 0;

  /** The last invalidation that was passed on. */
  get stamp(): Stamp {
    return this.#stamp;
  }

  get listener(): InvalidationListener {
    return this.#listener;
  }

  /** How many invalidations were passed on. */
  get applied(): number {
    return this.#applied;
  }

  follow(listener: InvalidationListener): void {
    this.#listener = listener;
  }

  /** Passes the invalidation on if it is the next one. */
  offer(invalidation: Invalidation): Arrival {
    const { epoch, position } = invalidation.stamp;
    if (epoch !== this.#stamp.epoch) return 'elsewhere';
    if (position <= this.#stamp.position) return 'known';
    if (position > this.#stamp.position + 1) return 'ahead';
    this.#stamp = invalidation.stamp;
    this.#applied++;
    this.#listener.onInvalidation(invalidation);
    return 'applied';
  }

  /** Goes on from `stamp` without what came before it, all of which is void. */
  restart(stamp: Stamp): void {
    this.#stamp = stamp;
    this.#listener.onReset(stamp);
  }
}

/** Whether `a` comes before `b`. */
export function isBefore(a: Stamp, b: Stamp): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.position < b.position);
}
