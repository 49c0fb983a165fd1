import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierModuleOptions } from '../../../lib/nest/cache-tier.options.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { getCacheToken } from '../../../lib/nest/tokens.js';
import type { CacheWarmUp } from '../../../lib/nest/warm-up/warm-up.options.js';
import { deferred, settle } from '../../core/helpers.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();

afterEach(() => apps.closeAll());

@Injectable()
class CityRepository {
  popularKeys(): string[] {
    return ['city:1', 'city:2'];
  }

  async byKey(key: string): Promise<string> {
    return `the city of ${key}`;
  }
}

@Module({ providers: [CityRepository], exports: [CityRepository] })
class CityModule {}

const warmUp: CacheTierModuleOptions['warmUp'] = {
  inject: [CityRepository],
  useFactory: (cities: CityRepository) => (cache, signal) =>
    cache.warmUp(cities.popularKeys(), ({ key }) => cities.byKey(key), { signal }),
};

async function started(options: CacheTierModuleOptions['warmUp']) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot({ warmUp: options })] });
  await settle();
  return app;
}

describe('the option warmUp of the module', () => {
  it('fills the cache with what a provider of another module has, which need not be imported', async () => {
    const app = await apps.start({ imports: [CacheTierModule.forRoot({ warmUp }), CityModule] });
    await settle();
    expect(app.get(TieredCache).peek('city:1')).toBe('the city of city:1');
    expect(app.get(TieredCache).peek('city:2')).toBe('the city of city:2');
    expect([apps.log.errors, apps.log.warnings]).toEqual([[], []]);
  });

  it('may come from the factory of forRootAsync', async () => {
    const app = await apps.start({
      imports: [CacheTierModule.forRootAsync({ useFactory: () => ({ warmUp }) }), CityModule],
    });
    await settle();
    expect(app.get(TieredCache).peek('city:2')).toBe('the city of city:2');
  });

  it('may be a function, where it needs nothing, and is given the cache and a signal', async () => {
    let given: unknown[] = [];
    const app = await started((...args) => {
      given = args;
    });
    expect(given).toEqual([app.get(TieredCache), expect.any(AbortSignal)]);
  });

  it('may be made by an asynchronous factory', async () => {
    const app = await started({
      useFactory: async (): Promise<CacheWarmUp> => (cache) => cache.set('key', 1),
    });
    expect(app.get(TieredCache).peek('key')).toBe(1);
  });

  it('is one for each cache, of that cache', async () => {
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({ warmUp: (cache) => cache.set('key', 'unnamed') }),
        CacheTierModule.forRoot({ name: 'b', warmUp: (cache) => cache.set('key', 'named') }),
      ],
    });
    await settle();
    expect(app.get(TieredCache).peek('key')).toBe('unnamed');
    expect(app.get<TieredCache>(getCacheToken('b')).peek('key')).toBe('named');
  });

  it('can call decorated methods of services that use the cache themselves', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      constructor(@Inject(TieredCache) readonly cache: TieredCache) {}

      @Cached()
      async findOne(id: number): Promise<number> {
        this.runs++;
        return id;
      }
    }
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          warmUp: {
            inject: [CityService],
            useFactory: (service: CityService) => () => service.findOne(7),
          },
        }),
      ],
      providers: [CityService],
    });
    await settle();
    const service = app.get(CityService);
    expect(service.runs).toBe(1);
    expect(await service.findOne(7)).toBe(7);
    expect(service.runs).toBe(1);
  });

  it('does not hold the start up', async () => {
    const goOn = deferred();
    const app = await started(() => goOn.promise);
    expect(await app.get(TieredCache).getOrCompute('key', () => 1)).toBe(1);
    goOn.resolve();
  });

  it('does not run where the application is only compiled', async () => {
    let runs = 0;
    const app = await apps.compile({
      imports: [CacheTierModule.forRoot({ warmUp: () => runs++ })],
    });
    await app.close();
    expect(runs).toBe(0);
  });

  it('does not warm up what a test has put in the place of the cache', async () => {
    let runs = 0;
    const mock = { get: () => undefined };

    @Module({
      imports: [CacheTierModule.forRoot({ isGlobal: false, warmUp: () => runs++ })],
    })
    class RootModule {}
    const { Test } = await import('@nestjs/testing');
    const app = await Test.createTestingModule({ imports: [RootModule] })
      .overrideProvider(TieredCache)
      .useValue(mock)
      .compile();
    await app.init();
    await settle();
    await app.close();
    expect(runs).toBe(0);
  });
});

