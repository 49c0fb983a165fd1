/** The runs of a handler for the requests of one key that are answered at the same time. */
export interface Runs {
  /** Notes a run that has begun. */
  begin(run: Promise<unknown>): Promise<unknown>;
  /** The latest run that was under way when this request came, or has begun since. */
  readonly latest: Promise<unknown> | undefined;
}

class RunsOfKey {
  users = 0;
  latest: Promise<unknown> | undefined;
  #hasEnded = false;

  /** The latest run, where it has ended: what it answered is nothing to who comes now. */
  get past(): Promise<unknown> | undefined {
    return this.#hasEnded ? this.latest : undefined;
  }

  begin(run: Promise<unknown>): Promise<unknown> {
    this.latest = run;
    this.#hasEnded = false;
    const end = (): void => {
      if (this.latest === run) this.#hasEnded = true;
    };
    run.then(end, end);
    return run;
  }
}

const runsByCache = new WeakMap<object, Map<string, RunsOfKey>>();

/**
 * Answers a request with what it may know of the others. The cache has one run for all who ask; where it fails or does
 * not keep the answer, it does not tell the others what that was, and they look here.
 */
export async function withRuns<T>(
  cache: object,
  key: string,
  answer: (runs: Runs) => Promise<T>,
): Promise<T> {
  const byKey = runsByCache.get(cache) ?? new Map<string, RunsOfKey>();
  runsByCache.set(cache, byKey);
  const ofKey = byKey.get(key) ?? new RunsOfKey();
  byKey.set(key, ofKey);
  ofKey.users++;
  const { past } = ofKey;
  try {
    return await answer({
      begin: (run) => ofKey.begin(run),
      get latest() {
        return ofKey.latest === past ? undefined : ofKey.latest;
      },
    });
  } finally {
    ofKey.users--;
    if (ofKey.users === 0) byKey.delete(key);
  }
}
