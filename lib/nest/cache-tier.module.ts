import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { checkFlag, checkList, checkOptionNames, checkText } from '../contract/check-options.js';
import { InvalidOptionError } from '../contract/errors.js';
import type { TieredCache } from '../core/tiered-cache.js';
import { CacheTierExplorer } from './cache-tier.explorer.js';
import {
  ASYNC_OPTIONS,
  checkAsyncOptions,
  ROOT_OPTIONS,
  type CacheTierAsyncOptions,
  type CacheTierModuleExtras,
  type CacheTierRootOptions,
} from './cache-tier.options.js';
import { asyncProviders, rootProviders, type CacheProviders } from './cache-tier.providers.js';
import { CACHE, CACHE_NAME } from './tokens.js';

/**
 * A cache for the application. `CacheTierModule.forRoot()` in the root module is all it needs: `TieredCache`
 * can then be injected anywhere, and the decorators work on any provider and controller.
 *
 * @publicApi
 */
@Module({ providers: [{ provide: CACHE, useFactory: refuseBareImport }] })
export class CacheTierModule implements OnApplicationShutdown {
  /** @internal */
  constructor(@Inject(CACHE) private readonly cache: TieredCache) {}

  /**
   * A cache with options that are known now.
   *
   * @throws InvalidOptionError and InvalidTtlError, naming the option and what would be right
   */
  static forRoot(options: CacheTierRootOptions = {}): DynamicModule {
    checkOptionNames(options, ROOT_OPTIONS, '');
    checkExtras(options);
    return dynamicModule(options, options.imports, rootProviders(options));
  }

  /**
   * A cache with options that a factory or a class makes, of other providers where it needs them. What is
   * wrong with them is told when the application starts.
   *
   * @throws InvalidOptionError for what is wrong with the options given here
   */
  static forRootAsync(options: CacheTierAsyncOptions): DynamicModule {
    checkOptionNames(options, ASYNC_OPTIONS, '');
    checkExtras(options);
    checkAsyncOptions(options);
    return dynamicModule(options, options.imports, asyncProviders(options));
  }

  /** Requests in flight still read the cache before this stage of the shutdown. */
  async onApplicationShutdown(): Promise<void> {
    await this.cache.close();
  }
}

/** Stands where `forRoot` puts the cache, for those who import the class itself. */
function refuseBareImport(): never {
  throw new InvalidOptionError(
    'imports',
    'CacheTierModule is made by forRoot() or forRootAsync(), once: in other modules import nothing, or with isGlobal: false what that call has returned',
  );
}

function checkExtras({
  name,
  isGlobal,
  imports,
}: CacheTierModuleExtras & Pick<CacheTierRootOptions, 'imports'>): void {
  checkText(name, 'name');
  checkFlag(isGlobal, 'isGlobal');
  checkList(imports, 'imports');
}

function dynamicModule(
  { name, isGlobal = true }: CacheTierModuleExtras,
  imports: DynamicModule['imports'],
  { providers, exported }: CacheProviders,
): DynamicModule {
  return {
    module: CacheTierModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...(imports ?? [])],
    providers: [{ provide: CACHE_NAME, useValue: name ?? null }, CacheTierExplorer, ...providers],
    exports: exported,
  };
}
