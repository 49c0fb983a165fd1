import type { Awaitable } from '../../contract/cache-backend.js';
import { isPromise } from '../is-promise.js';
import type { Tier } from '../tiers/tier.js';
import type { UnderWay } from './under-way.js';

/** How many writes nobody waits for, at most. */
const LIMIT = 1000;

/**
 * The writes of tiers whose `writeMode` is `background`. There are only so many at a time: where a tier is slower
 * than what is to be stored, those that come then are waited for, and memory does not grow.
 */
export class BackgroundWrites {
  #size = 0;

  constructor(
    private readonly underWay: UnderWay,
    private readonly limit = LIMIT,
  ) {}

  /** Whether a write to one of the tiers need not be waited for. */
  takes(...tiers: readonly Tier[]): boolean {
    return this.#size < this.limit && tiers.some((tier) => tier.writesInBackground);
  }

  /** @param write it never rejects */
  add(write: PromiseLike<void>): void {
    this.#size++;
    const ended = Promise.resolve(write).finally(() => void this.#size--);
    this.underWay.add(ended);
  }

  /** What is to be waited for of a write to a tier. */
  unlessIn(tier: Tier, write: Awaitable<void>): Awaitable<void> {
    if (!isPromise(write) || !this.takes(tier)) return write;
    return this.add(write);
  }
}
