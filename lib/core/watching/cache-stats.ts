import type { BusStats } from '../../contract/invalidation-bus.js';
import type { BreakerStats } from '../tiers/breaker.js';
import { LatencyHistogram, type LatencyBucket } from './latency-histogram.js';

/**
 * What one tier has done since the cache was made.
 *
 * @publicApi
 */
export interface TierStats {
  readonly name: string;
  /** Calls that this tier answered. */
  readonly hits: number;
  /** Keys that were looked for here and not found. */
  readonly misses: number;
  /** Entries copied into this tier from one below it. */
  readonly promotions: number;
  /** Entries sent here to be stored, promotions included. */
  readonly writes: number;
  /** Calls of the backend that failed; a read that failed was answered by the next tier or the loader. */
  readonly errors: number;
  /** Calls that the breaker or `maxPending` kept from the backend; they are no errors. */
  readonly refused: number;
  /** What the breaker does; `undefined` for a tier without one. */
  readonly breaker: BreakerStats | undefined;
  /** Stored bytes that could not be read and were dropped. */
  readonly undecodable: number;
  /** Times that stored bytes were met to which none of the tier's keys fits; they are left as they are. */
  readonly undecipherable: number;
  /** Entries that were not stored here, because they have more bytes than `maxEntryBytes`. */
  readonly tooLarge: number;
  /** Entries held now, where the tier can tell. */
  readonly size: number | undefined;
  /** How long reads took, in milliseconds; empty for a tier that answers synchronously. */
  readonly latency: readonly LatencyBucket[];
}

/**
 * What the cache has done since it was made, all namespaces together. Each key that was asked for counts
 * once: `hits + misses + coalesced` is the number of keys asked for. `peek` and `refresh` ask for none.
 *
 * @publicApi
 */
export interface CacheStats {
  /** Answered from a tier, the stored answer "absent" included. */
  readonly hits: number;
  /** Found in no tier: answered by a load, here or in another process, or with `undefined`. */
  readonly misses: number;
  /** Answered by the look-up or load that another call had already begun. */
  readonly coalesced: number;
  /** Loads begun. A batch is one load, whatever the number of its keys. */
  readonly loads: number;
  /** Loads that failed. */
  readonly loadErrors: number;
  /** Loads that were not waited for any longer, because of `hardTimeout`. */
  readonly loadTimeouts: number;
  /** Loads that wait for a place now, because of `maxConcurrentLoads`. */
  readonly loadsWaiting: number;
  /** Loads begun before the value's ttl had ended, because of `earlyRefresh`. */
  readonly refreshedAhead: number;
  /** Answers whose ttl had ended, because their load was slow or failed. */
  readonly staleServed: number;
  /** Loaded or promoted values that were not kept, because their key was invalidated meanwhile. */
  readonly fenced: number;
  readonly tiers: readonly TierStats[];
  readonly coherence: CoherenceStats;
}

/**
 * How this instance keeps in agreement with others.
 *
 * @publicApi
 */
export interface CoherenceStats extends BusStats {
  /** Whether the log of invalidations is shared with other instances. */
  readonly shared: boolean;
  /** Whether it is proved that no invalidation has been missed. */
  readonly verified: boolean;
  /** Invalidations of this instance that could not be recorded yet. */
  readonly pending: number;
  /** Values that were loaded and not stored, because their lease had been taken away by an invalidation. */
  readonly fillsRejected: number;
  /** Times that the load of another process was waited for. */
  readonly waits: number;
  /** Answers from memory without a proof, because nothing else answered. */
  readonly unverifiedHits: number;
}

/** The counters behind `TierStats`. */
export class TierCounters {
  hits = 0;
  misses = 0;
  promotions = 0;
  writes = 0;
  errors = 0;
  refused = 0;
  undecodable = 0;
  undecipherable = 0;
  tooLarge = 0;
  readonly latency = new LatencyHistogram();
}

/** The counters behind `CacheStats`, without the tiers'. */
export class CacheCounters {
  misses = 0;
  coalesced = 0;
  loads = 0;
  loadErrors = 0;
  loadTimeouts = 0;
  refreshedAhead = 0;
  /** Answered although the ttl had ended. */
  stale = 0;
  fenced = 0;
  /** Fills that the fenced tier has refused. */
  refused = 0;
  /** Times that another process was waited for. */
  waits = 0;
  /** Answered from memory without a proof, because nothing else answered. */
  unverified = 0;
}
