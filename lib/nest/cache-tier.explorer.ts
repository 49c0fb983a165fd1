import { Inject, Injectable, Logger, Scope, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import { TieredCache } from '../core/tiered-cache.js';
import { registeredCaches } from './cache-names.js';
import { cacheDefaultsOf } from './decorators/cache-defaults.decorator.js';
import {
  decoratedMethods,
  fillSlot,
  slotOf,
  type CacheHolder,
  type DecoratedMethod,
} from './decorators/cache-slot.js';
import { refuseEventStream } from './decorators/target-method.js';
import { canInject, type RunningModule } from './module-view.js';
import { CACHE, CACHE_NAME, getCacheToken } from './tokens.js';

const logger = new Logger('CacheTier');

/**
 * Looks over the application's providers and controllers once they exist: gives the cache to decorated
 * instances that Nest did not construct (`useValue`, `useFactory`), and refuses decorators that cannot work
 * as they are meant.
 */
@Injectable()
export class CacheTierExplorer implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(CACHE_NAME) private readonly name: string | null,
  ) {}

  onModuleInit(): void {
    const cacheName = this.name ?? undefined;
    const token = getCacheToken(cacheName);
    if (this.moduleRef.introspect(CACHE).scope !== Scope.DEFAULT) {
      throw new InvalidOptionError(
        'tiers',
        'a backend or the options need a provider that is made for each request, and the cache is made once',
      );
    }
    // By its public token: a test may have put another cache in its place, or a mock, which is none.
    const cache = this.moduleRef.get<unknown>(token);
    const slot = slotOf(cacheName);
    const holder = this.moduleRef.get<CacheHolder>(slot);
    holder.cache = cache instanceof TieredCache ? cache : undefined;
    const names = registeredCaches(this.modules);
    const owners = new Map<string, object>();
    for (const { instance, module } of this.#instances()) {
      const decorated = decoratedMethods(instance.constructor);
      assertCachesExist(decorated, names);
      const methods = decorated.filter((method) => method.cache === cacheName);
      const [first] = methods;
      if (first === undefined) continue;
      if (module !== undefined && !canInject(module, token)) {
        logger.warn(`${first.label}: its module does not import the cache, so nothing is cached`);
        continue;
      }
      fillSlot(instance, slot, holder);
      for (const method of methods) {
        refuseEventStream(method);
        if (method.keyedByName) assertOwnKeys(owners, instance.constructor, method);
      }
    }
  }

  #instances(): { instance: object; module: RunningModule | undefined }[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers.flatMap(({ instance, host, isAlias }: Provided) =>
      hasClass(instance) && !isAlias ? [{ instance, module: host }] : [],
    );
  }
}

/**
 * Without any cache of its name a method would run undecorated, and nobody would notice.
 *
 * @throws InvalidOptionError
 */
function assertCachesExist(
  methods: readonly DecoratedMethod[],
  names: readonly (string | undefined)[],
): void {
  const lost = methods.find(({ cache }) => cache !== undefined && !names.includes(cache));
  if (lost === undefined) return;
  const known = names.map((name) => (name === undefined ? 'the unnamed one' : quote(name)));
  throw new InvalidOptionError(
    `${lost.label}: cache`,
    `no cache is called ${quote(lost.cache)}; there are ${known.join(', ')}`,
  );
}

interface Provided {
  readonly instance: unknown;
  readonly host?: RunningModule;
  readonly isAlias: boolean;
}

function hasClass(instance: unknown): instance is object {
  return (
    typeof instance === 'object' && instance !== null && typeof instance.constructor === 'function'
  );
}

/**
 * Two classes of one name would answer each other's calls from default keys.
 *
 * @throws InvalidOptionError
 */
function assertOwnKeys(
  owners: Map<string, object>,
  owner: object & { readonly name?: string },
  method: DecoratedMethod,
): void {
  const namespace = method.namespace ?? cacheDefaultsOf(owner).namespace ?? '';
  const id = JSON.stringify([namespace, owner.name, String(method.property)]);
  const other = owners.get(id);
  if (other !== undefined && other !== owner) {
    throw new InvalidOptionError(
      `${method.label}: key`,
      'another class of the same name has such a method: give one of them a "key", or @CacheDefaults({ namespace })',
    );
  }
  owners.set(id, owner);
}
