// Uses what each entry point exports, to be compiled only: the types have to be found, to fit one another
// from one entry point to the next, and to fit the packages that they describe.
import type { Cluster, Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { Inject } from '@nestjs/common';
import {
  Cached,
  CacheDefaults,
  CacheEvict,
  CachePut,
  CacheTierModule,
  InjectBackend,
  InjectCache,
  InvalidationPendingError,
  memoryTier,
  type CacheBackend,
  type CacheEvent,
  type CacheStats,
  type CoherenceOptions,
  type InvalidationRecord,
  type TieredCache,
} from 'nestjs-cache-tier';
import {
  createTieredCache,
  customTier,
  mapTier,
  type TieredCache as CoreTieredCache,
} from 'nestjs-cache-tier/core';
import {
  HttpCache,
  HttpCacheModule,
  NoHttpCache,
  type HttpCacheOptions,
} from 'nestjs-cache-tier/http';
import {
  CACHE_MANAGER,
  CacheInterceptor,
  CacheKey,
  CacheModule,
  CacheTierCompatModule,
  CacheTTL,
  type Cache,
} from 'nestjs-cache-tier/compat';
import { keyvTier, TieredCacheKeyv } from 'nestjs-cache-tier/keyv';
import { MsgpackCodec } from 'nestjs-cache-tier/msgpack';
import { RedisBackend, redisTier } from 'nestjs-cache-tier/redis';
import type { CacheHealthOptions, CacheTierHealthIndicator } from 'nestjs-cache-tier/terminus';
import { backendConformance, FaultyBackend, ManualClock } from 'nestjs-cache-tier/testing';

interface City {
  readonly id: number;
  readonly name: string;
}

class OwnBackend implements CacheBackend {
  readonly name = 'own';
  readonly #bytes = new Map<string, Uint8Array>();

  get(key: string): Uint8Array | undefined {
    return this.#bytes.get(key);
  }

  setWithTtl(key: string, value: Uint8Array, _ttl: number): void {
    this.#bytes.set(key, value);
  }

  remove(key: string): void {
    this.#bytes.delete(key);
  }

  async healthCheck(): Promise<boolean> {
    return true;
  }
}

export const ownCache: TieredCache = createTieredCache({
  clock: new ManualClock(),
  codec: new MsgpackCodec(),
  tiers: [
    memoryTier({ maxEntries: 10 }),
    mapTier({ name: 'map' }),
    redisTier({ url: 'redis://127.0.0.1:1', preset: 'l3' }),
    keyvTier({ store: () => new Keyv(), name: 'keyv' }),
    customTier({ useClass: OwnBackend }),
  ],
});

export const sameClass: CoreTieredCache = ownCache;

/** An existing client is accepted by its shape, whichever version of ioredis is installed. */
export function ofClient(client: Redis | Cluster): RedisBackend {
  return new RedisBackend({ client });
}

export async function use(): Promise<City | undefined> {
  const city: City = await ownCache.getOrCompute('city:1', async () => ({ id: 1, name: 'Bern' }));
  const cities: Map<string, City> = await ownCache.getMany<City>(['city:1', 'city:2']);
  await ownCache.set('city:3', city, { tags: ['cities'] });
  await ownCache.remove('city:3', { holdFor: 1000 });
  await ownCache.invalidateTags(['cities']).catch((error: unknown) => {
    if (!(error instanceof InvalidationPendingError)) throw error;
  });
  const stats: CacheStats = ownCache.stats();
  const subscription = ownCache.events.subscribe((event: CacheEvent) => event.type);
  subscription.unsubscribe();
  return stats.hits > 0 ? city : cities.get('city:2');
}

export const coherence: CoherenceOptions = { staleness: 500, whenUnverified: 'bypass' };

export function keysOf({ keys = [] }: InvalidationRecord): string[] {
  return keys.map(({ namespace, key }) => `${namespace}/${key}`);
}

@CacheDefaults({ namespace: 'cities', ttl: '10m' })
export class CityService {
  constructor(
    @InjectCache('sessions') readonly sessions: TieredCache,
    @InjectBackend('memory') readonly memory: CacheBackend,
    readonly cities: TieredCache,
  ) {}

  @Cached({
    key: (id: number) => `city:${id}`,
    ttl: 'mediumTerm',
    unless: (city: City) => city.id < 0,
    tags: (id: number) => ['cities', `city:${id}`],
  })
  async find(id: number): Promise<City> {
    return { id, name: 'Bern' };
  }

  @CachePut({ key: (city: City) => `city:${city.id}` })
  async rename(city: City, name: string): Promise<City> {
    return { ...city, name };
  }

  @CacheEvict({ key: (id: number) => [`city:${id}`] })
  async remove(_id: number): Promise<void> {}

  @CacheEvict({ tags: ['cities'] })
  async reload(): Promise<void> {}
}

const pages: HttpCacheOptions = {
  ttl: '1m',
  private: true,
  principal: (context) => context.switchToHttp().getRequest<{ user?: { id: number } }>().user?.id,
  tags: (context) => [context.getClass().name],
};

@HttpCache(pages)
export class PageController {
  @HttpCache({ vary: ['accept-language'], methods: ['GET'] })
  find(): string {
    return 'Bern';
  }

  @NoHttpCache()
  latest(): string {
    return 'Bern';
  }
}

export const modules = [
  HttpCacheModule.forRoot({ maxAge: 0, staleFor: '1h' }),
  CacheTierModule.forRoot({ memory: { maxEntries: 10 }, coherence }),
  CacheTierModule.forRootAsync({ name: 'sessions', useFactory: () => ({ tiers: [memoryTier()] }) }),
];

export const keyv = new Keyv({ store: new TieredCacheKeyv(ownCache) });

export class OwnInterceptor extends CacheInterceptor {
  protected override isPersonal(): boolean {
    return false;
  }
}

export class CityNames {
  constructor(@Inject(CACHE_MANAGER) private readonly cacheManager: Cache) {}

  @CacheKey('names')
  @CacheTTL(5_000)
  async names(): Promise<string[]> {
    const raw = await this.cacheManager.wrap('names', () => ['Bern'], { ttl: 5_000, raw: true });
    return raw.value ?? (await this.cacheManager.get<string[]>('others')) ?? [];
  }
}

export const compatModules = [
  CacheModule.register({ ttl: 5_000, stores: [new Keyv()] }),
  CacheTierCompatModule.forRoot({ refreshThreshold: 1_000 }),
];

export const cases = backendConformance({ create: () => new FaultyBackend(new OwnBackend()) });

export function isHealthy(indicator: CacheTierHealthIndicator): Promise<unknown> {
  const options: CacheHealthOptions = { require: 'all' };
  return indicator.isHealthy('cache', options);
}
