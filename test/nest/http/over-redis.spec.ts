import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, NotFoundException, Res } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/contract/clock.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import type { CacheTierRootOptions } from '../../../lib/nest/cache-tier.options.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { NO_TIMERS } from '../../support/no-timers.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import type { AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpServer, type Platform } from './support/http-servers.js';

const servers = new HttpServers();
let redis: RedisServer;
let runs = 0;
/** How many of the runs may end. */
let open = 0;
let failure: Error | undefined;
/** What was done with responses that had been sent. */
let late: string[] = [];
let sent = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.stop());
afterEach(async () => {
  open = Infinity;
  await servers.closeAll();
  await redis.call('FLUSHALL');
  runs = 0;
  open = 0;
  failure = undefined;
  late = [];
  sent = 0;
});

@Controller()
class GatedController {
  @Get('failing')
  @HttpCache({ ttl: '1h' })
  async failing(): Promise<string> {
    const run = ++runs;
    await eventually(() => run <= open);
    if (run === 1 && failure !== undefined) throw failure;
    return `run ${run}`;
  }
  @Get('early')
  @HttpCache({ ttl: '2m', earlyRefresh: 100 })
  async early(@Res({ passthrough: true }) response: AnyResponse): Promise<string> {
    const run = ++runs;
    // Who takes long is refreshed long before its time.
    await sleep(50);
    response.header('x-begun', String(run));
    await eventually(() => run <= open);
    response.status(203).header('x-run', String(run));
    return `run ${run}`;
  }
}

/** Notes what is done with a response when it has been sent. */
function watch(_: unknown, response: ServerResponse, next: () => void): void {
  response.once('finish', () => {
    sent++;
    for (const name of ['setHeader', 'removeHeader', 'writeHead', 'write', 'end'] as const) {
      const original = response[name].bind(response) as (...args: unknown[]) => unknown;
      const noted = (...args: unknown[]): unknown => {
        late.push(name);
        return original(...args);
      };
      Object.defineProperty(response, name, { value: noted, configurable: true, writable: true });
    }
  });
  next();
}

function start(platform: Platform, cache: CacheTierRootOptions = {}): Promise<HttpServer> {
  return servers.start(platform, {
    controllers: [GatedController],
    cache: {
      clock: systemClock,
      redis: { url: redis.url, ...PATIENT },
      coherence: { staleness: NEVER_STALE },
      ...cache,
    },
    prepare: (app) => app.use(watch),
  });
}

describe.each(PLATFORMS)('with Redis on %s', (platform) => {
  it.each([
    ['an error', () => new Error('down'), 500],
    ['an exception that is not kept', () => new NotFoundException(), 404],
  ])('who waits for a run that comes to %s runs at once', async (_, makeError, status) => {
    failure = makeError();
    const one = await start(platform);
    // Time wakes nobody here: it is told that the lease has ended, or stands still.
    const other = await start(platform, { clock: NO_TIMERS });
    const failed = one.get('/failing');
    await eventually(() => runs === 1);
    const waiting = other.get('/failing');
    await eventually(() => other.app.get(TieredCache).stats().coherence.waits === 1);
    expect(runs).toBe(1);
    open = 2;
    expect((await failed).status).toBe(status);
    expect(await waiting).toMatchObject({ status: 200, body: 'run 2' });
    const kept = await one.get('/failing');
    expect(kept.headers.get('cache-status')).toMatch(/^CacheTier; hit; ttl=\d+; detail=redis$/);
    expect(runs).toBe(2);
  });

  it('an answer is loaded ahead of its time when the older one was sent, for all', async () => {
    let isEager = false;
    const logged = servers.log.errors.length;
    const one = await start(platform, { random: () => (isEager ? 1 - 1e-15 : Math.random() / 2) });
    const other = await start(platform);
    open = 1;
    expect((await one.get('/early')).body).toBe('run 1');
    isEager = true;
    const older = await one.get('/early');
    isEager = false;
    expect([older.status, older.body, older.headers.get('x-run')]).toEqual([203, 'run 1', '1']);
    await eventually(() => runs === 2 && sent === 2);
    open = 2;
    const isNew = async (): Promise<boolean> => (await one.get('/early')).body === 'run 2';
    await eventually(isNew);
    const answer = await other.get('/early');
    expect([answer.status, answer.body]).toEqual([203, 'run 2']);
    expect(['x-begun', 'x-run'].map((name) => answer.headers.get(name))).toEqual(['2', '2']);
    expect(answer.headers.get('cache-status')).toMatch(/^CacheTier; hit; ttl=\d+; detail=redis$/);
    expect(runs).toBe(2);
    expect(late).toEqual([]);
    expect(servers.log.errors.slice(logged)).toEqual([]);
  });
});
