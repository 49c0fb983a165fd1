import type { InvalidationLog } from './invalidation-log.js';

/** The writes that tiers have not answered yet, by key. */
export class WritesUnderWay {
  /** For each key, the positions in the invalidation log at which what is being written was begun. */
  readonly #positions = new Map<string, number[]>();

  constructor(private readonly log: InvalidationLog) {}

  /** Whether a value of the key is on its way to a tier: until it is there, that tier holds an older one. */
  has(key: string): boolean {
    return this.#positions.has(key);
  }

  /**
   * Whether a value of the key that has been invalidated since may be landing in a tier. Who asks a tier for the
   * key then may be given that value. (Who has asked before is older than the invalidation, and known by that.)
   */
  isOutdated(key: string): boolean {
    const positions = this.#positions.get(key);
    return positions !== undefined && !positions.every((at) => this.log.isCurrent(key, at));
  }

  /** Counts the keys as being written until `landing` has ended. */
  async during(
    keys: readonly string[],
    position: number,
    landing: () => Promise<void>,
  ): Promise<void> {
    for (const key of keys) {
      const positions = this.#positions.get(key);
      if (positions === undefined) this.#positions.set(key, [position]);
      else positions.push(position);
    }
    try {
      await landing();
    } finally {
      for (const key of keys) this.#forget(key, position);
    }
  }

  #forget(key: string, position: number): void {
    const positions = this.#positions.get(key) ?? [];
    positions.splice(positions.indexOf(position), 1);
    if (positions.length === 0) this.#positions.delete(key);
  }
}
