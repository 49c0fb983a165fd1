import type { Outcome, Read } from '../history/history.js';
import type { SubjectName } from '../subjects/subject.js';
import type { Ablation } from '../subjects/ablation.js';
import type { Write } from '../write.js';

/** What an instance is told at its start. */
export interface WorkerSettings {
  readonly instance: string;
  readonly seed: string;
  readonly subject: SubjectName;
  readonly without: Ablation | undefined;
  readonly url: string;
  readonly originPath: string;
  readonly keys: number;
  readonly staleness: number;
  readonly whenUnverified: 'serve' | 'bypass';
  readonly maxUnverified: number;
  /** How many reads are under way at a time, at most. */
  readonly readers: number;
}

/** From the coordinator to an instance. */
export type Order =
  | { readonly type: 'write'; readonly id: number; readonly write: Write }
  /** Begin a load that takes very long, to die in it. */
  | { readonly type: 'load'; readonly key: number }
  /** Stop reading at random. */
  | { readonly type: 'rest' }
  /** Is there a proof that nothing is missing here, and nothing pending? */
  | { readonly type: 'ask' }
  /** Read every key once. */
  | { readonly type: 'readAll' }
  | { readonly type: 'stop' };

/** How an instance carried out a write. */
export interface SettledWrite {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: Outcome;
  readonly error?: string;
}

/** From an instance to the coordinator. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'began'; readonly id: number; readonly start: number }
  | {
      readonly type: 'history';
      readonly reads: readonly Read[];
      readonly writes: readonly SettledWrite[];
      readonly counts: Readonly<Record<string, number>>;
    }
  | { readonly type: 'loading' }
  | { readonly type: 'answer'; readonly settled: boolean }
  | { readonly type: 'hasReadAll' };
