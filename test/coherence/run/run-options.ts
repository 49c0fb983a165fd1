import type { Ablation } from '../subjects/ablation.js';
import type { SubjectName } from '../subjects/subject.js';
import type { FaultKind } from './faults.js';

/** One run of the check. Times in milliseconds, but for `seconds`. */
export interface RunOptions {
  /** Repeats the plan of a run: which keys, writes, loads and faults come in which order. */
  readonly seed: number;
  /** How long faults and writes go on. */
  readonly seconds: number;
  readonly instances: number;
  readonly keys: number;
  readonly subject: SubjectName;
  readonly without: Ablation | undefined;
  readonly faults: readonly FaultKind[];
  readonly staleness: number;
  readonly whenUnverified: 'serve' | 'bypass';
  readonly maxUnverified: number;
  /** How many reads are under way at a time in each instance, at most. */
  readonly readers: number;
  /** Writes per second. */
  readonly writes: number;
}
