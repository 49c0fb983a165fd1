import { Controller, Get, Inject, Query } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import type { CacheTierModuleOptions } from '../../../lib/nest/cache-tier.options.js';
import { CacheTierHealthModule } from '../../../lib/nest/terminus/cache-tier-health.module.js';
import { CacheTierHealthIndicator } from '../../../lib/nest/terminus/cache-tier.health.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { deferred, settle } from '../../core/helpers.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();

afterEach(() => apps.closeAll());

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(CacheTierHealthIndicator) private readonly cache: CacheTierHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready(@Query('cache') cache?: string) {
    return this.health.check([() => this.cache.isHealthy('cache', { cache })]);
  }

  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.cache.isHealthy('cache', { waitForWarmUp: false })]);
  }
}

async function serve(...caches: Parameters<typeof CacheTierModule.forRoot>[0][]) {
  const app = await apps.serve({
    imports: [
      ...caches.map((options) => CacheTierModule.forRoot(options)),
      TerminusModule,
      CacheTierHealthModule,
    ],
    controllers: [HealthController],
  });
  const ask = async (path: string) => {
    const answer = await request(app.getHttpServer()).get(`/health/${path}`);
    const { details } = answer.body as { details: { cache: Record<string, unknown> } };
    return { http: answer.status, ...details.cache };
  };
  return { app, ask };
}

/** A warm-up of three keys, of which each load is ended by hand. */
function threeKeys() {
  const loads = { a: deferred<number>(), b: deferred<number>(), c: deferred<number>() };
  const warmUp: CacheTierModuleOptions['warmUp'] = (cache, signal) =>
    cache.warmUp(Object.keys(loads), ({ key }) => loads[key as keyof typeof loads].promise, {
      signal,
    });
  return { loads, warmUp };
}

describe('health during the warm-up of the module', () => {
  it('is down, with 503, the reason and the progress, and up when it has ended', async () => {
    const { loads, warmUp } = threeKeys();
    const { ask } = await serve({ warmUp });
    expect(await ask('ready')).toEqual({
      http: 503,
      status: 'down',
      reason: 'warming up',
      tiers: { memory: { status: 'up', latency: expect.any(Number) } },
      coherence: { shared: false, verified: true, pending: 0 },
      warmUp: {
        status: 'running',
        done: 0,
        present: 0,
        loaded: 0,
        failed: 0,
        reason: 'warming up',
      },
    });

    loads.a.resolve(1);
    loads.b.resolve(2);
    await settle();
    expect(await ask('ready')).toMatchObject({ http: 503, warmUp: { done: 2, loaded: 2 } });

    loads.c.resolve(3);
    await settle();
    const ready = await ask('ready');
    expect(ready).toMatchObject({ http: 200, status: 'up' });
    expect(ready).toMatchObject({
      warmUp: { status: 'ended', done: 3, present: 0, loaded: 3, failed: 0 },
    });
    expect(JSON.stringify(ready)).not.toContain('reason');
  });

  it('does not wait where waitForWarmUp is false, and tells of it', async () => {
    const { loads, warmUp } = threeKeys();
    const { ask } = await serve({ warmUp });
    const live = await ask('live');
    expect(live).toMatchObject({
      http: 200,
      status: 'up',
      warmUp: { status: 'running', reason: 'warming up' },
    });
    expect(live).not.toHaveProperty('reason');
    for (const load of Object.values(loads)) load.resolve(1);
  });

  it('counts what is warmed up in namespaces and in turn', async () => {
    const goOn = deferred();
    const { ask } = await serve({
      warmUp: async (cache) => {
        await cache.namespace('one').warmUp(['a', 'b'], () => 1);
        await cache.namespace('two').warmUp(['a'], () => 1);
        await goOn.promise;
      },
    });
    await settle();
    expect(await ask('ready')).toMatchObject({ http: 503, warmUp: { done: 3, loaded: 3 } });
    goOn.resolve();
  });

  it('is that of the cache that is asked about', async () => {
    const { loads, warmUp } = threeKeys();
    const { ask } = await serve({}, { name: 'cities', warmUp });
    const unnamed = await ask('ready');
    expect(unnamed).toMatchObject({ http: 200, status: 'up' });
    expect(unnamed).not.toHaveProperty('warmUp');
    expect(await ask('ready?cache=cities')).toMatchObject({ http: 503, reason: 'warming up' });
    for (const load of Object.values(loads)) load.resolve(1);
  });

  it('waits for no longer than timeout, which is 5 minutes by default', async () => {
    for (const [timeout, limit] of [
      ['2s', 2000],
      [undefined, 300_000],
    ] as const) {
      const clock = new ManualClock({ now: 50_000 });
      const goOn = deferred();
      const { app, ask } = await serve({
        clock,
        warmUp: { useFactory: () => () => goOn.promise, timeout },
      });
      await clock.advance(limit - 1);
      expect(await ask('ready')).toMatchObject({ http: 503, reason: 'warming up' });
      await clock.advance(1);
      expect(await ask('ready')).toMatchObject({
        http: 200,
        status: 'up',
        warmUp: {
          status: 'running',
          reason: `still warming up after ${limit} ms, and not waited for any more`,
        },
      });
      goOn.resolve();
      await settle();
      expect(await ask('ready')).toMatchObject({ http: 200, warmUp: { status: 'ended' } });
      await app.close();
    }
  });

  it('is up after one that has failed, and says so, without the error', async () => {
    const { ask } = await serve({
      warmUp: async (cache) => {
        await cache.warmUp(['a', 'b'], ({ key }) => {
          if (key === 'b') throw new Error('secret');
          return 1;
        });
        throw new Error('secret');
      },
    });
    await settle();
    const told = await ask('ready');
    expect(told).toMatchObject({
      http: 200,
      status: 'up',
      warmUp: {
        status: 'failed',
        done: 2,
        loaded: 1,
        failed: 1,
        reason: 'the warm-up failed, as the log tells; 1 of 2 keys could not be loaded',
      },
    });
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('is up after one of which some loads have failed, and says how many', async () => {
    const { loads, warmUp } = threeKeys();
    const { ask } = await serve({ warmUp });
    loads.a.resolve(1);
    loads.b.reject(new Error('secret'));
    loads.c.resolve(1);
    await settle();
    expect(await ask('ready')).toMatchObject({
      http: 200,
      status: 'up',
      warmUp: { status: 'ended', failed: 1, reason: '1 of 3 keys could not be loaded' },
    });
  });

  it('tells of a warm-up that the end of the application has cut short', async () => {
    const { loads, warmUp } = threeKeys();
    const { app } = await serve({ warmUp });
    const health = app.get(CacheTierHealthIndicator);
    const cache = app.get(TieredCache);
    const closing = app.close();
    await settle();
    for (const load of Object.values(loads)) load.resolve(1);
    await closing;
    expect(await cache.healthCheck()).toMatchObject({ reason: 'the cache is closed' });
    expect((await health.isHealthy('cache')).cache).toMatchObject({
      status: 'down',
      reason: 'the cache is closed',
      warmUp: { status: 'stopped', reason: 'the application has ended before the warm-up' },
    });
  });

  it('refuses a waitForWarmUp that is neither true nor false', async () => {
    const { app } = await serve({});
    const call = app
      .get(CacheTierHealthIndicator)
      .isHealthy('cache', { waitForWarmUp: 'no' as never });
    await expect(call).rejects.toThrow('Option "isHealthy.waitForWarmUp": is true or false');
  });
});