describe('a warm-up of the module that fails', () => {
  it('is logged once, and the application works', async () => {
    const app = await started(async () => {
      throw new TypeError('no database\nFORGED');
    });
    expect(apps.log.errors).toEqual(['The warm-up failed: TypeError: "no database\\nFORGED"']);
    expect(await app.get(TieredCache).getOrCompute('key', () => 1)).toBe(1);
  });

  it.each<[string, NonNullable<CacheTierModuleOptions['warmUp']>, string]>([
    [
      'by what it throws at once',
      () => {
        throw new RangeError('at once');
      },
      'The warm-up failed: RangeError: "at once"',
    ],
    [
      'by its factory',
      { useFactory: () => Promise.reject(new RangeError('no factory')) },
      'The warm-up failed: RangeError: "no factory"',
    ],
    [
      'by a factory that answers no function',
      { useFactory: () => ({ keys: [] }) as never },
      'The warm-up failed: Option "warmUp.useFactory": answers a function of the cache and a signal; it has answered an object',
    ],
    [
      'by a key that is none',
      (cache) => cache.warmUp([''], () => 1),
      'The warm-up failed: A key is a non-empty string',
    ],
  ])('%s is logged like any other', async (_, option, message) => {
    await started(option);
    expect(apps.log.errors).toEqual([expect.stringContaining(message)]);
  });

  it('of single keys is logged once, as a warning, with the first of them', async () => {
    await started((cache) =>
      cache.warmUp(['a', 'b\u001b[31m', 'c'], ({ key }) => {
        if (key !== 'a') throw new TypeError(`none for ${key}`);
        return 1;
      }),
    );
    expect(apps.log.errors).toEqual([]);
    expect(apps.log.warnings).toEqual([
      'The warm-up could not load 2 of 3 keys; the first was "b\\u001b[31m": TypeError: "none for b\\u001b[31m"',
    ]);
  });

  it('is named after its cache', async () => {
    await apps.start({
      imports: [
        CacheTierModule.forRoot({ name: 'cities', warmUp: () => Promise.reject(new Error('no')) }),
      ],
    });
    await settle();
    expect(apps.log.errors).toEqual(['The warm-up of cache "cities" failed: Error: "no"']);
  });
});

/** Keys, each noted when it is read. */
function* keysInto(read: string[]): Generator<string> {
  for (const key of ['a', 'b', 'c']) {
    read.push(key);
    yield key;
  }
}

describe('the end of the application', () => {
  it('stops the warm-up: no further key is read, and nothing is logged', async () => {
    const load = deferred<number>();
    const read: string[] = [];
    let settled: unknown;
    const app = await started(async (cache, signal) => {
      try {
        await cache.warmUp(keysInto(read), () => load.promise, { signal, concurrency: 1 });
      } catch (error) {
        settled = error;
        throw error;
      }
    });
    expect(read).toEqual(['a']);
    const closing = app.close();
    await settle();
    load.resolve(1);
    await closing;
    expect(read).toEqual(['a']);
    expect(settled).toMatchObject({ name: 'AbortError' });
    expect(apps.log.errors).toEqual([]);
  });

  it('does not wait for a warm-up that ignores the signal', async () => {
    const never = deferred();
    const app = await started(() => never.promise);
    await app.close();
    never.reject(new Error('much later'));
    await settle();
    expect(apps.log.errors).toEqual([]);
  });
});

describe('the option warmUp is refused', () => {
  it.each<[string, unknown, string]>([
    ['no function and no options', 'warm', 'Option "warmUp": is an object of options'],
    ['without a factory', {}, 'Option "warmUp.useFactory": is a function'],
    ['with an unknown option', { useClass: CityRepository }, 'Option "warmUp.useClass"'],
    [
      'with an inject that is no list',
      { useFactory: () => () => 1, inject: CityRepository },
      'Option "warmUp.inject": is a list',
    ],
    [
      'with a timeout that is no duration',
      { useFactory: () => () => 1, timeout: 'long' },
      'Option "warmUp.timeout"',
    ],
  ])('%s', async (_, option, message) => {
    expect(() => CacheTierModule.forRoot({ warmUp: option as never })).toThrow(message);
    const start = apps.start({
      imports: [CacheTierModule.forRootAsync({ useFactory: () => ({ warmUp: option as never }) })],
    });
    await expect(start).rejects.toThrow(message);
  });

  it('at the start, where no module provides what it needs', async () => {
    const start = apps.start({ imports: [CacheTierModule.forRoot({ warmUp })] });
    await expect(start).rejects.toThrow(InvalidOptionError);
    await expect(start).rejects.toThrow(
      'Option "warmUp.inject[0]": no module provides "CityRepository" as one instance for the whole application',
    );
  });

  it('at the start, where what it needs is made for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class User {}
    const start = apps.start({
      imports: [CacheTierModule.forRoot({ warmUp: { inject: [User], useFactory: () => () => 1 } })],
      providers: [User],
    });
    await expect(start).rejects.toThrow('no module provides "User" as one instance');
  });

  it('not before other mistakes of forRootAsync are told', async () => {
    const start = apps.start({
      imports: [CacheTierModule.forRootAsync({ useFactory: () => undefined as never })],
    });
    await expect(start).rejects.toThrow('is an object of options; got undefined');
  });
});
