import type { HandlerOutcome } from './handler-run.js';
import type { StoredValue } from './stored-response.js';
import type { RequestHeaders } from './variants.js';

/** What a run of the handler has come to. */
export interface RunEnd {
  readonly outcome: HandlerOutcome;
  /** What was given to the cache of it. */
  readonly kept: StoredValue | undefined;
  /** The headers of the request that it was begun by. */
  readonly headers: RequestHeaders;
}

/** What requests of one key that are answered at the same time know of each other. */
export interface SharedRun {
  /** What the run of the handler came to that one of them has begun for all. */
  readonly end: RunEnd | undefined;
  /**
   * A run begins. What it comes to, and is told by what this answers, does not replace what a run has come to that began
   * later: somebody may have asked after an invalidation between the two.
   */
  begin(): (end: RunEnd) => void;
}

class RunsOfKey implements SharedRun {
  users = 0;
  end: RunEnd | undefined;
  #begun = 0;
  #latest = 0;

  begin(): (end: RunEnd) => void {
    const own = ++this.#begun;
    return (end) => {
      if (own < this.#latest) return;
      this.#latest = own;
      this.end = end;
    };
  }
}

/**
 * The runs of a handler that are under way in this process, by the key. The cache has one load for all who ask; what it
 * is not to keep, it does not tell the others, and they look here.
 */
export class SharedRuns {
  readonly #runs = new Map<string, RunsOfKey>();

  /** Acts with what is shared by all who act for the same key at the same time. */
  async share<T>(key: string, act: (run: SharedRun) => Promise<T>): Promise<T> {
    const run = this.#runs.get(key) ?? new RunsOfKey();
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
