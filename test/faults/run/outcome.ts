import type { AppFigures, Heap } from '../app/app-orders.js';
import type { OriginCounts } from '../app/origin.js';
import type { LoadError, LoadErrorKind } from '../load/load-orders.js';
import type { Exit } from '../process/child.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { SpanFigures } from './figures.js';
import type { HealthSummary } from './health-watch.js';

export type PhaseName = 'calm' | 'fault' | 'recovery';

/** What was measured in a phase. */
export interface Phase extends SpanFigures {
  /** At the origin. */
  readonly origin: OriginCounts;
}

/** What a scenario has shown. */
export interface Outcome {
  readonly scenario: Pick<Scenario, 'name' | 'title' | 'group'>;
  readonly phases: Readonly<Partial<Record<PhaseName, Phase>>>;
  /** The p99 of memory hits in the fault, in proportion to the calm. */
  readonly hotRatio: number | undefined;
  /** From healing until both tiers served, in milliseconds; `undefined` where they did not, or nothing was healed. */
  readonly servedAfter: number | undefined;
  readonly heap: { readonly before: Heap; readonly after: Heap } | undefined;
  /** All errors, those between the phases included. */
  readonly errors: Readonly<Partial<Record<LoadErrorKind, number>>>;
  readonly firstErrors: readonly LoadError[];
  readonly health: HealthSummary;
  /** At the end; `undefined` where the app has ended before. */
  readonly app: AppFigures | undefined;
  /** Where the app has ended. */
  readonly exit: Exit | undefined;
  /** What it has printed as errors. */
  readonly printed: string;
  readonly notes: Readonly<Record<string, number | string>>;
}

/** An expectation that was not met. */
export interface Problem {
  readonly expected: string;
  readonly found: string;
}

export interface JudgedOutcome extends Outcome {
  readonly problems: readonly Problem[];
}
