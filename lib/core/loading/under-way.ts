import type { LoadAbort } from './load-abort.js';

/** A piece of work in the list of all that is under way. */
interface Link {
  readonly work: Promise<unknown>;
  /** How it is told that nobody waits for it any more. */
  readonly abort: LoadAbort | undefined;
  before: Link | undefined;
  after: Link | undefined;
}

/** Work that a closing cache waits for. */
export class UnderWay {
  // A list of links: a Map would give each promise a hash, which costs more than all the rest.
  #first: Link | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param abort how it is told that nobody waits for it any more */
  add(work: Promise<unknown>, abort?: LoadAbort): void {
    const link: Link = { work, abort, before: undefined, after: this.#first };
    if (this.#first !== undefined) this.#first.before = link;
    this.#first = link;
    this.#size++;
    const end = (): void => this.#remove(link);
    work.then(end, end);
  }

  /** Resolves when nothing is under way, what has come meanwhile included. */
  async ended(): Promise<void> {
    while (this.#size > 0) await Promise.allSettled(Array.from(this.#links(), ({ work }) => work));
  }

  abort(reason: Error): void {
    for (const { abort } of this.#links()) abort?.abort(reason);
  }

  *#links(): Iterable<Link> {
    for (let link = this.#first; link !== undefined; link = link.after) yield link;
  }

  #remove(link: Link): void {
    const { before, after } = link;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after !== undefined) after.before = before;
    this.#size--;
    // An old link that leads to younger ones would keep them alive until the old generation is collected.
    link.before = undefined;
    link.after = undefined;
  }
}
