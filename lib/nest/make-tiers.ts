import type { InjectionToken, Provider, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { CacheBackend } from '../contract/cache-backend.js';
import { isClosable } from '../contract/capabilities.js';
import { systemClock, type Clock } from '../contract/clock.js';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import type { BackendSource, TierDefinition } from '../contract/tier-definition.js';
import { tierName, type ResolvedTier } from '../core/tiers/build-tiers.js';
import type { CacheOptions } from '../core/create-tiered-cache.js';

/** The provider of a tier's backend: Nest makes it, and what it needs. */
export function backendProvider(
  { source }: TierDefinition,
  provide: InjectionToken,
  { clock = systemClock }: CacheOptions,
): Provider {
  if ('create' in source) return { provide, useFactory: () => create(source, clock) };
  if ('useValue' in source) return { provide, useValue: source.useValue };
  if ('useClass' in source) return { provide, useClass: source.useClass as Type<CacheBackend> };
  if ('useExisting' in source) {
    return { provide, useExisting: source.useExisting as InjectionToken };
  }
  return {
    provide,
    useFactory: source.useFactory,
    inject: [...(source.inject ?? [])] as InjectionToken[],
  };
}

/**
 * The tiers of options that are known only now, when providers can be declared no more. Where a backend
 * cannot be made, the start fails, and nobody else would close the others.
 */
export async function makeTiers(
  definitions: readonly TierDefinition[],
  options: CacheOptions,
  moduleRef: ModuleRef,
): Promise<readonly ResolvedTier[]> {
  const tiers: ResolvedTier[] = [];
  try {
    for (const definition of definitions) {
      tiers.push(resolveTier(definition, await makeBackend(definition, options, moduleRef)));
    }
    return tiers;
  } catch (error) {
    for (const { definition, backend } of tiers) {
      if (!('useValue' in definition.source) && isClosable(backend)) await backend.close();
    }
    throw error;
  }
}

/** A tier with its backend. @throws InvalidOptionError when what stands for the backend is none */
export function resolveTier(definition: TierDefinition, backend: unknown): ResolvedTier {
  assertBackend(backend, tierName(definition));
  return { definition, backend };
}

async function makeBackend(
  definition: TierDefinition,
  { clock = systemClock }: CacheOptions,
  moduleRef: ModuleRef,
): Promise<CacheBackend> {
  const { source } = definition;
  if ('create' in source) return create(source, clock);
  if ('useValue' in source) return source.useValue;
  if ('useClass' in source) return moduleRef.create(source.useClass as Type<CacheBackend>);
  if ('useFactory' in source && source.inject === undefined) return source.useFactory();
  throw new InvalidOptionError(
    `tiers(${tierName(definition)})`,
    'in forRootAsync, inject what it needs into the factory of the options, and give the backend as useValue',
  );
}

async function create(
  source: Extract<BackendSource, { readonly create: unknown }>,
  clock: Clock,
): Promise<CacheBackend> {
  await source.prepare?.();
  return source.create({ clock });
}

const MEMBERS = ['get', 'setWithTtl', 'remove', 'healthCheck'] as const;

function assertBackend(value: unknown, tier: string): asserts value is CacheBackend {
  const lacks =
    typeof value === 'object' && value !== null
      ? MEMBERS.find((member) => typeof Reflect.get(value, member) !== 'function')
      : 'everything';
  if (lacks === undefined) return;
  throw new InvalidOptionError(
    `tiers(${tier})`,
    `its backend is ${quote(value)}, which is no CacheBackend: it lacks ${lacks}`,
  );
}
