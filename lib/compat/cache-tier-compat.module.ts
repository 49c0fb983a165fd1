import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import {
  checkFlag,
  checkList,
  checkOptionNames,
  checkText,
  checkWholeNumber,
} from '../contract/check-options.js';
import { parseTtl } from '../core/parse-ttl.js';
import type { TieredCache } from '../core/tiered-cache.js';
import { getCacheToken } from '../nest/tokens.js';
import { Cache } from './cache.js';
import type { CacheManagerSettings } from './cache-options.js';
import { CACHE_MANAGER } from './constants.js';
import { toTtl } from './endless.js';
import { TieredCacheManager } from './tiered-cache-manager.js';

/** The options of `CacheTierCompatModule.forRoot`. @publicApi */
export interface CacheTierCompatOptions extends CacheManagerSettings {
  /** The name of the cache that is used. Default: the unnamed one. */
  readonly cache?: string;
  /** Whether every module sees `CACHE_MANAGER` without importing this one. Default: true. */
  readonly isGlobal?: boolean;
  /** What `CacheTierModule.forRoot` has returned, where that is not global. */
  readonly imports?: ModuleMetadata['imports'];
}

const OPTIONS = [
  'cache',
  'isGlobal',
  'imports',
  'ttl',
  'refreshThreshold',
  'nonBlocking',
  'cacheId',
];

/**
 * Provides `CACHE_MANAGER` over the cache of `CacheTierModule`: import it beside that. Both names of the cache find the
 * same values under the same keys.
 *
 * @publicApi
 */
@Module({})
export class CacheTierCompatModule {
  /** @throws InvalidOptionError and InvalidTtlError */
  static forRoot(options: CacheTierCompatOptions = {}): DynamicModule {
    checkOptionNames(options, OPTIONS, '');
    const { cache: name, isGlobal = true, imports = [], ...settings } = options;
    checkText(name, 'cache');
    checkFlag(isGlobal, 'isGlobal');
    checkFlag(settings.nonBlocking, 'nonBlocking');
    checkWholeNumber(settings.refreshThreshold, 0, 'refreshThreshold');
    checkText(settings.cacheId, 'cacheId');
    if (settings.ttl !== undefined) parseTtl(toTtl(settings.ttl) ?? NaN, 'ttl');
    checkList(imports, 'imports');
    return {
      module: CacheTierCompatModule,
      global: isGlobal,
      imports,
      providers: [
        {
          provide: CACHE_MANAGER,
          inject: [getCacheToken(name)],
          useFactory: (cache: TieredCache) => new TieredCacheManager(cache, settings),
        },
        { provide: Cache, useExisting: CACHE_MANAGER },
      ],
      exports: [CACHE_MANAGER, Cache],
    };
  }
}
