import type { HandlerOutcome } from './handler-run.js';
import type { StoredValue } from './stored-response.js';
import type { RequestHeaders } from './variants.js';

/** What requests of one key that are answered at the same time know of each other. */
export interface SharedRun {
  /** What the run of the handler came to that one of them has begun for all. */
  outcome: HandlerOutcome | undefined;
  /** What was given to the cache of it. */
  kept: StoredValue | undefined;
  /** The headers of the request that it was begun by. */
  headers: RequestHeaders | undefined;
}

const NOTHING: SharedRun = { outcome: undefined, kept: undefined, headers: undefined };

/**
 * The runs of a handler that are under way in this process, by the key. The cache has one load for all who ask; what it
 * is not to keep, it does not tell the others, and they look here.
 */
export class SharedRuns {
  readonly #runs = new Map<string, SharedRun & { users: number }>();

  /** Acts with what is shared by all who act for the same key at the same time. */
  async share<T>(key: string, act: (run: SharedRun) => Promise<T>): Promise<T> {
    const run = this.#runs.get(key) ?? { ...NOTHING, users: 0 };
    this.#runs.set(key, run);
    run.users++;
    try {
      return await act(run);
    } finally {
      run.users--;
      if (run.users === 0) this.#runs.delete(key);
    }
  }
}
