import { Injectable, type Type } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { concat, firstValueFrom, lastValueFrom, Observable, of, throwError, toArray } from 'rxjs';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../../lib/backends/redis/redis-tier.js';
import {
  BackendError,
  InvalidationPendingError,
  InvalidKeyError,
  UnsupportedError,
} from '../../../lib/contract/errors.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierRootOptions } from '../../../lib/nest/cache-tier.options.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { CacheEvict } from '../../../lib/nest/decorators/cache-evict.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { RedisServer } from '../../support/redis-server.js';
import { NestApps } from '../support/nest-apps.js';
import { eventually, PATIENT } from '../../support/patience.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

const KEYS = ['city:1', 'city:2', 'city:3', 'country:FR'];

/** A provider, and a cache that holds a value under each of `KEYS`. */
async function provide<T>(type: Type<T>, options: CacheTierRootOptions = {}) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot(options)], providers: [type] });
  const cache = app.get(TieredCache);
  await cache.setMany(KEYS.map((key) => [key, 'old'] as const));
  return { app, service: app.get<T>(type), cache, left: () => left(cache) };
}

function left(cache: TieredCache): string[] {
  return KEYS.filter((key) => cache.peek(key) !== undefined);
}

describe('@CacheEvict removes', () => {
  @Injectable()
  class CityService {
    tenant = 'city';

    @CacheEvict({ key: 'city:1' })
    async one(): Promise<string> {
      return 'done';
    }

    @CacheEvict({ key: ['city:1', 'country:FR'] })
    async list(): Promise<void> {}

    @CacheEvict({ key: (id: number) => `city:${id}` })
    async byArgument(_id: number, _patch: object): Promise<void> {}

    @CacheEvict({ key: (...ids: number[]) => ids.map((id) => `city:${id}`) })
    async byArguments(..._ids: number[]): Promise<void> {}

    @CacheEvict({
      key(this: CityService, id: number) {
        return `${this.tenant}:${id}`;
      },
    })
    async byThis(_id: number): Promise<void> {}

    @CacheEvict({ pattern: 'city:*' })
    async pattern(): Promise<void> {}

    @CacheEvict({ pattern: (kind: string) => `${kind}:?` })
    async patternByArgument(_kind: string): Promise<void> {}

    @CacheEvict({ all: true })
    async all(): Promise<void> {}

    @CacheEvict({ key: 'city:1' })
    @CacheEvict({ pattern: 'country:*' })
    async several(): Promise<void> {}

    @CacheEvict({ key: (ids: number[]) => ids.map((id) => `city:${id}`) })
    async none(_ids: number[]): Promise<void> {}
  }

  it.each<[string, (service: CityService) => Promise<unknown>, string[]]>([
    ['a key', (service) => service.one(), ['city:2', 'city:3', 'country:FR']],
    ['a list of keys', (service) => service.list(), ['city:2', 'city:3']],
    [
      'the key of the arguments',
      (service) => service.byArgument(2, {}),
      ['city:1', 'city:3', 'country:FR'],
    ],
    ['the keys of the arguments', (service) => service.byArguments(1, 3), ['city:2', 'country:FR']],
    [
      'the key that a function of `this` makes',
      (service) => service.byThis(3),
      ['city:1', 'city:2', 'country:FR'],
    ],
    ['what matches a pattern', (service) => service.pattern(), ['country:FR']],
    [
      'what matches the pattern of the arguments',
      (service) => service.patternByArgument('city'),
      ['country:FR'],
    ],
    ['everything', (service) => service.all(), []],
    ['what each of several decorators names', (service) => service.several(), ['city:2', 'city:3']],
    ['nothing, where the list is empty', (service) => service.none([]), KEYS],
  ])('%s', async (_, call, expected) => {
    const { service, left: keysLeft } = await provide(CityService);

    await call(service);

    expect(keysLeft()).toEqual(expected);
  });

  it('and answers what the method answers', async () => {
    const { service } = await provide(CityService);

    expect(await service.one()).toBe('done');
  });

  it('in the namespace of @CacheDefaults or of its own alone', async () => {
    @Injectable()
    @CacheDefaults({ namespace: 'cities' })
    class NamespacedService {
      @Cached({ key: () => 'key' })
      async find(): Promise<string> {
        return 'found';
      }

      @CacheEvict({ key: 'key' })
      async one(): Promise<void> {}

      @CacheEvict({ all: true, namespace: 'other' })
      async other(): Promise<void> {}
    }
    const { service, cache, left: keysLeft } = await provide(NamespacedService);
    const cities = cache.namespace('cities');
    await service.find();
    await cache.set('key', 'outside');
    await cache.namespace('other').set('key', 'other');

    await service.other();
    expect(cities.peek('key')).toBe('found');
    expect(cache.namespace('other').peek('key')).toBeUndefined();
    await service.one();
    expect(cities.peek('key')).toBeUndefined();
    expect(cache.peek('key')).toBe('outside');
    expect(keysLeft()).toEqual(KEYS);
  });
});

