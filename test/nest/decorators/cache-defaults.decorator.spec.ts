import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

@Injectable()
@CacheDefaults({ namespace: 'cities', ttl: 1000, negativeTtl: 500 })
class CityService {
  runs = 0;

  @Cached()
  async find(): Promise<number> {
    return ++this.runs;
  }

  @Cached()
  async absent(): Promise<undefined> {
    this.runs++;
    return undefined;
  }

  @Cached({ ttl: 3000, namespace: 'own', key: () => 'key' })
  async own(): Promise<number> {
    return ++this.runs;
  }
}

async function start() {
  const clock = new ManualClock();
  const app = await apps.start({
    imports: [CacheTierModule.forRoot({ clock, ttl: 9000 })],
    providers: [CityService],
  });
  return { clock, service: app.get(CityService), cache: app.get(TieredCache) };
}

describe('@CacheDefaults', () => {
  it("sets the methods' namespace and ttl", async () => {
    const { clock, service, cache } = await start();

    await service.find();

    expect(cache.namespace('cities').peek('CityService.find()')).toBe(1);
    expect(cache.peek('CityService.find()')).toBeUndefined();
    await clock.advance(999);
    expect(await service.find()).toBe(1);
    await clock.advance(1);
    expect(await service.find()).toBe(2);
  });

  it('sets for how long "absent" is kept', async () => {
    const { clock, service } = await start();

    await service.absent();
    await clock.advance(499);
    await service.absent();
    expect(service.runs).toBe(1);
    await clock.advance(1);
    await service.absent();
    expect(service.runs).toBe(2);
  });

  it("gives way to a method's own options", async () => {
    const { clock, service, cache } = await start();

    await service.own();

    expect(cache.namespace('own').peek('key')).toBe(1);
    await clock.advance(2999);
    expect(await service.own()).toBe(1);
    await clock.advance(1);
    expect(await service.own()).toBe(2);
  });
});
