import type { Price } from './price.js';

/** What an instance tells its launcher by the channel between them. */
export type InstanceMessage =
  /** It answers requests now. */
  | { readonly type: 'ready'; readonly url: string }
  /** Something has happened to its cache, in plain words. */
  | { readonly type: 'happened'; readonly text: string };

/** Who has answered a read: a tier, the store, or the load of another read or instance, which was waited for. */
export type Source = 'memory' | 'redis' | 'store' | 'shared';

/** The answer to GET /state: one read of the price, and what the cache knows about itself. */
export interface InstanceState {
  readonly price: Price;
  readonly source: Source;
  /** How long the read took, in milliseconds. */
  readonly duration: number;
  /** Whether it is proved that no invalidation is missing. */
  readonly verified: boolean;
  /** How long the last proof took, in milliseconds; `null` before the first. */
  readonly lag: number | null;
  /** Invalidations that wait here for Redis. */
  readonly pending: number;
}

/** The answer to POST /changes. Times are of `monotonicTime`. */
export interface ChangeMade {
  /** When the store had the new price, and the invalidation began. */
  readonly began: number;
  readonly ended: number;
  /** Whether the invalidation waits for Redis; else every instance will have it. */
  readonly pending: boolean;
}

/** The answer to POST /watch/end. Times are of `monotonicTime`. */
export interface WatchEnded {
  /** How many reads there were. */
  readonly reads: number;
  /** When a read that was answered by the old price began. */
  readonly lastOld: number;
  /** When the first read that was answered by another price ended; `null` when none was. */
  readonly firstNew: number | null;
}
