import { EventEmitter, once } from 'node:events';
import {
  Controller,
  Get,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { ClosedError } from '../../lib/contract/errors.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { Cached } from '../../lib/nest/decorators/cached.decorator.js';
import { getCacheToken } from '../../lib/nest/tokens.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { NestApps } from './support/nest-apps.js';
import { eventually, PATIENT } from '../support/patience.js';

const apps = new NestApps();
let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterEach(() => apps.closeAll());

afterAll(() => redis.stop());

class CountingBackend extends MapBackend {
  closed = 0;

  override close(): void {
    this.closed++;
    super.close();
  }
}

/** How many connections the server has, beside the one that asks. */
async function connections(): Promise<number> {
  const list = String(await redis.call('CLIENT', 'LIST'));
  return list.trim().split('\n').length - 1;
}

/** Starts and ends an application that has used Redis through two caches. */
async function cycle(): Promise<void> {
  const app = await apps.start({
    imports: [
      CacheTierModule.forRoot({ redis: { url: redis.url, ...PATIENT } }),
      CacheTierModule.forRootAsync({
        name: 'sessions',
        useFactory: () => ({ redis: { url: redis.url, ...PATIENT } }),
      }),
    ],
  });
  await app.get(TieredCache).set('key', 'value');
  await app.get<TieredCache>(getCacheToken('sessions')).set('key', 'value');
  await app.close();
}

/** The kinds of the handles that are open and the events that are listened to, each as often as it is. */
function open(): string[] {
  const listened = process.eventNames().flatMap((name) => {
    const listeners = process.listenerCount(name);
    return Array.from({ length: listeners }, () => String(name));
  });
  return [...process.getActiveResourcesInfo(), ...listened];
}

function count(kinds: readonly string[], kind: string): number {
  return kinds.filter((other) => other === kind).length;
}

describe('the shutdown of the application', () => {
  it('closes the cache and the backends that were made for it', async () => {
    const made = new CountingBackend();
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          tiers: [mapTier(), customTier({ name: 'made', useFactory: () => made })],
        }),
      ],
    });
    const cache = app.get(TieredCache);

    await app.close();

    expect(made.closed).toBe(1);
    await expect(cache.get('key')).rejects.toThrow(ClosedError);
  });

  it('leaves backends open that it was given: useValue and useExisting', async () => {
    const given = new CountingBackend();
    const existing = new CountingBackend();

    @Module({ providers: [{ provide: 'existing', useValue: existing }], exports: ['existing'] })
    class BackendModule {}

    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          imports: [BackendModule],
          tiers: [
            customTier({ name: 'given', useValue: given }),
            customTier({ name: 'existing', useExisting: 'existing' }),
          ],
        }),
      ],
    });

    await app.close();

    expect([given.closed, existing.closed]).toEqual([0, 0]);
  });

  it('lets other providers use the cache in all of their shutdown hooks', async () => {
    const read: unknown[] = [];

    @Injectable()
    class Worker implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
      constructor(private readonly cache: TieredCache) {}

      async onModuleDestroy(): Promise<void> {
        read.push(await this.cache.get('key'));
      }

      async beforeApplicationShutdown(): Promise<void> {
        read.push(await this.cache.get('key'));
      }

      async onApplicationShutdown(): Promise<void> {
        read.push(await this.cache.get('key'));
      }
    }

    @Module({ providers: [Worker] })
    class WorkerModule {}

    const app = await apps.start({ imports: [WorkerModule, CacheTierModule.forRoot()] });
    await app.get(TieredCache).set('key', 'value');

    await app.close();

    expect(read).toEqual(['value', 'value', 'value']);
    expect(apps.log.errors).toEqual([]);
  });

  it('lets requests in flight use the cache to their end', async () => {
    const requests = new EventEmitter();
    const arrived = once(requests, 'arrived');
    const goOn = once(requests, 'go on');

    @Controller()
    class CityController {
      constructor(private readonly cache: TieredCache) {}

      @Get('city')
      async city(): Promise<unknown> {
        requests.emit('arrived');
        await goOn;
        return this.cache.getOrCompute('paris', () => ({ name: 'Paris' }));
      }
    }
    const app = await apps.serve({
      imports: [CacheTierModule.forRoot({ redis: { url: redis.url, ...PATIENT } })],
      controllers: [CityController],
    });
    const answer = request(app.getHttpServer())
      .get('/city')
      .then(({ status, body }) => ({ status, body }));
    await arrived;

    const closed = app.close();
    requests.emit('go on');

    expect(await answer).toEqual({ status: 200, body: { name: 'Paris' } });
    await closed;
    await eventually(async () => (await connections()) === 0);
  });

  it('leaves no connection, handle or listener behind, cycle after cycle', async () => {
    await cycle();
    const before = open();

    const cycles = 20;

    for (let done = 0; done < cycles; done++) await cycle();

    const after = open();
    expect(after.filter((kind) => count(after, kind) - count(before, kind) >= cycles)).toEqual([]);
    await eventually(async () => (await connections()) === 0);
  });

  it('is fine for an application that was compiled and never initialised', async () => {
    const backend = new CountingBackend();
    const app = await apps.compile({
      imports: [
        CacheTierModule.forRoot({
          tiers: [customTier({ name: 'made', useFactory: () => backend })],
        }),
      ],
    });

    await app.close();

    expect(backend.closed).toBe(1);
  });
});

