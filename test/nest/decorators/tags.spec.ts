import { Injectable, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierRootOptions } from '../../../lib/nest/cache-tier.options.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { CacheEvict } from '../../../lib/nest/decorators/cache-evict.decorator.js';
import { CachePut } from '../../../lib/nest/decorators/cache-put.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

async function provide<T>(type: Type<T>, options: CacheTierRootOptions = {}) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot(options)], providers: [type] });
  return { service: app.get<T>(type), cache: app.get(TieredCache) };
}

@Injectable()
class CityService {
  tenant = 'a';
  /** With what arguments tags were made. */
  readonly made: unknown[][] = [];

  @Cached({ key: (id: number) => `list:${id}`, tags: ['cities', 'lists'] })
  async list(id: number): Promise<string> {
    return `list ${id}`;
  }

  @Cached({
    key: (id: number) => `city:${id}`,
    tags(this: CityService, _id: number, country: string) {
      this.made.push([_id, country]);
      return ['cities', `${this.tenant}:${country}`];
    },
  })
  async find(id: number, _country: string): Promise<string> {
    return `city ${id}`;
  }

  @Cached({ key: (id: number) => `watched:${id}`, tags: (id: number) => [`watched:${id}`] })
  watch(id: number): Observable<string> {
    return of(`watched ${id}`);
  }

  @CachePut({ key: (id: number) => `city:${id}`, tags: ['cities'] })
  async save(_id: number, name: string): Promise<string> {
    return name;
  }

  @CachePut({
    key: (id: number) => `city:${id}`,
    tags(this: CityService, _id: number, name: string) {
      return [`${this.tenant}:${name}`];
    },
  })
  async saveOf(_id: number, name: string): Promise<string> {
    return name;
  }

  @CacheEvict({ tags: ['cities'] })
  async forgetAll(): Promise<string> {
    return 'done';
  }

  @CacheEvict({
    tags(this: CityService, ...countries: string[]) {
      return countries.map((country) => `${this.tenant}:${country}`);
    },
  })
  async forget(..._countries: string[]): Promise<void> {}

  @CacheEvict({ tags: ['cities'], before: true })
  async failing(): Promise<void> {
    throw new Error('origin');
  }

  @CacheEvict({ tags: ['cities'] })
  forgetObserved(): Observable<string> {
    return of('done');
  }

  @Cached({ key: () => 'bad', tags: () => [''] })
  async bad(): Promise<string> {
    return 'bad';
  }

  @Cached({ key: () => 'worse', tags: () => ['x\0'] })
  worse(): Observable<string> {
    return of('worse');
  }
}

describe('the option tags', () => {
  it('of @Cached is a list, or made of the arguments on the instance', async () => {
    const { service, cache } = await provide(CityService);
    await service.list(1);
    await service.find(1, 'FR');
    service.tenant = 'b';
    await service.find(2, 'FR');

    await cache.invalidateTags(['a:FR']);
    expect(cache.peek('city:1')).toBeUndefined();
    expect(cache.peek('city:2')).toBe('city 2');
    expect(cache.peek('list:1')).toBe('list 1');
    await cache.invalidateTags(['lists', 'b:FR']);
    expect(cache.peek('city:2')).toBeUndefined();
    expect(cache.peek('list:1')).toBeUndefined();
  });

  it('is asked only where the method runs, and not at a hit', async () => {
    const { service } = await provide(CityService);
    await service.find(1, 'FR');
    await service.find(1, 'FR');
    await service.find(1, 'IT');

    expect(service.made).toEqual([[1, 'FR']]);
  });

  it('belongs to a value that a method answers as an Observable, too', async () => {
    const { service, cache } = await provide(CityService);
    expect(await lastValueFrom(service.watch(1))).toBe('watched 1');
    expect(cache.peek('watched:1')).toBe('watched 1');

    await cache.invalidateTags(['watched:1']);

    expect(cache.peek('watched:1')).toBeUndefined();
  });

  it('of @CachePut takes the place of what the value had before', async () => {
    const { service, cache } = await provide(CityService);
    await service.save(1, 'Paris');
    await service.saveOf(2, 'Rome');

    await cache.invalidateTags(['cities']);
    expect(cache.peek('city:1')).toBeUndefined();
    expect(cache.peek('city:2')).toBe('Rome');
    await cache.invalidateTags(['a:Rome']);
    expect(cache.peek('city:2')).toBeUndefined();
  });

  it('that is none rejects, and nothing is kept', async () => {
    const { service, cache } = await provide(CityService);

    await expect(service.bad()).rejects.toThrow(InvalidOptionError);
    await expect(lastValueFrom(service.worse())).rejects.toThrow(InvalidOptionError);

    expect(cache.peek('bad')).toBeUndefined();
    expect(cache.peek('worse')).toBeUndefined();
  });
});

async function filled() {
  const provided = await provide(CityService);
  await provided.service.list(1);
  await provided.service.find(1, 'FR');
  await provided.service.find(2, 'IT');
  const keys = ['list:1', 'city:1', 'city:2'];
  return {
    ...provided,
    left: () => keys.filter((key) => provided.cache.peek(key) !== undefined),
  };
}

describe('@CacheEvict with tags', () => {
  it('voids what has one of them', async () => {
    const { service, left } = await filled();
    expect(left()).toEqual(['list:1', 'city:1', 'city:2']);

    expect(await service.forgetAll()).toBe('done');

    expect(left()).toEqual([]);
  });

  it('voids what has one of those that are made of the arguments, and nothing for none', async () => {
    const { service, left } = await filled();

    await service.forget();
    expect(left()).toEqual(['list:1', 'city:1', 'city:2']);
    await service.forget('FR', 'DE');
    expect(left()).toEqual(['list:1', 'city:2']);
  });

  it('voids before the method runs with before: true', async () => {
    const { service, left } = await filled();

    await expect(service.failing()).rejects.toThrow('origin');

    expect(left()).toEqual([]);
  });

  it('voids before the value of an Observable is passed on', async () => {
    const { service, left } = await filled();

    expect(await lastValueFrom(service.forgetObserved())).toBe('done');

    expect(left()).toEqual([]);
  });

  it('reaches all namespaces, whatever its own is', async () => {
    @Injectable()
    @CacheDefaults({ namespace: 'cities' })
    class NamespacedService {
      @Cached({ key: () => 'key', tags: ['cities'] })
      async find(): Promise<string> {
        return 'found';
      }

      @CacheEvict({ tags: ['cities'], namespace: 'other' })
      async forget(): Promise<void> {}
    }
    const { service, cache } = await provide(NamespacedService);
    await service.find();
    await cache.set('key', 'root', { tags: ['cities'] });
    expect(cache.namespace('cities').peek('key')).toBe('found');

    await service.forget();

    expect(cache.namespace('cities').peek('key')).toBeUndefined();
    expect(cache.peek('key')).toBeUndefined();
  });
});

describe('@CacheEvict with holdFor', () => {
  @Injectable()
  class HeldService {
    @Cached({ key: (id: number) => `city:${id}` })
    async find(id: number): Promise<string> {
      return `city ${id}`;
    }

    @CacheEvict({ key: (id: number) => [`city:${id}`], holdFor: 60_000 })
    async save(_id: number): Promise<void> {}
  }

  it('keeps the keys from being cached for so long, and no others', async () => {
    const { service, cache } = await provide(HeldService);
    await service.find(1);

    await service.save(1);
    expect(await service.find(1)).toBe('city 1');
    expect(await service.find(2)).toBe('city 2');

    expect(cache.peek('city:1')).toBeUndefined();
    expect(cache.peek('city:2')).toBe('city 2');
  });
});
