import type { Found } from '../tiers/chain-reader.js';
import type { Beginning } from '../coherence/coherence.js';

const NOTHING: Promise<Found> = Promise.resolve({
  entry: undefined,
  stale: undefined,
  failed: [],
  rejected: undefined,
});

/**
 * The work under way for one key: a look-up in the lower tiers, and, once somebody has asked for it, the
 * load that follows when it finds nothing. Others join it instead of doing the same again.
 */
export class Flight {
  /** Joins the outcome of look-up and load; `undefined` while only a look-up is wanted. */
  result: (() => Promise<unknown>) | undefined;
  #found: Promise<Found> | undefined;

  constructor(
    /** The position in the invalidation log when the work, or the load that it has come to, began. */
    public position: number,
    /** When it began, as far as others' invalidations are concerned. */
    public beginning: Beginning,
    private search: () => Promise<Found>,
    /** Whether the look-up has begun. */
    public looking = false,
  ) {}

  /** Joins the look-up alone, or begins it: whoever does not load must not wait for a load. */
  lookup(): Promise<Found> {
    this.looking = true;
    this.#found ??= this.search();
    return this.#found;
  }

  /** Whatever it has found or loaded will be younger than this. */
  restart(position: number, beginning: Beginning): void {
    this.position = position;
    this.beginning = beginning;
  }

  /** The same, and what it may have found before is nothing to whoever comes now. */
  lookAgain(position: number, beginning: Beginning): void {
    this.restart(position, beginning);
    this.looking = false;
    this.#found = undefined;
  }

  /**
   * The load begins, at this position in the log: what was found is not enough. If it was an old value, whoever
   * comes after its removal may join the load, and must not be given it.
   */
  beginLoad(position: number, beginning: Beginning): void {
    this.restart(position, beginning);
    this.#found = NOTHING;
  }

  /**
   * It has ended, and nobody joins it any more. A Map that has grown or shrunk leaves its old table behind, which holds
   * what was under way then and leads to the next table: once such a table is old, the collector of young objects keeps
   * alive all that hangs on the tables after it. What has been found is not to hang on them.
   */
  forget(): void {
    this.result = undefined;
    this.#found = undefined;
    this.search = ended;
  }
}

function ended(): Promise<Found> {
  return NOTHING;
}
