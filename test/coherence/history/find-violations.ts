import type { History } from './history.js';
import { KeyCheck } from './key-check.js';
import type { CoherencePromise, Verdict, Violation } from './promise.js';

/** Checks every read of a history against the promise. */
export function findViolations(history: History, promise: CoherencePromise): Verdict {
  const checks = new KeyChecks(history, promise);
  const violations: Violation[] = [];
  let worst = 0;
  for (const read of history.reads) {
    const check = checks.of(read.key);
    worst = Math.max(worst, check.staleness(read));
    const violation = check.judge(read);
    if (violation !== undefined) violations.push(violation);
  }
  return { reads: history.reads.length, violations, worst };
}

class KeyChecks {
  readonly #checks = new Map<number, KeyCheck>();

  constructor(
    private readonly history: History,
    private readonly promise: CoherencePromise,
  ) {}

  of(key: number): KeyCheck {
    let check = this.#checks.get(key);
    if (check === undefined) {
      const commits = this.history.commits.filter((commit) => commit.key === key);
      const calls = this.history.calls.filter(({ keys }) => keys.includes(key));
      check = new KeyCheck(commits, calls, this.history, this.promise);
      this.#checks.set(key, check);
    }
    return check;
  }
}
