import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { MemoryBackend } from '../../lib/backends/memory/memory.backend.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { RedisBackend } from '../../lib/backends/redis/redis.backend.js';
import { TieredCache } from '../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import {
  getBackendToken,
  getCacheToken,
  InjectBackend,
  InjectCache,
} from '../../lib/nest/tokens.js';
import { RedisServer } from '../support/redis-server.js';
import { NestApps } from './support/nest-apps.js';
import { PATIENT } from '../support/patience.js';

const apps = new NestApps();
let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterEach(() => apps.closeAll());

afterAll(() => redis.stop());

@Injectable()
class CityService {
  constructor(readonly cache: TieredCache) {}
}

@Module({ providers: [CityService], exports: [CityService] })
class CityModule {}

function featureModule(...imports: NonNullable<Parameters<typeof Module>[0]['imports']>): Type {
  @Module({ imports })
  class FeatureModule {}
  return FeatureModule;
}

describe('CacheTierModule.forRoot', () => {
  it('works without options: one tier in memory, to be injected by class in every module', async () => {
    const app = await apps.start({ imports: [CityModule, CacheTierModule.forRoot()] });

    const { cache } = app.get(CityService);

    expect(cache).toBe(app.get(TieredCache));
    expect(cache.name).toBe('default');
    expect(cache.tierNames).toEqual(['memory']);
    await cache.set('paris', 2_100_000);
    expect(await cache.get('paris')).toBe(2_100_000);
  });

  it('hands the memory options to the memory tier', async () => {
    const app = await apps.start({
      imports: [CacheTierModule.forRoot({ memory: { maxEntries: 1, name: 'near' } })],
    });
    const cache = app.get(TieredCache);

    await cache.setMany([
      ['one', 1],
      ['two', 2],
    ]);

    expect(cache.tierNames).toEqual(['near']);
    expect(cache.stats().tiers[0]?.size).toBe(1);
  });

  it('puts Redis below memory, and only there what another instance has stored is found', async () => {
    const options = { redis: { url: redis.url, ...PATIENT }, namespace: 'two-tiers' };
    const one = (await apps.start({ imports: [CacheTierModule.forRoot(options)] })).get(
      TieredCache,
    );
    const other = (await apps.start({ imports: [CacheTierModule.forRoot(options)] })).get(
      TieredCache,
    );

    await one.set('paris', { population: 2_100_000 });

    expect(one.tierNames).toEqual(['memory', 'redis']);
    expect(await other.get('paris')).toEqual({ population: 2_100_000 });
    expect(other.stats().tiers).toMatchObject([{ hits: 0, misses: 1 }, { hits: 1 }]);
    expect(await redis.call('EXISTS', 'cache-tier:{two-tiers::paris}')).toBe(1);
  });

  it('leaves memory out where it is false', async () => {
    const app = await apps.start({
      imports: [CacheTierModule.forRoot({ memory: false, redis: { url: redis.url, ...PATIENT } })],
    });

    expect(app.get(TieredCache).tierNames).toEqual(['redis']);
  });

  it('takes a list of tiers in the place of memory and redis', async () => {
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({ tiers: [memoryTier(), mapTier({ name: 'far', ttlScale: 8 })] }),
      ],
    });

    expect(app.get(TieredCache).tierNames).toEqual(['memory', 'far']);
  });

  it('hides the cache from modules that do not import it with isGlobal: false', async () => {
    const cacheModule = CacheTierModule.forRoot({ isGlobal: false });

    await expect(apps.start({ imports: [cacheModule, CityModule] })).rejects.toThrow(
      /can't resolve dependencies of the CityService/,
    );
    const app = await apps.start({ imports: [cacheModule], providers: [CityService] });
    expect(app.get(CityService).cache).toBe(app.get(TieredCache));
  });

  it('is one cache where the same dynamic module is imported twice', async () => {
    const cacheModule = CacheTierModule.forRoot({ isGlobal: false });

    @Module({ imports: [cacheModule], providers: [CityService], exports: [CityService] })
    class OtherModule {}

    const app = await apps.start({ imports: [cacheModule, OtherModule] });
    expect(app.get(CityService).cache).toBe(app.get(TieredCache));
  });

  it('refuses an import of the bare class, and says what to import', async () => {
    await expect(apps.start({ imports: [CacheTierModule] })).rejects.toThrow(
      'Option "imports": CacheTierModule is made by forRoot() or forRootAsync(), once',
    );
    await expect(
      apps.start({ imports: [CacheTierModule.forRoot(), featureModule(CacheTierModule)] }),
    ).rejects.toThrow('CacheTierModule is made by forRoot()');
  });
});

