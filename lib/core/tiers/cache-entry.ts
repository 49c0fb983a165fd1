import type { Entry, Stamp, Validators } from '../../contract/entry.js';

/** What is known of a value wherever it is kept; a tier adds when it ends there. */
export type CacheRecord = Pick<
  Entry,
  'value' | 'ttl' | 'staleFor' | 'early' | 'stamp' | 'tags' | 'validators' | 'provenAt'
>;

/** When an entry ends in a tier, in `Clock.now()`. */
export type Ends = Pick<Entry, 'freshUntil' | 'expiresAt'>;

/**
 * The one shape of all entries that the cache makes, so that a hit reads the same fields at the same places. What a hit
 * reads stands first, to be near to each other in memory.
 */
export class CacheEntry implements Entry {
  promise: Promise<unknown> | undefined = undefined;
  judged = 0;
  expiresAt: number;
  readonly staleFor: number;
  readonly early: number;
  readonly freshUntil: number;
  provenAt: number;
  readonly value: unknown;
  readonly ttl: number;
  readonly stamp: Stamp | undefined;
  readonly tags: readonly string[] | undefined;
  readonly validators: Validators | undefined;

  constructor(record: CacheRecord, { freshUntil, expiresAt }: Ends) {
    this.value = record.value;
    this.ttl = record.ttl;
    this.staleFor = record.staleFor;
    this.early = record.early;
    this.freshUntil = freshUntil;
    this.expiresAt = expiresAt;
    this.stamp = record.stamp;
    this.tags = record.tags;
    this.validators = record.validators;
    this.provenAt = record.provenAt;
  }
}

/** Whether its ttl has not ended yet. */
export function isFresh({ staleFor, freshUntil }: Entry, now: number): boolean {
  // What is not kept beyond its ttl is not found after it.
  return staleFor === 0 || now < freshUntil;
}

/** The one that has been stale for a shorter time, or is fresh for longer. */
export function fresher(one: Entry, other: Entry | undefined): Entry {
  return other === undefined || one.freshUntil > other.freshUntil ? one : other;
}
