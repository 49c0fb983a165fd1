/** How many single invalidations are remembered before the oldest are folded into the floor. */
const REMEMBERED = 10_000;

/**
 * What has been invalidated in this process, in order. Whatever takes time (a load, a promotion, a write)
 * notes the position when it begins, and is current for a key only as long as nothing has invalidated the
 * key since: a load that began before an invalidation may neither be joined nor stored after it.
 */
export class InvalidationLog {
  #position = 0;
  /** What began before this position is current for no key. */
  #floor = 0;
  readonly #recent = new Map<string, number>();

  constructor(private readonly remembered = REMEMBERED) {}

  /** The number of the last invalidation. */
  get position(): number {
    return this.#position;
  }

  record(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#recent.delete(key);
      this.#recent.set(key, ++this.#position);
      if (this.#recent.size > this.remembered) this.#forgetOldest();
    }
  }

  /** Invalidates everything, for what cannot be told key by key. */
  recordAll(): void {
    this.#floor = ++this.#position;
    this.#recent.clear();
  }

  isCurrent(key: string, position: number): boolean {
    return position >= this.#floor && !this.isNamedSince(key, position);
  }

  /** Whether what began at the position is not current because of the key itself, as far as that is remembered. */
  isNamedSince(key: string, position: number): boolean {
    return position < (this.#recent.get(key) ?? 0);
  }

  /** Forgetting a key errs on the safe side: whatever is older than its invalidation is refused for all keys. */
  #forgetOldest(): void {
    for (const [key, position] of this.#recent) {
      this.#recent.delete(key);
      this.#floor = position;
      return;
    }
  }
}
