import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Cache } from './cache.js';
import type { CacheManagerOptions } from './cache-options.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  withScope,
  type CacheModuleAsyncOptions,
  type CacheModuleOptions,
} from './cache-module.options.js';
import { CACHE_MANAGER } from './constants.js';
import { createCache } from './create-cache.js';

/**
 * The module of @nestjs/cache-manager: a cache in memory, or in stores of Keyv, which can be injected by `CACHE_MANAGER`
 * and as `Cache`. Each registration has a cache of its own.
 *
 * @publicApi
 */
@Module({
  providers: [
    {
      provide: CACHE_MANAGER,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: CacheManagerOptions) => createCache(options),
    },
    { provide: Cache, useExisting: CACHE_MANAGER },
  ],
  exports: [CACHE_MANAGER, Cache],
})
export class CacheModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  /** @internal A test may have put a part of a cache in its place. */
  constructor(@Inject(CACHE_MANAGER) private readonly cache: Partial<Cache>) {
    super();
  }

  /** A cache with options that are known now. */
  static override register<StoreConfig extends object = object>(
    options: CacheModuleOptions<StoreConfig> = {} as CacheModuleOptions<StoreConfig>,
  ): DynamicModule {
    return withScope(super.register(options), options.isGlobal);
  }

  /** A cache with options that a factory or a class makes. */
  static override registerAsync<StoreConfig extends object = object>(
    options: CacheModuleAsyncOptions<StoreConfig>,
  ): DynamicModule {
    const module = super.registerAsync(options);
    const providers = [...(module.providers ?? []), ...(options.extraProviders ?? [])];
    return withScope({ ...module, providers }, options.isGlobal);
  }

  /** Requests in flight still read the cache before this stage of the shutdown. */
  async onApplicationShutdown(): Promise<void> {
    await this.cache.disconnect?.();
  }
}