describe('@CacheEvict removes when', () => {
  let seen: unknown;
  beforeEach(() => {
    seen = undefined;
  });

  @Injectable()
  class CityService {
    constructor(private readonly cache: TieredCache) {}

    @CacheEvict({ key: 'city:1' })
    async update(succeeds: boolean): Promise<void> {
      seen = this.cache.peek('city:1');
      await Promise.resolve();
      if (!succeeds) throw new Error('database down');
    }

    @CacheEvict({ key: 'city:1', before: true })
    async updateAfter(succeeds: boolean): Promise<string> {
      seen = this.cache.peek('city:1') ?? 'nothing';
      if (!succeeds) throw new Error('database down');
      return 'done';
    }

    @CacheEvict({ key: 'city:1' })
    inferred(succeeds: boolean) {
      return succeeds ? Promise.resolve('done') : Promise.reject<string>(new Error('no'));
    }

    @CacheEvict({ key: 'city:1' })
    throwing(): Promise<void> {
      throw new Error('not even a promise');
    }

    @CacheEvict({ key: () => '' })
    async badKey(): Promise<void> {
      seen = 'it ran';
    }
  }

  it('the method has succeeded, and before its answer arrives', async () => {
    const { service, left: keysLeft } = await provide(CityService);

    await service.update(true);

    expect(seen).toBe('old');
    expect(keysLeft()).not.toContain('city:1');
  });

  it('not when it rejects or throws', async () => {
    const { service, left: keysLeft } = await provide(CityService);

    await expect(service.update(false)).rejects.toThrow('database down');
    await expect(service.inferred(false)).rejects.toThrow('no');
    await expect(service.throwing()).rejects.toThrow('not even a promise');

    expect(keysLeft()).toEqual(KEYS);
    expect(await service.inferred(true)).toBe('done');
    expect(keysLeft()).not.toContain('city:1');
  });

  it('before the method runs with before: true, whatever becomes of it', async () => {
    const { service, left: keysLeft } = await provide(CityService);

    await expect(service.updateAfter(false)).rejects.toThrow('database down');

    expect(seen).toBe('nothing');
    expect(keysLeft()).not.toContain('city:1');
    expect(await service.updateAfter(true)).toBe('done');
  });

  it('the method has run: a key that is none rejects then', async () => {
    const { service } = await provide(CityService);

    await expect(service.badKey()).rejects.toThrow(InvalidKeyError);
    expect(seen).toBe('it ran');
  });
});

describe('@CacheEvict on a method that answers an Observable', () => {
  @Injectable()
  class CityService {
    runs = 0;

    @CacheEvict({ key: 'city:1' })
    update(): Observable<string> {
      this.runs++;
      return of('done');
    }

    @CacheEvict({ key: 'city:1' })
    silent(): Observable<never> {
      return new Observable((subscriber) => subscriber.complete());
    }

    @CacheEvict({ key: 'city:1' })
    failing(): Observable<string> {
      return throwError(() => new Error('database down'));
    }

    @CacheEvict({ key: 'city:1' })
    inferred() {
      return of('done', 'more');
    }

    @CacheEvict({ key: 'city:1', before: true })
    before(): Observable<string> {
      this.runs++;
      return concat(
        of('first'),
        throwError(() => new Error('database down')),
      );
    }
  }

  it('removes before the first value is passed on: who takes one and leaves finds nothing old', async () => {
    const { service, left: keysLeft } = await provide(CityService);
    const answer = service.update();
    expect(keysLeft()).toEqual(KEYS);

    expect(await firstValueFrom(answer)).toBe('done');

    expect(keysLeft()).not.toContain('city:1');
    expect(service.runs).toBe(1);
  });

  it('passes all values on, in their order, where nobody wrote down what it returns', async () => {
    const { service, left: keysLeft } = await provide(CityService);

    expect(await lastValueFrom(service.inferred().pipe(toArray()))).toEqual(['done', 'more']);
    expect(keysLeft()).not.toContain('city:1');
  });

  it('removes at the end of one without values', async () => {
    const { service, left: keysLeft } = await provide(CityService);

    expect(await lastValueFrom(service.silent().pipe(toArray()))).toEqual([]);
    expect(keysLeft()).not.toContain('city:1');
  });

  it('removes nothing when it fails', async () => {
    const { service, left: keysLeft } = await provide(CityService);

    await expect(lastValueFrom(service.failing())).rejects.toThrow('database down');
    expect(keysLeft()).toEqual(KEYS);
  });

  it('removes before it runs with before: true, once somebody has subscribed', async () => {
    const { service, left: keysLeft } = await provide(CityService);
    const answer = service.before();
    expect([service.runs, keysLeft()]).toEqual([0, KEYS]);

    await expect(lastValueFrom(answer)).rejects.toThrow('database down');

    expect(service.runs).toBe(1);
    expect(keysLeft()).not.toContain('city:1');
  });
});

