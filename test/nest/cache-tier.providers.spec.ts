import { Injectable, Module, Scope, type InjectionToken } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { MemoryBackend } from '../../lib/backends/memory/memory.backend.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import type { Closable } from '../../lib/contract/capabilities.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import type {
  CacheTierAsyncOptions,
  CacheTierModuleOptions,
  CacheTierOptionsFactory,
} from '../../lib/nest/cache-tier.options.js';
import { getBackendToken, getCacheToken, InjectBackend } from '../../lib/nest/tokens.js';
import { NestApps } from './support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

@Injectable()
class Settings {
  readonly bucket = 'cities';
  readonly ttl = 1234;
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** A backend with a dependency. */
@Injectable()
class BucketBackend extends MapBackend implements Closable {
  closed = 0;

  constructor(readonly settings: Settings) {
    super({ name: 'bucket' });
  }

  override close(): void {
    this.closed++;
    super.close();
  }
}

const twoTiers = (): CacheTierModuleOptions => ({ tiers: [memoryTier(), mapTier()] });

async function cacheWith(...options: Parameters<typeof CacheTierModule.forRoot>) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot(...options)] });
  return { app, cache: app.get(TieredCache) };
}

async function asyncCache(options: CacheTierAsyncOptions) {
  const app = await apps.start({ imports: [CacheTierModule.forRootAsync(options)] });
  return { app, cache: app.get<TieredCache>(getCacheToken(options.name)) };
}

describe('customTier in forRoot', () => {
  it('makes a useClass backend with what it needs, from the modules in imports', async () => {
    const { app, cache } = await cacheWith({
      imports: [SettingsModule],
      tiers: [memoryTier(), customTier({ useClass: BucketBackend, ttlScale: 8 })],
    });

    const backend = app.get(BucketBackend);

    expect(cache.tierNames).toEqual(['memory', 'bucket']);
    expect(cache.backend('bucket')).toBe(backend);
    expect(app.get(getBackendToken('bucket'))).toBe(backend);
    expect(backend.settings).toBe(app.get(Settings));
    await cache.set('paris', 1);
    expect(backend.size).toBe(1);
  });

  it('takes a useExisting backend that another module provides', async () => {
    @Module({
      imports: [SettingsModule],
      providers: [BucketBackend],
      exports: [BucketBackend],
    })
    class BucketModule {}

    const { app, cache } = await cacheWith({
      imports: [BucketModule],
      tiers: [customTier({ useExisting: BucketBackend, name: 'far' })],
    });

    expect(cache.backend('far')).toBe(app.get(BucketBackend));
  });

  it('calls useFactory with what inject names, and waits for it', async () => {
    const { app, cache } = await cacheWith({
      imports: [SettingsModule],
      tiers: [
        customTier({
          name: 'made',
          inject: [Settings],
          useFactory: async (settings: Settings) => new BucketBackend(settings),
        }),
      ],
    });

    expect(cache.backend('made')).toMatchObject({ settings: app.get(Settings) });
  });

  it('takes a useValue backend as it is', async () => {
    const backend = new MapBackend({ name: 'given' });

    const { app, cache } = await cacheWith({ tiers: [customTier({ useValue: backend })] });

    expect(cache.backend('given')).toBe(backend);
    expect(app.get(getBackendToken('given'))).toBe(backend);
  });

  it('refuses a backend that needs a provider which is made for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class RequestSettings extends Settings {}

    @Module({ providers: [RequestSettings], exports: [RequestSettings] })
    class RequestModule {}

    await expect(
      cacheWith({
        imports: [RequestModule],
        tiers: [
          customTier({
            name: 'made',
            inject: [RequestSettings],
            useFactory: (settings: Settings) => new BucketBackend(settings),
          }),
        ],
      }),
    ).rejects.toThrow(
      'Option "tiers": a backend or the options need a provider that is made for each',
    );
  });

  it('refuses what is no backend, and says what it lacks', async () => {
    const notOne = { get: () => undefined, setWithTtl: () => undefined };

    await expect(
      cacheWith({
        tiers: [memoryTier(), customTier({ name: 'far', useFactory: () => undefined as never })],
      }),
    ).rejects.toThrow('Option "tiers(far)": its backend is undefined, which is no CacheBackend');
    await expect(
      cacheWith({ tiers: [customTier({ name: 'far', useFactory: () => notOne as never })] }),
    ).rejects.toThrow('it lacks remove');
  });
});

