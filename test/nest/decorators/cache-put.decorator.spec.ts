import { Injectable, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  concat,
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  Observable,
  of,
  throwError,
  toArray,
} from 'rxjs';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { BackendError, InvalidKeyError, SerializationError } from '../../../lib/contract/errors.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierRootOptions } from '../../../lib/nest/cache-tier.options.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { CachePut } from '../../../lib/nest/decorators/cache-put.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

async function provide<T>(type: Type<T>, options: CacheTierRootOptions = {}) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot(options)], providers: [type] });
  return { service: app.get<T>(type), cache: app.get(TieredCache) };
}

const key = (id: number): string => `city:${id}`;

class City {
  constructor(readonly name: string) {}

  greet(): string {
    return `Hello ${this.name}`;
  }
}

@Injectable()
class CityService {
  runs = 0;

  @Cached({ key })
  async find(id: number): Promise<string> {
    return `${id} from the database`;
  }

  @CachePut({ key })
  async save(_id: number, name: string | undefined): Promise<string | undefined> {
    this.runs++;
    return name;
  }

  @CachePut({ key, unless: (name: string) => name === '' })
  async saveUnlessEmpty(_id: number, name: string): Promise<string> {
    return name;
  }

  @CachePut({ key })
  async saveNull(_id: number): Promise<null> {
    return null;
  }

  @CachePut({ key, ttl: '1s' })
  async saveBriefly(_id: number, name: string): Promise<string> {
    return name;
  }

  @CachePut({ key, type: City })
  async saveInstance(_id: number, name: string): Promise<City> {
    return new City(name);
  }

  @CachePut({ key })
  async saveBare(_id: number, name: string): Promise<City> {
    return new City(name);
  }

  @CachePut({ key })
  async fail(_id: number): Promise<string> {
    throw new Error('database down');
  }

  @CachePut({ key: () => '' })
  async badKey(): Promise<string> {
    this.runs++;
    return 'done';
  }

  @CachePut({ key, throwOnError: true })
  async strict(_id: number, name: string): Promise<string> {
    return name;
  }

  @CachePut({ key })
  watch(_id: number, ...names: string[]): Observable<string> {
    return new Observable((subscriber) => of(...names).subscribe(subscriber));
  }

  @CachePut({ key })
  end(_id: number): Observable<string> {
    return EMPTY;
  }

  @CachePut({ key })
  break(_id: number): Observable<string> {
    return concat(
      of('first'),
      throwError(() => new Error('feed down')),
    );
  }

  @CachePut({ key })
  inferred(_id: number) {
    return of('inferred');
  }
}

