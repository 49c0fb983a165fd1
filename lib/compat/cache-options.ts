import type { KeyvInstance, KeyvStore } from '../backends/keyv/keyv-options.js';

/** How a cache answers the calls of cache-manager. */
export interface CacheManagerSettings {
  /** How long a value is kept when a call does not say, in milliseconds; 0 for no end. Default: the cache's. */
  readonly ttl?: number;
  /** `wrap` computes a value anew in the background when it has less time left than this, in milliseconds. Default: never. */
  readonly refreshThreshold?: number;
  /**
   * Whether what stores and removes is not waited for. Over a cache that exists (`CacheTierCompatModule`), what `wrap` and
   * the interceptor store is waited for, unless its tiers have `writeMode: 'background'`. Default: false.
   */
  readonly nonBlocking?: boolean;
  /** What `cacheId()` answers. Default: the cache's name. */
  readonly cacheId?: string;
}

/** Two stores in one, as the package `cacheable` has them. */
export interface StorePair {
  readonly primary: KeyvInstance;
  readonly secondary?: KeyvInstance | undefined;
}

/** The options of `createCache`, and of `CacheModule.register`. @publicApi */
export interface CacheManagerOptions extends CacheManagerSettings {
  /** Stores of Keyv, each a tier, nearest first. Default: one tier in memory. */
  readonly stores?: KeyvStore | StorePair | readonly KeyvStore[];
  /** The namespace of stores that are storage adapters, and not instances of Keyv. Default: `keyv`. */
  readonly namespace?: string;
  /** Of no effect: a value that is refreshed is stored in all tiers. */
  readonly refreshAllStores?: boolean;
}

/** The options by the name that they have in cache-manager. */
export type CreateCacheOptions = CacheManagerOptions;
