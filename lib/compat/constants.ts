/*
 * The values are those of @nestjs/cache-manager: what was decorated or injected by its names is found by these.
 */

/**
 * The injection token of the cache.
 *
 * @publicApi
 */
export const CACHE_MANAGER = 'CACHE_MANAGER';

/** Where `@CacheKey` notes the key. @publicApi */
export const CACHE_KEY_METADATA = 'cache_module:cache_key';

/** Where `@CacheTTL` notes the ttl. @publicApi */
export const CACHE_TTL_METADATA = 'cache_module:cache_ttl';