describe('@CachePut', () => {
  it('runs the method each time, and stores what it answers for those who read', async () => {
    const { service } = await provide(CityService);
    await service.find(1);

    expect(await service.save(1, 'Paris')).toBe('Paris');
    expect(await service.find(1)).toBe('Paris');
    await service.save(1, 'Lyon');
    expect(await service.find(1)).toBe('Lyon');
    expect(service.runs).toBe(2);
  });

  it('removes the key where the answer is undefined, and stores null', async () => {
    const { service, cache } = await provide(CityService);
    await service.save(1, 'Paris');

    await service.save(1, undefined);
    expect(await service.find(1)).toBe('1 from the database');
    expect(await service.saveNull(1)).toBeNull();
    expect(cache.peek('city:1')).toBeNull();
  });

  it('stores nothing, and leaves what is there, where unless says so', async () => {
    const { service, cache } = await provide(CityService);
    await service.saveUnlessEmpty(1, 'Paris');

    expect(await service.saveUnlessEmpty(1, '')).toBe('');
    expect(cache.peek('city:1')).toBe('Paris');
  });

  it('stores for its ttl, or that of @CacheDefaults, in their namespace', async () => {
    @Injectable()
    @CacheDefaults({ namespace: 'cities', ttl: '2s' })
    class DefaultsService {
      @CachePut({ key })
      async save(_id: number, name: string): Promise<string> {
        return name;
      }

      @CachePut({ key, ttl: '1s' })
      async saveBriefly(_id: number, name: string): Promise<string> {
        return name;
      }
    }
    const clock = new ManualClock();
    const { service, cache } = await provide(DefaultsService, { clock });
    const cities = cache.namespace('cities');

    await service.save(1, 'Paris');
    await service.saveBriefly(2, 'Lyon');

    await clock.advance(999);
    expect([cities.peek('city:1'), cities.peek('city:2')]).toEqual(['Paris', 'Lyon']);
    await clock.advance(1);
    expect([cities.peek('city:1'), cities.peek('city:2')]).toEqual(['Paris', undefined]);
    await clock.advance(1000);
    expect(cities.peek('city:1')).toBeUndefined();
  });

  it('stores class instances by the option type', async () => {
    const far = new MapBackend();
    const { service, cache } = await provide(CityService, {
      tiers: [memoryTier(), customTier({ name: 'far', useValue: new FaultyBackend(far) })],
    });

    await service.saveInstance(1, 'Paris');
    cache.backend('memory').remove('city:1');

    expect((await cache.get<City>('city:1', { type: City }))?.greet()).toBe('Hello Paris');
  });

  it('stores nothing when the method rejects', async () => {
    const { service, cache } = await provide(CityService);
    await service.save(1, 'Paris');

    await expect(service.fail(1)).rejects.toThrow('database down');
    expect(cache.peek('city:1')).toBe('Paris');
  });

  it('stores each value of an Observable before it is passed on', async () => {
    const { service, cache } = await provide(CityService);

    expect(await firstValueFrom(service.watch(1, 'Paris', 'Lyon'))).toBe('Paris');
    expect(cache.peek('city:1')).toBe('Paris');
    const values = await lastValueFrom(service.watch(1, 'Lyon', 'Nice').pipe(toArray()));
    expect(values).toEqual(['Lyon', 'Nice']);
    expect(cache.peek('city:1')).toBe('Nice');
    expect(await lastValueFrom(service.inferred(2))).toBe('inferred');
    expect(cache.peek('city:2')).toBe('inferred');
  });

  it('removes the key where an Observable ends without a value, and keeps what came before an error', async () => {
    const { service, cache } = await provide(CityService);
    await service.save(1, 'Paris');

    expect(await lastValueFrom(service.end(1).pipe(toArray()))).toEqual([]);
    expect(cache.peek('city:1')).toBeUndefined();
    await expect(lastValueFrom(service.break(2))).rejects.toThrow('feed down');
    expect(cache.peek('city:2')).toBe('first');
  });
});

async function provideFar() {
  const far = new FaultyBackend(new MapBackend());
  const provided = await provide(CityService, {
    tiers: [memoryTier(), customTier({ name: 'far', useValue: far })],
  });
  return { ...provided, far };
}

describe('@CachePut and failures', () => {
  it('succeeds and logs where a tier does not store, unless it is told to throw', async () => {
    const { service, cache, far } = await provideFar();
    far.fail(new Error('login with password hunter2 failed'));

    expect(await service.save(1, 'Paris')).toBe('Paris');
    expect(cache.peek('city:1')).toBe('Paris');
    expect(apps.log.errors).toEqual([
      '@CachePut on CityService.save: Cache backend "far" failed in write: Error',
    ]);
    await expect(service.strict(1, 'Lyon')).rejects.toThrow(BackendError);
  });

  it('rejects where the value cannot be stored as it is, or the key is none: mistakes in the call', async () => {
    const { service } = await provideFar();

    await expect(service.saveBare(1, 'Paris')).rejects.toThrow(SerializationError);
    await expect(service.badKey()).rejects.toThrow(InvalidKeyError);
    expect(service.runs).toBe(1);
  });
});
