import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Module, Query, type ModuleMetadata } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
} from '@nestjs/terminus';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import type { CacheHealth } from '../../../lib/core/watching/cache-health.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { CacheTierHealthModule } from '../../../lib/nest/terminus/cache-tier-health.module.js';
import {
  CacheTierHealthIndicator,
  type CacheHealthOptions,
} from '../../../lib/nest/terminus/cache-tier.health.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { NestApps } from '../support/nest-apps.js';
import { eventually, PATIENT } from '../../support/patience.js';

const apps = new NestApps();
const servers: RedisServer[] = [];

afterEach(async () => {
  await apps.closeAll();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function startRedis(): Promise<RedisServer> {
  const server = await RedisServer.start({ password: 'hunter2' });
  servers.push(server);
  return server;
}

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    private readonly cache: CacheTierHealthIndicator,
  ) {}

  /** Asks as the query parameter `options` says, in JSON. */
  @Get()
  @HealthCheck()
  check(@Query('options') options?: string) {
    const parsed = options === undefined ? undefined : (JSON.parse(options) as CacheHealthOptions);
    return this.health.check([() => this.cache.isHealthy('cache', parsed)]);
  }
}

async function serve(...imports: NonNullable<ModuleMetadata['imports']>) {
  const app = await apps.serve({
    imports: [...imports, TerminusModule, CacheTierHealthModule],
    controllers: [HealthController],
  });
  return async (options?: CacheHealthOptions | object) => {
    const query = options === undefined ? {} : { options: JSON.stringify(options) };
    const answer = await request(app.getHttpServer()).get('/health').query(query);
    return { status: answer.status, body: answer.body as Record<string, unknown> };
  };
}

/** The first answer that finds all well: health gives each tier a second, and a slow machine may need more. */
async function well<T extends { readonly body: Readonly<Record<string, unknown>> }>(
  ask: () => Promise<T>,
): Promise<T> {
  let answer = await ask();
  await eventually(async () => {
    answer = await ask();
    return answer.body['status'] === 'ok';
  });
  return answer;
}

describe('the health of the cache over HTTP', () => {
  it('is up, with 200 and the latency of each tier, when all answer', async () => {
    const redis = await startRedis();
    const ask = await serve(CacheTierModule.forRoot({ redis: { url: redis.url, ...PATIENT } }));

    for (const options of [undefined, { require: ['redis'] }, { require: 'all' }]) {
      expect(await well(() => ask(options))).toMatchObject({
        status: 200,
        body: {
          status: 'ok',
          details: {
            cache: {
              status: 'up',
              tiers: {
                memory: { status: 'up', latency: expect.any(Number) },
                redis: { status: 'up', latency: expect.any(Number) },
              },
              coherence: { shared: true, verified: true, pending: 0 },
            },
          },
        },
      });
    }
  });

  it('is degraded, with 200 and the reason, when Redis is down, and recovers by itself', async () => {
    const redis = await startRedis();
    const ask = await serve(CacheTierModule.forRoot({ redis: { url: redis.url, ...PATIENT } }));
    expect((await well(ask)).body).toMatchObject({ status: 'ok' });

    await redis.kill();
    const down = await ask();

    expect(down).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        details: {
          cache: {
            status: 'degraded',
            reason: expect.stringMatching(/^redis is down/),
            tiers: {
              memory: { status: 'up' },
              redis: { status: 'down', reason: 'the round trip failed' },
            },
          },
        },
      },
    });
    expect(JSON.stringify(down.body)).not.toContain('hunter2');
    await redis.restart();
    await eventually(async () => (await ask()).body['status'] === 'ok');
  });

  it('is degraded, with 200 and the reason, when nothing proves that no invalidation was missed', async () => {
    const redis = await startRedis();
    const proxy = await TcpProxy.start(redis.port);
    try {
      const ask = await serve(
        CacheTierModule.forRoot({
          redis: { url: redis.url.replace(String(redis.port), String(proxy.port)), timeout: 400 },
          coherence: { staleness: 400 },
        }),
      );
      await eventually(async () => (await ask({ require: 'all' })).body['status'] === 'ok');

      proxy.hole();
      await sleep(600);
      const unproved = await ask();
      const required = await ask({ require: 'all' });
      proxy.forget();
      proxy.heal();

      expect(unproved).toMatchObject({
        status: 200,
        body: {
          status: 'degraded',
          details: {
            cache: {
              status: 'degraded',
              tiers: { memory: { status: 'up' }, redis: { status: 'down' } },
              coherence: {
                shared: true,
                verified: false,
                unverifiedFor: expect.any(Number),
                pending: 0,
                reason: expect.stringMatching(
                  /^for \d+ ms nothing has proved that no invalidation was missed$/,
                ),
              },
            },
          },
        },
      });
      expect(required.status).toBe(503);
      await eventually(async () => (await ask({ require: 'all' })).body['status'] === 'ok');
    } finally {
      await apps.closeAll();
      await proxy.close();
    }
  });

  it('is degraded, and not down, when every required tier answers and an invalidation is pending', async () => {
    const answers: CacheHealth = {
      status: 'degraded',
      reason: '2 wait',
      tiers: [{ name: 'memory', status: 'up', latency: 0, reason: undefined, breaker: undefined }],
      coherence: {
        shared: true,
        verified: true,
        unverifiedFor: undefined,
        pending: 2,
        reason: '2 wait',
      },
    };
    const app = await apps.start({
      imports: [CacheTierModule.forRoot(), TerminusModule, CacheTierHealthModule],
    });
    const cache = app.get(TieredCache);
    const healthCheck = jest.spyOn(cache, 'healthCheck').mockResolvedValue(answers);

    const told = await app.get(CacheTierHealthIndicator).isHealthy('cache', { require: 'all' });

    healthCheck.mockRestore();
    expect(told).toMatchObject({
      cache: {
        status: 'degraded',
        reason: '2 wait',
        coherence: { shared: true, verified: true, pending: 2, reason: '2 wait' },
      },
    });
  });

  it('is down, with 503, when a required tier is, and recovers by itself', async () => {
    const redis = await startRedis();
    const ask = await serve(CacheTierModule.forRoot({ redis: { url: redis.url, ...PATIENT } }));
    await well(ask);

    await redis.kill();

    for (const options of [
      { require: ['redis'] },
      { require: ['memory', 'redis'] },
      { require: 'all' },
    ]) {
      expect(await ask(options)).toMatchObject({
        status: 503,
        body: {
          status: 'error',
          error: {
            cache: {
              status: 'down',
              reason: expect.stringMatching(/^redis is required and down/),
              tiers: { memory: { status: 'up' }, redis: { status: 'down' } },
            },
          },
        },
      });
    }
    expect(await ask({ require: ['memory'] })).toMatchObject({ status: 200 });
    await redis.restart();
    await eventually(async () => (await ask({ require: 'all' })).status === 200);
  });

  it('is down, with 503, when no tier answers, whatever is required', async () => {
    const redis = await startRedis();
    const ask = await serve(CacheTierModule.forRoot({ memory: false, redis: { url: redis.url } }));
    await redis.kill();

    expect(await ask()).toMatchObject({
      status: 503,
      body: {
        error: {
          cache: { status: 'down', reason: expect.stringMatching(/^every tier is down/) },
        },
      },
    });
  });

  it('calls a tier down that gives no answer in time, and does not wait for it', async () => {
    const far = new FaultyBackend(new MapBackend());
    far.hang('healthCheck');
    const ask = await serve(
      CacheTierModule.forRoot({
        tiers: [memoryTier(), customTier({ name: 'far', useValue: far })],
      }),
    );

    expect(await ask()).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        details: {
          cache: { tiers: { far: { status: 'down', reason: 'no answer within 1000 ms' } } },
        },
      },
    });
    far.heal();
  });

  it('is that of a named cache where the option cache says so', async () => {
    const ask = await serve(
      CacheTierModule.forRoot(),
      CacheTierModule.forRoot({ name: 'sessions', memory: { name: 'near' } }),
    );

    expect((await ask({ cache: 'sessions' })).body).toMatchObject({
      details: { cache: { status: 'up', tiers: { near: { status: 'up' } } } },
    });
  });
});

