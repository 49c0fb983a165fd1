export {
  Cache,
  type CacheItem,
  type CacheManagerEvents,
  type Events,
  type FurtherEvents,
  type RawValue,
  type WrapOptions,
  type WrapOptionsRaw,
} from './compat/cache.js';
export type {
  CacheManagerOptions,
  CacheManagerSettings,
  CreateCacheOptions,
  StorePair,
} from './compat/cache-options.js';
export {
  MODULE_OPTIONS_TOKEN as CACHE_MODULE_OPTIONS,
  type CacheModuleAsyncOptions,
  type CacheModuleOptions,
  type CacheOptions,
  type CacheOptionsFactory,
} from './compat/cache-module.options.js';
export { CacheInterceptor } from './compat/cache.interceptor.js';
export { CacheModule } from './compat/cache.module.js';
export {
  CacheTierCompatModule,
  type CacheTierCompatOptions,
} from './compat/cache-tier-compat.module.js';
export { CACHE_KEY_METADATA, CACHE_MANAGER, CACHE_TTL_METADATA } from './compat/constants.js';
export { createCache } from './compat/create-cache.js';
export {
  CacheKey,
  CacheTTL,
  type CacheKeyFactory,
  type CacheTTLFactory,
} from './compat/decorators.js';
export type { KeyvInstance, KeyvStore } from './backends/keyv/keyv-options.js';
