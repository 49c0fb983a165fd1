/** Upper bounds of the buckets in milliseconds; the last bucket takes the rest. */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;

/** One bucket: how many calls took less than `below` milliseconds, and not less than the bucket before. */
export interface LatencyBucket {
  /** `undefined` for the last one, which takes all that took longer. */
  readonly below: number | undefined;
  readonly count: number;
}

/** Counts durations by size, in constant memory. */
export class LatencyHistogram {
  readonly #counts: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0);

  record(milliseconds: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && milliseconds >= (BOUNDS[bucket] ?? Infinity)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** The buckets that hold anything. */
  snapshot(): LatencyBucket[] {
    return this.#counts
      .map((count, bucket) => ({ below: BOUNDS[bucket], count }))
      .filter(({ count }) => count > 0);
  }
}
