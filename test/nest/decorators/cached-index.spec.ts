import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierRootOptions } from '../../../lib/nest/cache-tier.options.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

@Injectable()
class CityService {
  runs = 0;

  @Cached({ ttl: 1_000 })
  async find(city: unknown): Promise<{ city: unknown; run: number }> {
    return { city, run: ++this.runs };
  }
}

@Injectable()
@CacheDefaults({ namespace: 'sub' })
class SubCityService extends CityService {}

const QUERY = { city: 'paris', page: 1 };
const KEY = 'CityService.find("paris")';

async function start(options: CacheTierRootOptions = {}) {
  const clock = new ManualClock();
  const app = await apps.start({
    imports: [CacheTierModule.forRoot({ clock, ...options })],
    providers: [CityService, SubCityService],
  });
  const service = app.get(CityService);
  /** Three times: it is loaded, found by its key, and found by its argument. */
  const warm = async (argument: unknown) => {
    for (let i = 0; i < 3; i++) await service.find(argument);
  };
  return { app, clock, service, sub: app.get(SubCityService), cache: app.get(TieredCache), warm };
}

describe('a hit that is found by the argument', () => {
  it('is the one that its key has, and counts as one', async () => {
    const { service, cache, warm } = await start();
    await warm('paris');
    await warm(QUERY);
    const { hits } = cache.stats();
    const events: unknown[] = [];
    const watching = cache.events.subscribe((event) => events.push(event));
    expect(await service.find('paris')).toBe(cache.peek(KEY));
    expect(await service.find({ ...QUERY })).toMatchObject({ run: 2 });
    watching.unsubscribe();
    expect(cache.stats().hits).toBe(hits + 2);
    expect(events).toEqual([
      { type: 'hit', tier: 'memory', namespace: '', key: KEY },
      {
        type: 'hit',
        tier: 'memory',
        namespace: '',
        key: 'CityService.find({"city":"paris","page":1})',
      },
    ]);
  });

  it.each<[string, (cache: TieredCache) => Promise<void>]>([
    ['removed', (cache) => cache.remove(KEY)],
    ['removed by pattern', (cache) => cache.removePattern('CityService.*')],
    ['cleared', (cache) => cache.clear()],
    ['expired by hand', (cache) => cache.expire(KEY)],
  ])('is none any more when the value is %s', async (_, act) => {
    const { service, cache, warm } = await start();
    await warm('paris');
    await act(cache);
    expect(await service.find('paris')).toMatchObject({ run: 2 });
    expect(await service.find('paris')).toMatchObject({ run: 2 });
  });

  it('is none any more when its ttl has ended, and is one again when it was loaded', async () => {
    const { service, clock, warm } = await start();
    await warm('paris');
    await clock.advance(1_000);
    expect(await service.find('paris')).toMatchObject({ run: 2 });
    await warm('paris');
    expect(service.runs).toBe(2);
  });

  it('is the new value when the key is set', async () => {
    const { service, cache, warm } = await start();
    await warm('paris');
    await cache.set(KEY, { city: 'paris', run: 99 });
    expect(await service.find('paris')).toMatchObject({ run: 99 });
  });

  it('is void when one of its tags is invalidated', async () => {
    const { service, cache, warm } = await start();
    await warm('paris');
    await cache.set(KEY, { city: 'paris', run: 50 }, { tags: ['cities'] });
    expect(await service.find('paris')).toMatchObject({ run: 50 });
    await cache.invalidateTags(['cities']);
    expect(await service.find('paris')).toMatchObject({ run: 2 });
  });

  it('is a use, so that another makes room', async () => {
    const { service, cache, clock, warm } = await start({
      tiers: [memoryTier({ maxEntries: 2 })],
    });
    await warm('paris');
    await service.find('rome');
    // What was used a moment ago need not be made the youngest again.
    await clock.advance(100);
    await service.find('paris');
    await service.find('oslo');
    expect(cache.peek(KEY)).toBeDefined();
    expect(cache.peek('CityService.find("rome")')).toBeUndefined();
    await service.find('rome');
    await service.find('oslo');
    expect(await service.find('paris')).toMatchObject({ run: 6 });
  });

  it('begins idle time anew, and is none after it', async () => {
    const { service, clock, warm } = await start({ tiers: [memoryTier({ idle: 100 })] });
    await warm('paris');
    for (let i = 0; i < 3; i++) {
      await clock.advance(80);
      expect(await service.find('paris')).toMatchObject({ run: 1 });
    }
    await clock.advance(101);
    expect(await service.find('paris')).toMatchObject({ run: 2 });
  });

  it('is a copy for each caller where the cache clones', async () => {
    const { service, warm } = await start({ copy: 'clone' });
    await warm('paris');
    const first = await service.find('paris');
    first.run = 77;
    expect(await service.find('paris')).toEqual({ city: 'paris', run: 1 });
  });

  it('does not outlive the cache', async () => {
    const { service, cache, warm } = await start();
    await warm('paris');
    await cache.close();
    await expect(service.find('paris')).rejects.toThrow('close');
  });

  it('tells arguments apart that look alike', async () => {
    const { service, warm } = await start();
    const values = ['1', 1, 0, -0, NaN, 'NaN', null, undefined, { a: 0 }, { a: -0 }, { a: '0' }];
    for (const value of values) await warm(value);
    expect(service.runs).toBe(values.length);
    for (const [at, value] of values.entries()) {
      expect(await service.find(value)).toMatchObject({ run: at + 1 });
    }
  });

  it('is one per class, namespace and application', async () => {
    const one = await start();
    const other = await start();
    for (const service of [one.service, one.sub, other.service, other.sub]) {
      for (let i = 0; i < 3; i++) await service.find('paris');
      expect(service.runs).toBe(1);
    }
    await one.cache.namespace('sub').clear();
    for (const service of [one.service, one.sub, other.service, other.sub]) {
      await service.find('paris');
    }
    expect([one.service, one.sub, other.service, other.sub].map(({ runs }) => runs)).toEqual([
      1, 2, 1, 1,
    ]);
  });
});