describe('@CacheEvict while a tier fails', () => {
  @Injectable()
  class CityService {
    runs = 0;

    @CacheEvict({ key: 'city:1' })
    async update(): Promise<string> {
      this.runs++;
      return 'done';
    }

    @CacheEvict({ key: 'city:1', throwOnError: true })
    async strict(): Promise<string> {
      this.runs++;
      return 'done';
    }

    @CacheEvict({ key: 'city:1', before: true, throwOnError: true })
    async strictBefore(): Promise<string> {
      this.runs++;
      return 'done';
    }

    @CacheEvict({ key: 'city:1', throwOnError: true })
    observe(): Observable<string> {
      return of('done');
    }

    @CacheEvict({ all: true })
    async all(): Promise<void> {}
  }

  async function provideFailing() {
    const far = new FaultyBackend(new MapBackend());
    const provided = await provide(CityService, {
      tiers: [memoryTier(), customTier({ name: 'far', useValue: far })],
    });
    far.fail(new Error('login with password hunter2 failed'));
    return { ...provided, far };
  }

  it('succeeds, removes from the other tiers, and logs the tier without what its error says', async () => {
    const { service, left: keysLeft } = await provideFailing();

    expect(await service.update()).toBe('done');

    expect(keysLeft()).not.toContain('city:1');
    expect(apps.log.errors).toEqual([
      '@CacheEvict on CityService.update: Cache backend "far" failed in remove: Error',
    ]);
  });

  it('fails with throwOnError, after the method or before it', async () => {
    const { service } = await provideFailing();

    await expect(service.strict()).rejects.toThrow(BackendError);
    expect(service.runs).toBe(1);
    await expect(service.strictBefore()).rejects.toThrow(BackendError);
    expect(service.runs).toBe(1);
    await expect(lastValueFrom(service.observe())).rejects.toThrow(BackendError);
    expect(apps.log.errors).toEqual([]);
  });

  it('tells about Redis without its password', async () => {
    const redis = await RedisServer.start({ password: 'hunter2' });
    try {
      const { service } = await provide(CityService, { redis: { url: redis.url, ...PATIENT } });
      await redis.kill();

      expect(await service.update()).toBe('done');

      expect(apps.log.errors).toHaveLength(1);
      expect(apps.log.errors[0]).toMatch(
        /^@CacheEvict on CityService\.update: .*"redis" failed in/,
      );
      expect(apps.log.errors[0]).not.toContain('hunter2');
      // What the method has changed is not lost: other instances hear of it later.
      expect(apps.log.errors[0]).toContain('carried out when the store answers again');
    } finally {
      await redis.stop();
    }
  });

  it('leaves what could not be told to be told later, and with throwOnError says so', async () => {
    const redis = await RedisServer.start();
    try {
      const { service, cache } = await provide(CityService, {
        redis: { url: redis.url, timeout: 1000 },
        coherence: { staleness: 800 },
      });
      const other = createTieredCache({
        tiers: [memoryTier(), redisTier({ url: redis.url, ...PATIENT })],
        coherence: { staleness: 800 },
      });
      try {
        await eventually(async () => (await other.get('city:1')) === 'old');
        redis.pause();
        await expect(service.strict()).rejects.toThrow(InvalidationPendingError);
        expect(await service.update()).toBe('done');
        expect(cache.stats().coherence.pending).toBe(2);

        redis.resume();

        await eventually(async () => cache.stats().coherence.pending === 0);
        await eventually(async () => other.peek('city:1') === undefined);
      } finally {
        await other.close();
      }
    } finally {
      await redis.stop();
    }
  });

  it('succeeds and logs when the application has closed the cache meanwhile', async () => {
    const { app, service } = await provide(CityService);
    await app.get(TieredCache).close();

    expect(await service.update()).toBe('done');

    expect(apps.log.errors).toEqual(['@CacheEvict on CityService.update: The cache is closed']);
  });

  it('rejects where a tier cannot do it at all, since that is no failure which passes', async () => {
    const without = Object.assign(new FaultyBackend(new MapBackend()), {
      removePattern: undefined,
    });
    const { service } = await provide(CityService, {
      tiers: [customTier({ name: 'far', useValue: without })],
    });

    await expect(service.all()).rejects.toThrow(UnsupportedError);
  });
});
