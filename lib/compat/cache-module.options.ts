import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type Provider,
} from '@nestjs/common';
import type { CacheManagerOptions } from './cache-options.js';

/** The options of the cache, with whatever else a store's own were. */
export type CacheOptions<StoreConfig extends object = object> = CacheManagerOptions & StoreConfig;

/** The options of `CacheModule.register`. @publicApi */
export type CacheModuleOptions<StoreConfig extends object = object> = CacheOptions<StoreConfig> & {
  /** Whether every module sees the cache without importing this one. Default: false. */
  readonly isGlobal?: boolean;
};

/** Makes the options, as a provider. @publicApi */
export interface CacheOptionsFactory<StoreConfig extends object = object> {
  createCacheOptions(): Promise<CacheOptions<StoreConfig>> | CacheOptions<StoreConfig>;
}

/** The options of `CacheModule.registerAsync`. @publicApi */
export interface CacheModuleAsyncOptions<
  StoreConfig extends object = object,
> extends ConfigurableModuleAsyncOptions<CacheOptions<StoreConfig>, 'createCacheOptions'> {
  /** Providers that the module needs beside the factory. */
  readonly extraProviders?: Provider[];
  /** Whether every module sees the cache without importing this one. Default: false. */
  readonly isGlobal?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<CacheModuleOptions>({ moduleName: 'Cache' })
    .setFactoryMethodName('createCacheOptions')
    .build();

/** The module, seen everywhere where that is asked for. */
export function withScope(module: DynamicModule, isGlobal: boolean | undefined): DynamicModule {
  return { ...module, global: isGlobal ?? false };
}
