import { Injectable, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { mapTier } from '../../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { InvalidKeyError } from '../../../lib/contract/errors.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierRootOptions } from '../../../lib/nest/cache-tier.options.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { getCacheToken } from '../../../lib/nest/tokens.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

/** A provider of an application with a cache, and the two. */
async function provide<T>(type: Type<T>, options: CacheTierRootOptions = {}) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot(options)], providers: [type] });
  return { app, service: app.get<T>(type), cache: app.get(TieredCache) };
}

function fail(): never {
  throw new Error('bad function');
}

function Marked(value: string): MethodDecorator {
  return (_target, _property, descriptor) =>
    Reflect.defineMetadata('mark', value, descriptor.value as object);
}

describe('@Cached', () => {
  it('runs the method once for the same arguments, and again for others', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached()
      async find(id: number, options?: { deep: boolean }): Promise<string> {
        return `${id} ${options?.deep} ${++this.runs}`;
      }
    }
    const { service } = await provide(CityService);

    expect(await service.find(1)).toBe('1 undefined 1');
    expect(await service.find(1)).toBe('1 undefined 1');
    expect(await service.find(2)).toBe('2 undefined 2');
    expect(await service.find(1, { deep: true })).toBe('1 true 3');
    expect(await service.find(1, { deep: true })).toBe('1 true 3');
  });

  it('makes default keys no longer than the cache takes', async () => {
    @Injectable()
    class CityService {
      @Cached()
      async find(name: string): Promise<string> {
        return `the city of ${name}`;
      }
    }
    const { service } = await provide(CityService, { maxKeyLength: 100 });
    const name = 'x'.repeat(150);

    expect(await service.find(name)).toBe(`the city of ${name}`);
    expect(await service.find(`${name}y`)).toBe(`the city of ${name}y`);
  });

  it('keeps the answer under the names of class and method and the arguments, by default', async () => {
    @Injectable()
    class CityService {
      @Cached()
      async find(id: number): Promise<string> {
        return `city ${id}`;
      }
    }
    const { service, cache } = await provide(CityService);

    await service.find(7);

    expect(cache.peek('CityService.find(7)')).toBe('city 7');
  });

  it('keeps it under what the option key makes of the arguments', async () => {
    @Injectable()
    class CityService {
      @Cached({ key: (id: number) => `city:${id}` })
      async find(id: number, _trace: object): Promise<string> {
        return `city ${id}`;
      }
    }
    const { service, cache } = await provide(CityService);

    await service.find(7, { anything: () => undefined });

    expect(cache.peek('city:7')).toBe('city 7');
  });

  it('shares one run among 20 calls at once', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached()
      async find(id: number): Promise<{ id: number }> {
        this.runs++;
        await Promise.resolve();
        return { id };
      }
    }
    const { service } = await provide(CityService);

    const answers = await Promise.all(Array.from({ length: 20 }, () => service.find(1)));

    expect(service.runs).toBe(1);
    expect(new Set(answers).size).toBe(1);
  });

  it('hands a rejection to all who wait, and keeps it for nobody', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached()
      async find(_id: number): Promise<string> {
        if (++this.runs === 1) throw new Error('database down');
        return 'found';
      }
    }
    const { service } = await provide(CityService);

    const outcomes = await Promise.allSettled([service.find(1), service.find(1)]);

    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { message: 'database down' } },
      { status: 'rejected', reason: { message: 'database down' } },
    ]);
    expect(service.runs).toBe(1);
    expect(await service.find(1)).toBe('found');
  });

  it('makes a rejection of what a method throws that answers a promise', async () => {
    @Injectable()
    class CityService {
      @Cached()
      find(_id: number): Promise<string> {
        throw new Error('not even a promise');
      }
    }
    const { service } = await provide(CityService);

    await expect(service.find(1)).rejects.toThrow('not even a promise');
  });

  it('rejects, and never throws, where the key, when or the arguments fail', async () => {
    @Injectable()
    class CityService {
      @Cached({ key: fail })
      async badKey(): Promise<void> {}

      @Cached({ when: fail })
      async badCondition(): Promise<void> {}

      @Cached({ key: () => '' })
      async emptyKey(): Promise<void> {}

      @Cached({ key: () => undefined as never })
      async noKey(): Promise<void> {}

      @Cached()
      async badArgument(_callback: () => void): Promise<void> {}
    }
    const { service } = await provide(CityService);

    await expect(service.badKey()).rejects.toThrow('bad function');
    await expect(service.badCondition()).rejects.toThrow('bad function');
    await expect(service.emptyKey()).rejects.toThrow(InvalidKeyError);
    await expect(service.noKey()).rejects.toThrow(InvalidKeyError);
    await expect(service.badArgument(fail)).rejects.toThrow(
      /No default key for this call of CityService.badArgument: .* Give the option "key"/,
    );
  });

  it('keeps null as a value, and undefined only with negativeTtl', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached()
      async nothing(): Promise<null> {
        this.runs++;
        return null;
      }

      @Cached()
      async absent(): Promise<undefined> {
        this.runs++;
        return undefined;
      }

      @Cached({ negativeTtl: 100 })
      async keptAbsent(): Promise<undefined> {
        this.runs++;
        return undefined;
      }
    }
    const clock = new ManualClock();
    const { service } = await provide(CityService, { clock });
    const runsOfTwo = async (call: () => Promise<unknown>): Promise<number> => {
      const before = service.runs;
      await call();
      await call();
      return service.runs - before;
    };

    expect(await runsOfTwo(() => service.nothing())).toBe(1);
    expect(await runsOfTwo(() => service.absent())).toBe(2);
    expect(await runsOfTwo(() => service.keptAbsent())).toBe(1);
    await clock.advance(99);
    expect(await runsOfTwo(() => service.keptAbsent())).toBe(0);
    await clock.advance(1);
    expect(await runsOfTwo(() => service.keptAbsent())).toBe(1);
  });

  it("keeps an answer for its ttl, or else for the cache's", async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached({ ttl: '2s' })
      async own(): Promise<number> {
        return ++this.runs;
      }

      @Cached()
      async byDefault(): Promise<number> {
        return ++this.runs;
      }
    }
    const clock = new ManualClock();
    const { service } = await provide(CityService, { clock, ttl: 1000 });

    expect([await service.own(), await service.byDefault()]).toEqual([1, 2]);
    await clock.advance(999);
    expect([await service.own(), await service.byDefault()]).toEqual([1, 2]);
    await clock.advance(1);
    expect([await service.own(), await service.byDefault()]).toEqual([1, 3]);
    await clock.advance(1000);
    expect(await service.own()).toBe(4);
  });

  it('calls key, when and unless with the arguments, and with the instance as `this`', async () => {
    @Injectable()
    class CityService {
      runs = 0;
      tenant = 'a';
      isOff = false;
      limit = 10;

      @Cached({
        key(this: CityService, id: number) {
          return `${this.tenant}:${id}`;
        },
        when(this: CityService, id: number) {
          return !this.isOff && id > 0;
        },
        unless(this: CityService, value: number) {
          return value > this.limit;
        },
      })
      async find(id: number): Promise<number> {
        this.runs++;
        return id * 10;
      }
    }
    const { service, cache } = await provide(CityService);

    await service.find(1);
    await service.find(1);
    expect(service.runs).toBe(1);
    expect(cache.peek('a:1')).toBe(10);
    service.tenant = 'b';
    await service.find(1);
    expect(service.runs).toBe(2);
    expect(cache.peek('b:1')).toBe(10);
    await service.find(2);
    await service.find(2);
    expect(service.runs).toBe(4);
    await service.find(-1);
    expect(cache.peek('b:-1')).toBeUndefined();
    service.isOff = true;
    await service.find(1);
    expect(service.runs).toBe(6);
  });

  it('stores class instances by the option type', async () => {
    class City {
      constructor(readonly name: string) {}

      greet(): string {
        return `Hello ${this.name}`;
      }
    }

    @Injectable()
    class CityService {
      @Cached({ type: City })
      async find(name: string): Promise<City> {
        return new City(name);
      }
    }
    const far = new FaultyBackend(new MapBackend());
    const { service, cache } = await provide(CityService, {
      tiers: [memoryTier(), customTier({ name: 'far', useValue: far })],
    });
    await service.find('Paris');
    cache.backend('memory').remove('CityService.find("Paris")');

    expect((await service.find('Paris')).greet()).toBe('Hello Paris');
    expect(cache.stats().tiers[1]?.hits).toBe(1);
  });

  it('uses the cache that the option cache names, and the namespace', async () => {
    @Injectable()
    class CityService {
      @Cached({ cache: 'sessions', key: () => 'key' })
      async session(): Promise<string> {
        return 'a session';
      }

      @Cached({ namespace: 'cities', key: () => 'key' })
      async city(): Promise<string> {
        return 'a city';
      }
    }
    const app = await apps.start({
      imports: [CacheTierModule.forRoot(), CacheTierModule.forRoot({ name: 'sessions' })],
      providers: [CityService],
    });
    const service = app.get(CityService);

    await service.session();
    await service.city();

    expect(app.get<TieredCache>(getCacheToken('sessions')).peek('key')).toBe('a session');
    expect(app.get(TieredCache).peek('key')).toBeUndefined();
    expect(app.get(TieredCache).namespace('cities').peek('key')).toBe('a city');
  });

  it('answers by running the method while a tier fails', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached()
      async find(): Promise<number> {
        return ++this.runs;
      }
    }
    const far = new FaultyBackend(new MapBackend());
    far.fail(new Error('connection lost'));
    const { service } = await provide(CityService, {
      tiers: [customTier({ name: 'far', useValue: far })],
    });

    expect(await service.find()).toBe(1);
    expect(await service.find()).toBe(2);
    far.heal();
    expect(await service.find()).toBe(3);
    expect(await service.find()).toBe(3);
  });

  it('shares one run among the first calls of a method without a return type that answers a promise', async () => {
    @Injectable()
    class CityService {
      runs = 0;

      @Cached()
      find() {
        this.runs++;
        return Promise.resolve('found');
      }
    }
    const { service } = await provide(CityService, { tiers: [mapTier()] });

    const answers = await Promise.all(Array.from({ length: 20 }, () => service.find()));

    expect(new Set(answers)).toEqual(new Set(['found']));
    expect(service.runs).toBe(1);
  });

  it('leaves no unhandled rejection where it learns by running that a method answers promises', async () => {
    @Injectable()
    class CityService {
      @Cached({ key: () => 'held' })
      find() {
        return Promise.reject<string>(new Error('not asked'));
      }
    }
    const { service, cache } = await provide(CityService);
    await cache.set('held', 'from the cache');

    expect(await service.find()).toBe('from the cache');
    await new Promise((resolve) => setImmediate(resolve));
    await cache.remove('held');
    await expect(service.find()).rejects.toThrow('not asked');
  });
});

describe('the wrapper of a method', () => {
  it('has the name, the length and the metadata of the method', () => {
    class CityService {
      @Marked('above')
      @Cached()
      async above(_id: number, _limit: number): Promise<void> {}

      @Cached()
      @Marked('below')
      async ['find-one'](_id: number): Promise<void> {}
    }
    const describeMethod = (property: 'above' | 'find-one'): unknown[] => {
      const method: unknown = CityService.prototype[property];
      return typeof method === 'function'
        ? [method.name, method.length, Reflect.getMetadata('mark', method)]
        : [];
    };

    expect(describeMethod('above')).toEqual(['above', 2, 'above']);
    expect(describeMethod('find-one')).toEqual(['find-one', 1, 'below']);
  });
});