describe('named caches', () => {
  it('are injected by name, each with its own tiers and, by default, its own namespace', async () => {
    @Injectable()
    class SessionService {
      constructor(
        readonly cities: TieredCache,
        @InjectCache('sessions') readonly sessions: TieredCache,
        @InjectCache() readonly unnamed: TieredCache,
      ) {}
    }
    const shared = { memory: false, redis: { url: redis.url, ...PATIENT } } as const;
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot(shared),
        CacheTierModule.forRoot({ ...shared, name: 'sessions' }),
      ],
      providers: [SessionService],
    });
    const { cities, sessions, unnamed } = app.get(SessionService);

    await cities.set('key', 'a city');
    await sessions.set('key', 'a session');

    expect(unnamed).toBe(cities);
    expect(sessions).toBe(app.get(getCacheToken('sessions')));
    expect([cities.name, sessions.name]).toEqual(['default', 'sessions']);
    expect(await cities.get('key')).toBe('a city');
    expect(await sessions.get('key')).toBe('a session');
    await sessions.clear();
    expect(await cities.get('key')).toBe('a city');
  });

  it('may have a namespace beside the name; one that is undefined is as none', async () => {
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({ name: 'a name', namespace: 'other' }),
        CacheTierModule.forRoot({ name: 'sessions', namespace: undefined }),
      ],
    });

    expect(app.get<TieredCache>(getCacheToken('a name')).name).toBe('other');
    expect(app.get<TieredCache>(getCacheToken('sessions')).name).toBe('sessions');
  });

  it('are not the unnamed one', async () => {
    await expect(
      apps.start({ imports: [CityModule, CacheTierModule.forRoot({ name: 'sessions' })] }),
    ).rejects.toThrow(/can't resolve dependencies of the CityService/);
  });

  it('refuse a second cache without a name, wherever the first one is', async () => {
    const message = /CacheTierModule is registered twice without a name/;

    await expect(
      apps.start({ imports: [CacheTierModule.forRoot(), CacheTierModule.forRoot()] }),
    ).rejects.toThrow(message);
    await expect(
      apps.start({
        imports: [featureModule(CacheTierModule.forRoot()), CacheTierModule.forRoot({ ttl: 1 })],
      }),
    ).rejects.toThrow(message);
    await expect(
      apps.start({
        imports: [
          CacheTierModule.forRoot(),
          featureModule(CacheTierModule.forRootAsync({ useFactory: () => ({}) })),
        ],
      }),
    ).rejects.toThrow(message);
  });

  it('refuse two caches of one name', async () => {
    await expect(
      apps.start({
        imports: [
          CacheTierModule.forRoot({ name: 'sessions' }),
          CacheTierModule.forRootAsync({ name: 'sessions', useFactory: () => ({}) }),
        ],
      }),
    ).rejects.toThrow('Option "name": two caches are called "sessions"');
  });
});

describe('backends as providers', () => {
  it('are the backends that the cache uses, by token and by class', async () => {
    @Injectable()
    class Observer {
      constructor(
        readonly memory: MemoryBackend,
        readonly far: RedisBackend,
        @InjectBackend('memory') readonly byToken: MemoryBackend,
        @Inject(getBackendToken('redis')) readonly farByToken: RedisBackend,
      ) {}
    }
    const app = await apps.start({
      imports: [CacheTierModule.forRoot({ redis: { url: redis.url, ...PATIENT } })],
      providers: [Observer],
    });
    const cache = app.get(TieredCache);
    const observer = app.get(Observer);

    expect(observer.memory).toBeInstanceOf(MemoryBackend);
    expect(observer.far).toBeInstanceOf(RedisBackend);
    expect(observer.byToken).toBe(observer.memory);
    expect(observer.farByToken).toBe(observer.far);
    expect(cache.backend('memory')).toBe(observer.memory);
    expect(cache.backend('redis')).toBe(observer.far);
    await cache.set('key', 'value');
    expect(observer.memory.size).toBe(1);
    expect(await observer.far.get('default::key')).toBeDefined();
  });

  it('are told apart by token alone where two tiers have the same class', async () => {
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({ tiers: [memoryTier(), mapTier(), mapTier({ name: 'far' })] }),
      ],
    });

    expect(app.get(MemoryBackend)).toBe(app.get(TieredCache).backend('memory'));
    expect(app.get(getBackendToken('far'))).toBe(app.get(TieredCache).backend('far'));
    expect(() => app.get(MapBackend)).toThrow(/could not find MapBackend/);
  });

  it('of named caches are injected by token', async () => {
    @Injectable()
    class Observer {
      constructor(@InjectBackend('memory', 'sessions') readonly backend: MemoryBackend) {}
    }
    const app = await apps.start({
      imports: [CacheTierModule.forRoot(), CacheTierModule.forRoot({ name: 'sessions' })],
      providers: [Observer],
    });
    const sessions = app.get<TieredCache>(getCacheToken('sessions'));

    expect(app.get(Observer).backend).toBe(sessions.backend('memory'));
    expect(app.get(MemoryBackend)).toBe(app.get(TieredCache).backend('memory'));
  });
});
