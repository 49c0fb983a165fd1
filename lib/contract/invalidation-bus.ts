import type { Stamp } from './entry.js';

/** What an invalidation voids. At least one of `keys`, `tags`, `patterns` and `all` is given. */
export interface InvalidationScope {
  readonly keys?: readonly string[];
  readonly tags?: readonly string[];
  /**
   * Patterns of keys, in the grammar of all tiers. They have no counter, as tags have: `check` does not know
   * of them.
   */
  readonly patterns?: readonly string[];
  /** Everything there is. */
  readonly all?: true;
  /** Beside `keys`: they have new values, which instances that hold the old ones may fetch at once. */
  readonly push?: true;
}

/** An invalidation as every instance sees it. */
export interface Invalidation {
  readonly stamp: Stamp;
  /** The instance that asked for it. */
  readonly origin: string;
  readonly scope: InvalidationScope;
  /** When it was recorded, in milliseconds since 1970, as the log's keeper says; `undefined` where it does not. */
  readonly time?: number;
}

/** What a subscriber of the bus is told. Its methods must not throw. */
export interface InvalidationListener {
  /** Called once for each invalidation, its own included, in the order of their positions. */
  onInvalidation(invalidation: Invalidation): void;
  /**
   * The log has begun anew, or has a hole that cannot be filled: all that was stamped before `stamp` is void.
   * Also called once when the log is joined, which tells where this instance begins to know it.
   */
  onReset(stamp: Stamp): void;
  /**
   * The proof that nothing is missing has been lost or regained.
   *
   * @param provedAt up to when it is, or was, proved, in `Clock.now()`
   */
  onVerification(verified: boolean, provedAt: number): void;
  /** The lease of a key has ended for which somebody waits. A hint: it may be lost, or come too often. */
  onLeaseEnded(key: string): void;
}

/** Where the log stands, as asked of its keeper and not of what has arrived here. */
export interface BusCheck {
  readonly stamp: Stamp;
  /**
   * Whether the very invalidation that this instance has applied last stands in the log, and so all that came
   * after it. Where it does not, nothing is known of what this instance has missed.
   */
  readonly complete: boolean;
  /** The position of the last invalidation of everything; 0 if there was none. */
  readonly all: number;
  /**
   * For each tag that was asked for, in their order, a position after which it has not been invalidated: that of
   * its last invalidation, or 0 if there was none. Where the log has forgotten old counters, a tag without one has
   * the greatest position that was forgotten, and never an older one than its own.
   */
  readonly tags: readonly number[];
}

/** Figures of the bus, for stats and health. */
export interface BusStats {
  /** Invalidations applied here, by where they came from. */
  readonly received: number;
  readonly published: number;
  /** Times that messages were missed and fetched from the log. */
  readonly gaps: number;
  /** Times that this instance caught up from the log, after gaps and reconnections. */
  readonly resyncs: number;
  /** Times that the log had lost data or could not be followed, and all was voided. */
  readonly resets: number;
  /** Messages that could not be understood; each is answered by a resync. */
  readonly malformed: number;
  /** How long the last probe took, in milliseconds; `undefined` before the first. */
  readonly lag: number | undefined;
}

/**
 * Carries invalidations between instances, in one order that all of them see, and proves to each how much
 * of it has arrived. Whatever it promises settles within a limit of its own: reads wait for `connect` and `check`.
 *
 * @publicApi
 */
export interface InvalidationBus {
  /** The name that the invalidations of this instance carry, and of no other: by it, it knows its own. */
  readonly origin: string;
  /** The last invalidation that has been applied here: what stamps the loads that begin now. */
  readonly stamp: Stamp;
  /**
   * The time, in `Clock.now()`, up to which it is proved that every invalidation has been applied here; -Infinity
   * when nothing is proved. It is when the successful probe was sent, not when it was answered.
   */
  readonly verifiedAt: number;
  /**
   * Records an invalidation, and resolves with its position once it is stored: then every instance that can
   * prove itself up to date will have applied it. Rejects with a `BackendError` when it may not be stored.
   * A scope that is too large for one message is recorded as several, and the position is that of the last.
   *
   * @param after work in the same store that must be carried out first (the removal of the keys); a bus that
   *   shares its ordered connection need not wait for the answer, so its commands are to be on their way already
   */
  publish(scope: InvalidationScope, after?: PromiseLike<unknown>): Promise<Stamp>;
  /** Asks the keeper of the log where it stands, in one round trip. */
  check(tags: readonly string[]): Promise<BusCheck>;
  /**
   * The invalidations that the log holds after `since`, in their order; without `since`, all that it holds.
   * `undefined` where the log no longer reaches back to `since`, or is of another epoch. What cannot be
   * understood is left out.
   */
  history(since?: Stamp): Promise<readonly Invalidation[] | undefined>;
  /** One listener; a second call replaces it. Before `connect`. */
  subscribe(listener: InvalidationListener): void;
  stats(): BusStats;
  /** Begins to listen and to prove; resolves at once when the store cannot be reached, and goes on trying. */
  connect(): Promise<void>;
  close(): Promise<void>;
}
