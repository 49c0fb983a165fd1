import type { CheckedKey } from '../checked-key.js';
import type { Outcome, ReadKind } from '../history/history.js';
import type { Write } from '../write.js';

export type SubjectName = 'ours' | 'naive';

/** What a cache keeps here. */
export interface Versioned {
  readonly key: number;
  readonly version: number;
}

/** Loads the value of a key from the origin. */
export type Load = (key: CheckedKey) => Promise<Versioned>;

/** A cache under check, as one instance of an application has it. */
export interface Subject {
  /** The answers in the order of the keys; one key unless `how` is of many. */
  read(
    keys: readonly CheckedKey[],
    how: ReadKind,
    load: Load,
  ): Promise<readonly (Versioned | undefined)[]>;
  write(write: Write): Promise<void>;
  /** What a rejected write means. */
  outcomeOf(error: unknown): Outcome;
  /** Whether it knows that nothing is missing, and has nothing left to do. */
  isSettled(): boolean;
  /** Figures for the report. */
  counts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}
