import { SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import { CACHE_KEY_METADATA, CACHE_TTL_METADATA } from './constants.js';

/** Makes the key of a request; `undefined` for one that is not to be cached. */
export type CacheKeyFactory = (
  context: ExecutionContext,
) => string | undefined | Promise<string | undefined>;

/** Says for how long the answer to a request is kept, in milliseconds. */
export type CacheTTLFactory = (context: ExecutionContext) => number | Promise<number>;

/**
 * The key under which `CacheInterceptor` keeps what a handler answers, in the place of the URL.
 *
 * @publicApi
 */
export function CacheKey(key: string | CacheKeyFactory): CustomDecorator {
  return SetMetadata(CACHE_KEY_METADATA, key);
}

/**
 * For how long `CacheInterceptor` keeps what a handler, or each handler of a controller, answers: milliseconds, 0 for
 * no end. Default: the cache's.
 *
 * @publicApi
 */
export function CacheTTL(ttl: number | CacheTTLFactory): CustomDecorator {
  return SetMetadata(CACHE_TTL_METADATA, ttl);
}
