import type { InvalidationScope } from '../../contract/invalidation-bus.js';

/** With more than so many tags, everything is held to be void. */
const MOST_TAGS = 10_000;

/**
 * What has been invalidated here while its invalidation could not be recorded: it has no number yet, so what
 * was loaded before it is told by the time. Gone when the numbers have come.
 */
export class LocalVoids {
  /** For each tag, when it was last invalidated, in `Clock.now()`. */
  readonly #tags = new Map<string, number>();
  #all = -Infinity;

  /** Whether what was known good at `provenAt`, and belongs to the tags, has been invalidated since. */
  has(tags: readonly string[], provenAt: number): boolean {
    if (provenAt <= this.#all) return true;
    if (this.#tags.size === 0) return false;
    return tags.some((tag) => provenAt <= (this.#tags.get(tag) ?? -Infinity));
  }

  add({ tags = [], all }: InvalidationScope, now: number): void {
    for (const tag of tags) this.#tags.set(tag, now);
    if (all === true || this.#tags.size > MOST_TAGS) {
      this.#tags.clear();
      this.#all = now;
    }
  }

  clear(): void {
    this.#tags.clear();
    this.#all = -Infinity;
  }
}
