import type { WriteKind } from '../write.js';

/** A new version of a key at the origin. The first, 1, is there from the beginning. */
export interface Commit {
  readonly key: number;
  readonly version: number;
  /** When whoever reads the origin was sure to find it. */
  readonly at: number;
}

export type ReadKind = 'getOrCompute' | 'get' | 'getOrComputeMany' | 'getMany' | 'peek';

/** A read that was answered with a value. */
export interface Read {
  readonly instance: string;
  readonly key: number;
  readonly version: number;
  readonly start: number;
  readonly end: number;
  readonly how: ReadKind;
}

/**
 * How an invalidation ended: done; or not done yet, but the instance holds to it and promises it for later; or
 * refused; or its process died first.
 */
export type Outcome = 'resolved' | 'pending' | 'failed' | 'lost';

/** A call that makes a change known: what it covers, and when it was made. */
export interface InvalidationCall {
  readonly id: number;
  readonly instance: string;
  readonly kind: WriteKind;
  readonly keys: readonly number[];
  readonly start: number;
  /** When it was settled, or its process died. */
  readonly end: number;
  readonly outcome: Outcome;
  /** The version that was stored by hand: `set` and `update`. */
  readonly version?: number;
  readonly error?: string;
}

/** A time in which a fault kept an instance from Redis. */
export interface Hindrance {
  /** `undefined` for all of them. */
  readonly instance: string | undefined;
  readonly from: number;
  readonly to: number;
}

/** A fault, for whoever reads the history. */
export interface FaultNote {
  readonly kind: string;
  readonly target: string;
  readonly at: number;
}

/** All that happened in one run. Times are milliseconds of one monotonic clock, whatever the process. */
export interface History {
  readonly commits: readonly Commit[];
  readonly reads: readonly Read[];
  readonly calls: readonly InvalidationCall[];
  readonly hindrances: readonly Hindrance[];
  readonly faults: readonly FaultNote[];
  /**
   * When all faults were over and every instance had found its way back: what was pending on those that lived has
   * been done by then. Infinity if that never came.
   */
  readonly quietFrom: number;
  /** The instances that lived until the end. */
  readonly survivors: ReadonlySet<string>;
}
