import type { LoadAbort } from './load-abort.js';

/** Work that a closing cache waits for. */
export class UnderWay {
  readonly #work = new Map<Promise<unknown>, LoadAbort | undefined>();

  get size(): number {
    return this.#work.size;
  }

  /** @param abort how it is told that nobody waits for it any more */
  add(work: Promise<unknown>, abort?: LoadAbort): void {
    this.#work.set(work, abort);
    const end = (): void => void this.#work.delete(work);
    work.then(end, end);
  }

  /** Resolves when nothing is under way, what has come meanwhile included. */
  async ended(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work.keys());
  }

  abort(reason: Error): void {
    for (const abort of this.#work.values()) abort?.abort(reason);
  }
}