describe('CacheTierModule.forRootAsync', () => {
  it('takes options from a factory that answers now or later', async () => {
    const { cache } = await asyncCache({ useFactory: () => ({ namespace: 'now' }) });
    expect(cache.name).toBe('now');
    expect(cache.tierNames).toEqual(['memory']);

    const later = await asyncCache({ useFactory: async () => ({ tiers: [mapTier()] }) });
    expect(later.cache.tierNames).toEqual(['map']);
  });

  it('gives the factory what inject names, from the modules in imports', async () => {
    const { cache } = await asyncCache({
      imports: [SettingsModule],
      inject: [Settings, { token: 'nothing', optional: true }],
      useFactory: (settings: Settings, nothing: undefined) => ({
        namespace: `${settings.bucket}-${nothing}`,
      }),
    });

    expect(cache.name).toBe('cities-undefined');
  });

  it('makes the class of useClass, which may have dependencies', async () => {
    @Injectable()
    class CacheSettings implements CacheTierOptionsFactory {
      constructor(private readonly settings: Settings) {}

      createCacheTierOptions(): CacheTierModuleOptions {
        return { namespace: this.settings.bucket };
      }
    }

    const { cache } = await asyncCache({ imports: [SettingsModule], useClass: CacheSettings });

    expect(cache.name).toBe('cities');
  });

  it('asks the provider of useExisting', async () => {
    class CacheSettings implements CacheTierOptionsFactory {
      async createCacheTierOptions(): Promise<CacheTierModuleOptions> {
        return { namespace: 'existing' };
      }
    }
    const token: InjectionToken<CacheSettings> = 'cache settings';

    @Module({ providers: [{ provide: token, useClass: CacheSettings }], exports: [token] })
    class CacheSettingsModule {}

    const { cache } = await asyncCache({ imports: [CacheSettingsModule], useExisting: token });

    expect(cache.name).toBe('existing');
  });

  it('adds extraProviders for the factory', async () => {
    const { cache } = await asyncCache({
      extraProviders: [{ provide: 'prefix', useValue: 'extra' }],
      inject: ['prefix'],
      useFactory: (namespace: string) => ({ namespace }),
    });

    expect(cache.name).toBe('extra');
  });

  it('names a cache, which is then its namespace by default', async () => {
    const { cache } = await asyncCache({ name: 'sessions', useFactory: () => ({}) });

    expect(cache.name).toBe('sessions');
  });

  it('makes custom tiers by useClass and useFactory, with what the imports provide', async () => {
    const { app, cache } = await asyncCache({
      imports: [SettingsModule],
      useFactory: () => ({
        tiers: [
          customTier({ useClass: BucketBackend }),
          customTier({ name: 'made', useFactory: async () => new MapBackend() }),
        ],
      }),
    });

    expect(cache.tierNames).toEqual(['bucket', 'made']);
    expect(cache.backend('bucket')).toMatchObject({ settings: app.get(Settings) });
  });

  it('refuses custom tiers that Nest would have to know before, and says what to do', async () => {
    await expect(
      asyncCache({
        useFactory: () => ({ tiers: [customTier({ name: 'far', useExisting: 'somewhere' })] }),
      }),
    ).rejects.toThrow('Option "tiers(far)": in forRootAsync, inject what it needs');
  });

  it('closes the backends it has made when a later one cannot be made', async () => {
    const first = new BucketBackend(new Settings());
    const given = new BucketBackend(new Settings());

    await expect(
      asyncCache({
        useFactory: () => ({
          tiers: [
            customTier({ name: 'first', useFactory: () => first }),
            customTier({ name: 'given', useValue: given }),
            customTier({ name: 'second', useFactory: () => Promise.reject(new Error('no disk')) }),
          ],
        }),
      }),
    ).rejects.toThrow('no disk');

    expect(first.closed).toBe(1);
    expect(given.closed).toBe(0);
  });
});

describe('the option backends of forRootAsync', () => {
  it('makes backends injectable by name and by class', async () => {
    @Injectable()
    class Observer {
      constructor(
        readonly memory: MemoryBackend,
        @InjectBackend('far') readonly far: MapBackend,
      ) {}
    }

    const app = await apps.start({
      imports: [
        CacheTierModule.forRootAsync({
          useFactory: () => ({ tiers: [memoryTier(), mapTier({ name: 'far' })] }),
          backends: [MemoryBackend, 'far'],
        }),
      ],
      providers: [Observer],
    });
    const cache = app.get(TieredCache);

    expect(app.get(Observer).memory).toBe(cache.backend('memory'));
    expect(app.get(Observer).far).toBe(cache.backend('far'));
  });

  it('fails the start when the factory makes no such tier, and names those that there are', async () => {
    await expect(asyncCache({ useFactory: twoTiers, backends: ['redis'] })).rejects.toThrow(
      'Option "backends": no tier is called "redis"; there are memory, map',
    );
    await expect(asyncCache({ useFactory: twoTiers, backends: [BucketBackend] })).rejects.toThrow(
      'Option "backends": no tier is on "BucketBackend"; there are memory, map',
    );
  });

  it('fails the start when a class stands for several tiers', async () => {
    await expect(
      asyncCache({
        useFactory: () => ({ tiers: [mapTier(), mapTier({ name: 'far' })] }),
        backends: [MapBackend],
      }),
    ).rejects.toThrow('several tiers are on "MapBackend", map, far');
  });
});
