import { Inject, Injectable, Module } from '@nestjs/common';
import { CACHE_MANAGER as THEIR_CACHE_MANAGER } from '@nestjs/cache-manager';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Keyv } from 'keyv';
import { Cache } from '../../lib/compat/cache.js';
import {
  MODULE_OPTIONS_TOKEN as CACHE_MODULE_OPTIONS,
  type CacheOptionsFactory,
} from '../../lib/compat/cache-module.options.js';
import { CacheModule } from '../../lib/compat/cache.module.js';
import { CacheTierCompatModule } from '../../lib/compat/cache-tier-compat.module.js';
import { CACHE_MANAGER } from '../../lib/compat/constants.js';
import { InvalidOptionError } from '../../lib/contract/errors.js';
import { TieredCache } from '../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { Cached } from '../../lib/nest/decorators/cached.decorator.js';
import { getCacheToken } from '../../lib/nest/tokens.js';

let module: TestingModule;
const running: TestingModule[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

async function compile(...imports: NonNullable<Parameters<typeof Module>[0]['imports']>) {
  module = await Test.createTestingModule({ imports }).compile();
  running.push(module);
  await module.init();
  return module.get<Cache>(CACHE_MANAGER, { strict: false });
}

/** Whether what is kept without a ttl ends within a minute from now. */
async function endsWithinAMinute(cache: Cache): Promise<boolean> {
  await cache.set('a', 1);
  const end = await cache.ttl('a');
  return end !== undefined && end - Date.now() <= 60_000;
}

describe('CacheModule', () => {
  it('the token is that of @nestjs/cache-manager', () => {
    expect(CACHE_MANAGER).toBe(THEIR_CACHE_MANAGER);
  });

  it('register gives a cache by the token, and the same by the class', async () => {
    const cache = await compile(CacheModule.register());
    expect(module.get(Cache, { strict: false })).toBe(cache);
    expect(await endsWithinAMinute(cache)).toBe(false);
    expect(await cache.get('a')).toBe(1);
  });

  it('register takes a ttl and a store, which ends with the application', async () => {
    let ended = 0;
    const store = Object.assign(new Map<string, unknown>(), {
      disconnect: async () => void ended++,
    });
    const cache = await compile(
      CacheModule.register({ ttl: 60_000, stores: [new Keyv({ store })] }),
    );
    expect(await endsWithinAMinute(cache)).toBe(true);
    expect(store.size).toBe(1);
    await module.close();
    expect(ended).toBe(1);
  });

  it('its options are there by the token that they have in @nestjs/cache-manager', async () => {
    await compile(CacheModule.register({ ttl: 60_000 }));
    expect(module.get(CACHE_MODULE_OPTIONS, { strict: false })).toEqual({ ttl: 60_000 });
  });

  it('registerAsync takes a factory, with what it injects', async () => {
    @Module({ providers: [{ provide: 'TTL', useValue: 60_000 }], exports: ['TTL'] })
    class SettingsModule {}
    const cache = await compile(
      CacheModule.registerAsync({
        imports: [SettingsModule],
        inject: ['TTL'],
        useFactory: async (ttl: number) => ({ ttl }),
      }),
    );
    expect(await endsWithinAMinute(cache)).toBe(true);
  });

  it('registerAsync takes a class, and what it needs', async () => {
    @Injectable()
    class Settings implements CacheOptionsFactory {
      constructor(@Inject('TTL') private readonly ttl: number) {}
      createCacheOptions() {
        return { ttl: this.ttl };
      }
    }
    const cache = await compile(
      CacheModule.registerAsync({
        useClass: Settings,
        extraProviders: [{ provide: 'TTL', useValue: 60_000 }],
      }),
    );
    expect(await endsWithinAMinute(cache)).toBe(true);
  });

  it('is seen by every module only when it is global', async () => {
    @Injectable()
    class Service {
      constructor(@Inject(CACHE_MANAGER) readonly cache: Cache) {}
    }
    @Module({ providers: [Service] })
    class Feature {}
    await expect(compile(CacheModule.register(), Feature)).rejects.toThrow(/CACHE_MANAGER/);
    const cache = await compile(CacheModule.register({ isGlobal: true }), Feature);
    expect(module.get(Service, { strict: false }).cache).toBe(cache);
  });

  it('each registration has values of its own', async () => {
    @Injectable()
    class OneService {
      constructor(@Inject(CACHE_MANAGER) readonly cache: Cache) {}
    }
    @Injectable()
    class OtherService extends OneService {}
    @Module({ imports: [CacheModule.register()], providers: [OneService] })
    class One {}
    @Module({ imports: [CacheModule.register()], providers: [OtherService] })
    class Other {}
    await compile(One, Other);
    await module.get(OneService, { strict: false }).cache.set('a', 1);
    const other = module.get(OtherService, { strict: false }).cache;
    expect(await other.get('a')).toBeUndefined();
  });

  it('ends though a test has put something else in the place of the cache', async () => {
    module = await Test.createTestingModule({ imports: [CacheModule.register()] })
      .overrideProvider(CACHE_MANAGER)
      .useValue({ get: () => 'mocked' })
      .compile();
    running.push(module);
    await module.init();
    expect(module.get<{ get(): string }>(CACHE_MANAGER, { strict: false }).get()).toBe('mocked');
  });
});

describe('CacheTierCompatModule', () => {
  @Injectable()
  class Cities {
    loads = 0;
    @Cached({ key: (name: string) => `city:${name}` })
    async find(name: string): Promise<object> {
      return { name, load: ++this.loads };
    }
  }

  it('gives the cache of CacheTierModule by the token: what one stores, the other finds', async () => {
    @Module({ providers: [Cities] })
    class CitiesModule {}
    const cache = await compile(
      CacheTierModule.forRoot({ ttl: 60_000 }),
      CacheTierCompatModule.forRoot(),
      CitiesModule,
    );
    await cache.set('a', 1);
    expect(await module.get(TieredCache, { strict: false }).get('a')).toBe(1);
    expect(await endsWithinAMinute(cache)).toBe(true);
    const cities = module.get(Cities, { strict: false });
    await cities.find('oslo');
    await cache.clear();
    expect(await cities.find('oslo')).toEqual({ name: 'oslo', load: 2 });
  });

  it('takes settings of its own, and a cache by its name', async () => {
    const cache = await compile(
      CacheTierModule.forRoot(),
      CacheTierModule.forRoot({ name: 'pages' }),
      CacheTierCompatModule.forRoot({ cache: 'pages', ttl: 0, cacheId: 'mine' }),
    );
    expect(await endsWithinAMinute(cache)).toBe(false);
    expect(cache.cacheId()).toBe('mine');
    const pages = module.get<TieredCache>(getCacheToken('pages'), { strict: false });
    expect(await pages.get('a')).toBe(1);
    expect(await module.get(TieredCache, { strict: false }).get('a')).toBeUndefined();
  });

  it('refuses options that are not its own', () => {
    expect(() => CacheTierCompatModule.forRoot({ stores: [] } as never)).toThrow(
      InvalidOptionError,
    );
    expect(() => CacheTierCompatModule.forRoot({ cache: '' })).toThrow('Option "cache"');
    expect(() => CacheTierCompatModule.forRoot({ ttl: -1 })).toThrow('Option "ttl"');
    expect(() => CacheTierCompatModule.forRoot({ nonBlocking: 1 } as never)).toThrow('nonBlocking');
    for (const refreshThreshold of [-1, NaN, '5s']) {
      const options = { refreshThreshold } as never;
      expect(() => CacheTierCompatModule.forRoot(options)).toThrow('Option "refreshThreshold"');
    }
    for (const cacheId of ['', 1]) {
      const options = { cacheId } as never;
      expect(() => CacheTierCompatModule.forRoot(options)).toThrow('Option "cacheId"');
    }
  });
});
