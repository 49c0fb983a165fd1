import { Controller, Get, Res } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/contract/clock.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import type { AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpServer, type Platform } from './support/http-servers.js';

const servers = new HttpServers();
let redis: RedisServer;
let runs = 0;
/** How many of the runs may end. */
let open = 0;
let answer: (run: number, response: AnyResponse) => unknown;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.stop());
beforeEach(() => {
  runs = 0;
  open = 0;
  answer = (_, response) => void response.header('cache-control', 'no-store');
});
afterEach(async () => {
  open = Infinity;
  await servers.closeAll();
  await redis.call('FLUSHALL');
});

async function run(response: AnyResponse): Promise<unknown> {
  const at = ++runs;
  await eventually(() => at <= open);
  return answer(at, response) ?? { run: at };
}

@Controller()
class PersonalController {
  @Get('personal')
  @HttpCache({ ttl: '1h', staleFor: '1h' })
  find(@Res({ passthrough: true }) response: AnyResponse): Promise<unknown> {
    return run(response);
  }
  @Get('short')
  @HttpCache({ ttl: '3s' })
  short(@Res({ passthrough: true }) response: AnyResponse): Promise<unknown> {
    return run(response);
  }
  @Get('early')
  @HttpCache({ ttl: '1h', earlyRefresh: 100 })
  early(@Res({ passthrough: true }) response: AnyResponse): Promise<unknown> {
    return run(response);
  }
}

async function startOne(platform: Platform): Promise<HttpServer> {
  return servers.start(platform, { controllers: [PersonalController] });
}

/** Instances over one Redis, or one over memory alone. */
function startInstances(platform: Platform, count: number): Promise<HttpServer[]> {
  const cache = {
    clock: systemClock,
    redis: { url: redis.url, ...PATIENT },
    coherence: { staleness: NEVER_STALE },
  };
  const start = (): Promise<HttpServer> =>
    count === 1
      ? startOne(platform)
      : servers.start(platform, { controllers: [PersonalController], cache });
  return Promise.all(Array.from({ length: count }, start));
}

const EQUAL = 20;

describe.each(PLATFORMS)('an answer that is not to be kept on %s', (platform) => {
  it.each([
    [1, ''],
    [4, ''],
    [4, 'x-kind'],
  ])('is waited for by nobody twice, in %i instances, with Vary: %s', async (count, vary) => {
    answer = (_, response) => {
      response.header('cache-control', 'no-store');
      if (vary !== '') response.header('vary', vary);
    };
    const instances = await startInstances(platform, count);
    const asked = Array.from({ length: EQUAL / count }, () =>
      instances.map((server) => server.get('/personal')),
    ).flat();
    await eventually(() => runs === 1);
    open = 1;
    // All of the others run at the same time: none of them may end before.
    await eventually(() => runs === EQUAL);
    open = EQUAL;
    const bodies = (await Promise.all(asked)).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(EQUAL);
    expect(runs).toBe(EQUAL);
  });

  it.each([
    ['/personal', 10_000],
    ['/short', 3_000],
  ])('%s is found out again after %i ms', async (path, lasts) => {
    const server = await startOne(platform);
    open = 1;
    expect((await server.get(path)).headers.get('cache-status')).toMatch(/ detail=no-store$/);
    await server.clock.advance(lasts - 1);
    const free = [server.get(path), server.get(path)];
    await eventually(() => runs === 3);
    open = 3;
    for (const { headers } of await Promise.all(free)) {
      expect(headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; detail=no-store');
    }
    await server.clock.advance(1);
    answer = () => undefined;
    const first = server.get(path);
    await eventually(() => runs === 4);
    const second = server.get(path);
    open = 4;
    const bodies = (await Promise.all([first, second])).map(({ body }) => body);
    expect(bodies).toEqual(Array(2).fill('{"run":4}'));
  });

  it('is kept again from the next run on that could have been', async () => {
    const server = await startOne(platform);
    open = Infinity;
    await server.get('/personal');
    answer = () => undefined;
    const statuses = [];
    for (let at = 0; at < 3; at++) {
      statuses.push((await server.get('/personal')).headers.get('cache-status'));
    }
    expect(statuses).toEqual([
      'CacheTier; fwd=uri-miss',
      'CacheTier; fwd=uri-miss; stored',
      expect.stringContaining('CacheTier; hit; '),
    ]);
  });

  it('does not keep other variants from being kept for long', async () => {
    const server = await startOne(platform);
    open = Infinity;
    let isPersonal = true;
    answer = (_, response) => {
      response.header('vary', 'x-kind');
      if (isPersonal) response.header('cache-control', 'no-store');
    };
    await server.get('/personal', { 'x-kind': 'a' });
    isPersonal = false;
    await server.get('/personal', { 'x-kind': 'b' });
    await server.get('/personal', { 'x-kind': 'b' });
    isPersonal = true;
    await server.get('/personal', { 'x-kind': 'a' });
    expect((await server.get('/personal', { 'x-kind': 'b' })).body).toBe('{"run":3}');
    expect((await server.get('/personal', { 'x-kind': 'a' })).body).toBe('{"run":5}');
  });

  it('voids an older one: nothing is given in the place of a failure', async () => {
    const server = await startOne(platform);
    open = Infinity;
    answer = () => undefined;
    await server.get('/personal');
    await server.clock.advance(3_600_000);
    answer = (_, response) => void response.header('cache-control', 'no-store');
    expect((await server.get('/personal')).body).toBe('{"run":2}');
    answer = () => {
      throw new Error('down');
    };
    expect((await server.get('/personal')).status).toBe(500);
  });

  it('is no answer for a client who asks for what is there', async () => {
    const server = await startOne(platform);
    open = Infinity;
    await server.get('/personal');
    expect((await server.get('/personal', { 'cache-control': 'only-if-cached' })).status).toBe(504);
  });

  it('takes the place of nothing where a client asks for a new one', async () => {
    const server = await startOne(platform);
    open = Infinity;
    await server.get('/personal');
    const status = await server.get('/personal', { 'cache-control': 'no-cache' });
    expect(status.headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; detail=no-store');
    answer = () => undefined;
    await server.get('/personal', { 'cache-control': 'no-cache' });
    expect((await server.get('/personal')).body).toBe('{"run":3}');
  });

  it('has one run for each request though it is loaded ahead of its time', async () => {
    const server = await startOne(platform);
    open = Infinity;
    for (let at = 1; at <= 5; at++) {
      expect((await server.get('/early')).body).toBe(`{"run":${at}}`);
      // Of a hundred draws, one is for the last millisecond.
      await server.clock.advance(9_999);
    }
    expect(runs).toBe(5);
  });
});
