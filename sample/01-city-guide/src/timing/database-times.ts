import { Injectable } from '@nestjs/common';

const MAX_PATHS = 10_000;

/** How long the database took for a path when it was last asked, so that an answer from the cache can be compared. */
@Injectable()
export class DatabaseTimes {
  readonly #times = new Map<string, number>();

  /** @param duration in milliseconds */
  remember(path: string, duration: number): void {
    this.#times.delete(path);
    this.#times.set(path, duration);
    if (this.#times.size <= MAX_PATHS) return;
    // A map keeps the order in which it was filled.
    for (const oldest of this.#times.keys()) {
      this.#times.delete(oldest);
      return;
    }
  }

  lastOf(path: string): number | undefined {
    return this.#times.get(path);
  }
}
