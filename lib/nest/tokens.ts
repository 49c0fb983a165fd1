import { Inject, type InjectionToken } from '@nestjs/common';
import { TieredCache } from '../core/tiered-cache.js';

/** The module's own cache, whatever its name. */
export const CACHE = Symbol('nestjs-cache-tier:cache');

/** The name of the module's cache; `null` for the unnamed one. */
export const CACHE_NAME = Symbol('nestjs-cache-tier:name');

/** What the module's option `warmUp` says. */
export const WARM_UP = Symbol('nestjs-cache-tier:warm-up');

/** What runs the warm-up of a cache, whatever module asks. */
export function getWarmUpToken(name?: string): InjectionToken {
  return name === undefined ? 'CacheTierWarmUp' : `CacheTierWarmUp(${name})`;
}

/**
 * The injection token of a cache: the class `TieredCache` for the unnamed one, a string for a named one.
 *
 * @publicApi
 */
export function getCacheToken(name?: string): InjectionToken<TieredCache> {
  return name === undefined ? TieredCache : `CacheTier(${name})`;
}

/**
 * The injection token of the backend of a tier.
 *
 * @param tier the tier's name, such as `memory` or `redis`
 * @param cache the name of the cache; without it, the unnamed one
 * @publicApi
 */
export function getBackendToken(tier: string, cache?: string): InjectionToken {
  return cache === undefined ? `CacheTierBackend(${tier})` : `CacheTierBackend(${cache}, ${tier})`;
}

/**
 * Injects a cache: the unnamed one, which `TieredCache` as a type injects as well, or a named one.
 *
 * @publicApi
 */
export function InjectCache(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getCacheToken(name));
}

/**
 * Injects the backend of a tier, by the names of the tier and of its cache.
 *
 * @publicApi
 */
export function InjectBackend(
  tier: string,
  cache?: string,
): PropertyDecorator & ParameterDecorator {
  return Inject(getBackendToken(tier, cache));
}