async function indicator(...imports: NonNullable<ModuleMetadata['imports']>) {
  const app = await apps.start({ imports: [...imports, CacheTierHealthModule] });
  return app.get(CacheTierHealthIndicator);
}

describe('CacheTierHealthIndicator', () => {
  it('refuses a tier that there is not, and names those that there are', async () => {
    const health = await indicator(CacheTierModule.forRoot());
    const call = health.isHealthy('cache', { require: ['redis'] });

    await expect(call).rejects.toThrow(InvalidOptionError);
    await expect(call).rejects.toThrow(
      'Option "isHealthy.require": there is no tier "redis"; there are memory',
    );
  });

  it('refuses a cache that there is not', async () => {
    const health = await indicator(CacheTierModule.forRoot());
    await expect(health.isHealthy('cache', { cache: 'session' })).rejects.toThrow(
      'Option "isHealthy.cache": there is no cache called "session"',
    );

    const without = await indicator();
    await expect(without.isHealthy('cache')).rejects.toThrow(
      'Option "isHealthy.cache": there is no unnamed cache: import CacheTierModule.forRoot()',
    );
  });

  it('refuses options that it does not have, and a require that is no list', async () => {
    const health = await indicator(CacheTierModule.forRoot());

    await expect(health.isHealthy('cache', { requires: 'all' } as object)).rejects.toThrow(
      'Option "isHealthy.requires": there is no such option',
    );
    await expect(health.isHealthy('cache', { require: 'memory' as never })).rejects.toThrow(
      'Option "isHealthy.require": is a list of the names of tiers, or \'all\'; got "memory"',
    );
  });

  it('finds a cache that is not global', async () => {
    @Module({ imports: [CacheTierModule.forRoot({ isGlobal: false })] })
    class FeatureModule {}

    const health = await indicator(FeatureModule);

    expect(await health.isHealthy('cache')).toMatchObject({ cache: { status: 'up' } });
  });

  it('says up with degraded: true where Terminus has no degraded, as before version 12', async () => {
    const far = new FaultyBackend(new MapBackend());
    far.fail(new Error('gone'));
    const old = {
      check: (key: string) => ({
        up: (data: object) => ({ [key]: { status: 'up', ...data } }),
        down: (data: object) => ({ [key]: { status: 'down', ...data } }),
      }),
    };

    @Module({
      providers: [CacheTierHealthIndicator, { provide: HealthIndicatorService, useValue: old }],
    })
    class OldTerminusModule {}
    const app = await apps.start({
      imports: [
        OldTerminusModule,
        CacheTierModule.forRoot({
          tiers: [memoryTier(), customTier({ name: 'far', useValue: far })],
        }),
      ],
    });

    expect(await app.get(CacheTierHealthIndicator).isHealthy('cache')).toMatchObject({
      cache: { status: 'up', degraded: true, tiers: { far: { status: 'down' } } },
    });
  });
});
