import { readOptions } from './run/read-options.js';
import { describeOutcome } from './run/report.js';
import { runCheck, type Outcome } from './run/run-check.js';

/** One run, with options as the command takes them. */
export async function check(...args: string[]): Promise<Outcome> {
  const [options] = readOptions(args).runs;
  if (options === undefined) throw new Error('there is nothing to run');
  return runCheck(options);
}

/** Fails with the whole report, which has the seed that repeats the run. */
export function expectNothingWrong(outcome: Outcome): void {
  const { verdict, failures } = outcome;
  if (verdict.violations.length + failures.length === 0) return;
  throw new Error(`the promise was broken:\n${describeOutcome(outcome)}`);
}
