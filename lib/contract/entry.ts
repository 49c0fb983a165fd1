/**
 * The place in the invalidation log that was known when a load began: what was invalidated after it must
 * not be answered from that load.
 */
export interface Stamp {
  /** Orders the lives of the log: it grows when the log has been lost and begins anew. */
  readonly epoch: number;
  /** The number of the last invalidation that was known. */
  readonly position: number;
}

/** What an origin says of a value's version, by which it can be asked whether there is a newer one. */
export interface Validators {
  readonly etag?: string | undefined;
  /** As the origin wrote it. */
  readonly lastModified?: string | undefined;
}

/**
 * A value as the memory tiers keep it. Entries are replaced, never changed, but for what a store may lower
 * (`expiresAt`), what the judgement may (`provenAt`) and what a hit may note (`promise`, `judged`).
 */
export interface Entry<T = unknown> {
  /** The cached value; `undefined` says that the loader found nothing (negative caching). */
  readonly value: T;
  /** The ttl given when it was stored, in milliseconds, before any tier's scale. */
  readonly ttl: number;
  /** How long it is kept beyond its ttl, in milliseconds, before any tier's scale: 0 for not at all. */
  readonly staleFor: number;
  /** By how much, on average, it is loaded anew before its ttl ends, in milliseconds: 0 for not at all. */
  readonly early: number;
  /** When its ttl ends, in milliseconds of `Clock.now()` of this process; from then on it is stale. */
  readonly freshUntil: number;
  /** When it ends: not before `freshUntil`, but where a store keeps nothing that long. */
  expiresAt: number;
  /** The resolved promise of `value`, made at the first asynchronous hit and handed out at every later one. */
  promise: Promise<T> | undefined;
  /** What was known of invalidations when its load began. */
  readonly stamp: Stamp | undefined;
  /** What it belongs to beside its key: when one of them is invalidated, so is the entry. */
  readonly tags: readonly string[] | undefined;
  readonly validators: Validators | undefined;
  /**
   * When it was known not to be void, in `Clock.now()`: its load began, or it was read and judged by what was known
   * then.
   */
  provenAt: number;
  /** The generation of the cache's knowledge at which it was last found valid. */
  judged: number;
}
