import type { InjectionToken, Provider, Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { CacheBackend } from '../contract/cache-backend.js';
import { systemClock } from '../contract/clock.js';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import type { TierDefinition } from '../contract/tier-definition.js';
import { tierName } from '../core/tiers/build-tiers.js';
import { assembleCache } from '../core/create-tiered-cache.js';
import type { TieredCache } from '../core/tiered-cache.js';
import { assertOneCachePerName } from './cache-names.js';
import {
  cacheOptionsOf,
  checkModuleOptions,
  tiersOf,
  type CacheTierAsyncOptions,
  type CacheTierModuleOptions,
  type CacheTierOptionsFactory,
  type CacheTierRootOptions,
} from './cache-tier.options.js';
import { CacheHolder, slotOf } from './decorators/cache-slot.js';
import { backendProvider, makeTiers, resolveTier } from './make-tiers.js';
import { CACHE, getBackendToken, getCacheToken, getWarmUpToken, WARM_UP } from './tokens.js';
import { warmUpPlan } from './warm-up/warm-up.options.js';
import { WarmUpRunner, type WarmUpSetting } from './warm-up/warm-up.runner.js';

const OPTIONS = Symbol('nestjs-cache-tier:options');
const OPTIONS_FACTORY = Symbol('nestjs-cache-tier:options-factory');

/** The providers of a cache, and the tokens that other modules may inject. */
export interface CacheProviders {
  readonly providers: Provider[];
  readonly exported: InjectionToken[];
}

/** The providers for options that are known. Each backend is one of them, so that Nest resolves what it needs. */
export function rootProviders(options: CacheTierRootOptions): CacheProviders {
  const { name } = options;
  const definitions = tiersOf(options);
  const cacheOptions = cacheOptionsOf(options, name);
  const tokens = definitions.map((definition) => getBackendToken(tierName(definition), name));
  const aliases = name === undefined ? classAliases(definitions, tokens) : [];
  return {
    providers: [
      ...definitions.map((definition, index) =>
        backendProvider(definition, tokens[index] ?? '', cacheOptions),
      ),
      ...aliases,
      {
        provide: CACHE,
        inject: [ModulesContainer, slotOf(name), ...tokens],
        useFactory: (modules: ModulesContainer, holder: CacheHolder, ...backends: unknown[]) => {
          assertOneCachePerName(modules);
          const tiers = definitions.map((tier, index) => resolveTier(tier, backends[index]));
          return (holder.cache = assembleCache(cacheOptions, tiers));
        },
      },
      { provide: getCacheToken(name), useExisting: CACHE },
      { provide: slotOf(name), useClass: CacheHolder },
      { provide: WARM_UP, useValue: warmUpSetting(options) },
      { provide: getWarmUpToken(name), useClass: WarmUpRunner },
    ],
    exported: [
      getCacheToken(name),
      slotOf(name),
      ...tokens,
      ...aliases.map(({ provide }) => provide),
    ],
  };
}

/** The providers for options that a factory makes. */
export function asyncProviders(options: CacheTierAsyncOptions): CacheProviders {
  const { name, backends = [] } = options;
  const backendProviders = backends.map((wanted) => asyncBackendProvider(wanted, name));
  return {
    providers: [
      ...(options.extraProviders ?? []),
      ...optionsProviders(options),
      {
        provide: CACHE,
        inject: [ModulesContainer, slotOf(name), ModuleRef, OPTIONS],
        useFactory: async (
          modules: ModulesContainer,
          holder: CacheHolder,
          moduleRef: ModuleRef,
          made: CacheTierModuleOptions,
        ) => {
          assertOneCachePerName(modules);
          checkModuleOptions(made);
          const definitions = tiersOf(made);
          const cacheOptions = cacheOptionsOf(made, name);
          const tiers = await makeTiers(definitions, cacheOptions, moduleRef);
          return (holder.cache = assembleCache(cacheOptions, tiers));
        },
      },
      { provide: getCacheToken(name), useExisting: CACHE },
      { provide: slotOf(name), useClass: CacheHolder },
      {
        provide: WARM_UP,
        inject: [OPTIONS],
        useFactory: (made: CacheTierModuleOptions) => {
          checkModuleOptions(made);
          return warmUpSetting(made);
        },
      },
      { provide: getWarmUpToken(name), useClass: WarmUpRunner },
      ...backendProviders,
    ],
    exported: [
      getCacheToken(name),
      slotOf(name),
      ...backendProviders.map(({ provide }) => provide),
    ],
  };
}

function warmUpSetting({ warmUp, clock = systemClock }: CacheTierModuleOptions): WarmUpSetting {
  return { plan: warmUpPlan(warmUp), clock };
}

function optionsProviders(options: CacheTierAsyncOptions): Provider[] {
  const { useFactory, useClass, useExisting, inject } = options;
  const given = [useFactory, useClass, useExisting].filter((way) => way !== undefined);
  if (given.length !== 1) {
    throw new InvalidOptionError(
      'forRootAsync',
      'needs exactly one of useFactory, useClass, useExisting',
    );
  }
  if (useFactory !== undefined) {
    return [{ provide: OPTIONS, useFactory, inject: inject ?? [] }];
  }
  return [
    useClass === undefined
      ? { provide: OPTIONS_FACTORY, useExisting }
      : { provide: OPTIONS_FACTORY, useClass },
    {
      provide: OPTIONS,
      inject: [OPTIONS_FACTORY],
      useFactory: (factory: CacheTierOptionsFactory) => factory.createCacheTierOptions(),
    },
  ];
}

/** The unnamed cache's backends can be injected by their classes too, where only one tier is of the class. */
function classAliases(
  definitions: readonly TierDefinition[],
  tokens: readonly InjectionToken[],
): { provide: InjectionToken; useExisting: InjectionToken }[] {
  const classes = definitions.map(({ backendClass }) => backendClass);
  return definitions.flatMap(({ backendClass }, index) => {
    const token = tokens[index];
    const single = classes.indexOf(backendClass) === classes.lastIndexOf(backendClass);
    return backendClass === undefined || token === undefined || !single
      ? []
      : [{ provide: backendClass as Type<CacheBackend>, useExisting: token }];
  });
}

function asyncBackendProvider(
  wanted: string | Type<CacheBackend>,
  name: string | undefined,
): {
  provide: InjectionToken;
  inject: InjectionToken[];
  useFactory: (cache: TieredCache) => CacheBackend;
} {
  return {
    provide: typeof wanted === 'string' ? getBackendToken(wanted, name) : wanted,
    inject: [CACHE],
    useFactory: (cache) => findBackend(cache, wanted),
  };
}

function findBackend(cache: TieredCache, wanted: string | Type<CacheBackend>): CacheBackend {
  const names = cache.tierNames.filter(
    (tier) =>
      tier === wanted || (typeof wanted !== 'string' && cache.backend(tier) instanceof wanted),
  );
  const [name] = names;
  if (name !== undefined && names.length === 1) return cache.backend(name);
  const described =
    typeof wanted === 'string' ? `called ${quote(wanted)}` : `on ${quote(wanted.name)}`;
  throw new InvalidOptionError(
    'backends',
    names.length > 1
      ? `several tiers are ${described}, ${names.join(', ')}: name the one that is meant`
      : `no tier is ${described}; there are ${cache.tierNames.join(', ')}`,
  );
}
