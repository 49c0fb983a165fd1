import type {
  DynamicModule,
  FactoryProvider,
  InjectionToken,
  ModuleMetadata,
  Provider,
  Type,
} from '@nestjs/common';
import type { MemoryTierOptions } from '../backends/memory/memory-tier.js';
import { memoryTier } from '../backends/memory/memory-tier.js';
import type { RedisTierOptions } from '../backends/redis/redis-tier.js';
import { redisTier } from '../backends/redis/redis-tier.js';
import type { CacheBackend } from '../contract/cache-backend.js';
import { checkList, checkOptionNames } from '../contract/check-options.js';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import type { TierDefinition } from '../contract/tier-definition.js';
import { checkTiers } from '../core/tiers/build-tiers.js';
import { assertFunction, itemsOf } from '../core/check-arguments.js';
import {
  CACHE_OPTIONS,
  checkCacheOptions,
  type CacheOptions,
} from '../core/create-tiered-cache.js';
import { assertNamespace } from '../core/key-space.js';
import type { CacheWarmUp, CacheWarmUpOptions } from './warm-up/warm-up.options.js';

/**
 * How the module's cache works. Everything has a default: without options there is one tier, in memory.
 *
 * @publicApi
 */
export interface CacheTierModuleOptions extends CacheOptions {
  /** The memory tier; `false` for none. Default: with its defaults. */
  readonly memory?: MemoryTierOptions | false;
  /** The Redis tier below memory. Default: none. Needs the package `ioredis`. */
  readonly redis?: RedisTierOptions;
  /** All tiers, nearest first, in the place of `memory` and `redis`. */
  readonly tiers?: readonly TierDefinition[];
  /**
   * Fills the cache in the background when the application starts: health is down until it has ended. It is aborted
   * when the application ends. Default: nothing.
   */
  readonly warmUp?: CacheWarmUp | CacheWarmUpOptions;
}

/** What `forRoot` and `forRootAsync` have in common. */
export interface CacheTierModuleExtras {
  /**
   * The cache's name, for a second and further caches: inject it with `@InjectCache(name)`. It is also the
   * default of `namespace`. Default: the unnamed cache.
   */
  readonly name?: string;
  /** Whether every module sees the cache without importing this one. Default: true. */
  readonly isGlobal?: boolean;
}

/** The options of `CacheTierModule.forRoot`. @publicApi */
export interface CacheTierRootOptions extends CacheTierModuleOptions, CacheTierModuleExtras {
  /** Modules whose providers custom tiers use (`useClass`, `useExisting`, `inject`). */
  readonly imports?: ModuleMetadata['imports'];
}

/** Makes the options, as a provider. @publicApi */
export interface CacheTierOptionsFactory {
  createCacheTierOptions(): CacheTierModuleOptions | Promise<CacheTierModuleOptions>;
}

/** The options of `CacheTierModule.forRootAsync`: exactly one of `useFactory`, `useClass`, `useExisting`. @publicApi */
export interface CacheTierAsyncOptions extends CacheTierModuleExtras {
  readonly imports?: DynamicModule['imports'];
  readonly inject?: FactoryProvider['inject'];
  // The factory's parameters are what `inject` names; `never[]` accepts them without `any`.
  readonly useFactory?: (
    ...args: never[]
  ) => CacheTierModuleOptions | Promise<CacheTierModuleOptions>;
  readonly useClass?: Type<CacheTierOptionsFactory>;
  readonly useExisting?: InjectionToken<CacheTierOptionsFactory>;
  /** Providers that the module needs beside the factory. */
  readonly extraProviders?: readonly Provider[];
  /**
   * The tiers whose backends are to be injected, by name or class: what the factory will answer is not known
   * when Nest asks what there is. A tier that it then does not make fails the start. Default: none.
   */
  readonly backends?: readonly (string | Type<CacheBackend>)[];
}

const MODULE_OPTIONS = [...CACHE_OPTIONS, 'memory', 'redis', 'tiers', 'warmUp'];

/** The names of the options of `forRoot`. */
export const ROOT_OPTIONS: readonly string[] = [...MODULE_OPTIONS, 'name', 'isGlobal', 'imports'];

/** The names of the options of `forRootAsync`. */
export const ASYNC_OPTIONS: readonly string[] = [
  'name',
  'isGlobal',
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'extraProviders',
  'backends',
];

/**
 * The options of the cache itself, without the module's.
 *
 * @throws InvalidOptionError and InvalidTtlError
 */
export function cacheOptionsOf(options: CacheTierModuleOptions, name?: string): CacheOptions {
  if (options.namespace === undefined && name !== undefined) assertNamespace(name, 'name');
  const own = Object.entries(options).filter(
    ([option, value]) => value !== undefined && CACHE_OPTIONS.some((known) => known === option),
  );
  const cacheOptions = { namespace: name, ...Object.fromEntries(own) };
  checkCacheOptions(cacheOptions);
  return cacheOptions;
}

/**
 * The tiers that the options ask for.
 *
 * @throws InvalidOptionError
 */
export function tiersOf(options: CacheTierModuleOptions): readonly TierDefinition[] {
  const { memory, redis, tiers } = options;
  if (tiers !== undefined && (memory !== undefined || redis !== undefined)) {
    throw new InvalidOptionError(
      'tiers',
      'takes the place of "memory" and "redis": give one or the other',
    );
  }
  if (tiers === undefined && memory === false && redis === undefined) {
    throw new InvalidOptionError('memory', 'false leaves no tier: give "redis" or "tiers"');
  }
  const chosen = tiers ?? [
    ...(memory === false ? [] : [memoryTier(memory)]),
    ...(redis === undefined ? [] : [redisTier(redis)]),
  ];
  checkTiers(chosen);
  return chosen;
}

/** Refuses options of `forRootAsync` that Nest would fail over later, or not at all. @throws InvalidOptionError */
export function checkAsyncOptions(options: CacheTierAsyncOptions): void {
  for (const name of ['inject', 'extraProviders', 'backends'] as const) {
    checkList(options[name], name);
  }
  for (const name of ['useFactory', 'useClass'] as const) {
    if (options[name] !== undefined) assertFunction(options[name], name);
  }
  for (const wanted of itemsOf(options.backends ?? [], 'backends')) {
    if (typeof wanted !== 'string' && typeof wanted !== 'function') {
      throw new InvalidOptionError(
        'backends',
        `names tiers, or classes of backends; got ${quote(wanted)} among them`,
      );
    }
  }
}

/** Refuses what `useFactory` and its like have answered, where it is not options. */
export function checkModuleOptions(options: CacheTierModuleOptions): void {
  checkOptionNames(options, MODULE_OPTIONS, '');
}