describe('a start that fails', () => {
  it('leaves no connection to Redis', async () => {
    const failing = { provide: 'failing', useFactory: () => Promise.reject(new Error('no luck')) };
    const options = { redis: { url: redis.url, ...PATIENT } };

    for (const cacheModule of [
      CacheTierModule.forRoot(options),
      CacheTierModule.forRootAsync({ useFactory: () => options }),
      CacheTierModule.forRootAsync({ useFactory: () => ({ ...options, ttl: -1 }) }),
    ]) {
      await expect(apps.start({ imports: [cacheModule], providers: [failing] })).rejects.toThrow(
        /no luck|Option "ttl"/,
      );
    }

    await eventually(async () => (await connections()) === 0);
  });

  it('succeeds with Redis down: the cache does without it, and has it when it is there', async () => {
    const down = await RedisServer.start();
    try {
      await down.kill();
      const app = await apps.start({
        imports: [CacheTierModule.forRoot({ redis: { url: down.url } })],
      });
      const cache = app.get(TieredCache);
      expect(await cache.getOrCompute('key', () => 'loaded')).toBe('loaded');

      await down.restart();

      await eventually(async () => (await cache.healthCheck()).status === 'up');
      await cache.set('key', 'stored');
      expect((await storedNames(down)).values).toHaveLength(1);
      await app.close();
    } finally {
      await down.stop();
    }
  });
});

describe('two applications in one process', () => {
  it('have caches of their own, and one goes on when the other is closed', async () => {
    let runs = 0;

    @Injectable()
    class CityService {
      @Cached()
      async count(): Promise<number> {
        return ++runs;
      }
    }
    const start = async () =>
      apps.start({ imports: [CacheTierModule.forRoot()], providers: [CityService] });
    const one = await start();
    const other = await start();

    expect(await one.get(CityService).count()).toBe(1);
    expect(await other.get(CityService).count()).toBe(2);
    expect(await one.get(CityService).count()).toBe(1);
    await one.close();

    expect(await other.get(CityService).count()).toBe(2);
    expect(one.get(TieredCache)).not.toBe(other.get(TieredCache));
  });

  it('may use one useValue instance in turn: it has the cache of the later one', async () => {
    class CityService {
      runs = 0;

      @Cached()
      async count(): Promise<number> {
        return ++this.runs;
      }
    }
    const service = new CityService();
    const start = async () =>
      apps.start({
        imports: [CacheTierModule.forRoot()],
        providers: [{ provide: CityService, useValue: service }],
      });
    const one = await start();
    await service.count();
    await one.close();

    await start();

    expect(await service.count()).toBe(2);
    expect(await service.count()).toBe(2);
  });
});
