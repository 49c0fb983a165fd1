import { Controller, Get, Headers, NotFoundException, Param, Put, Res } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/contract/clock.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import type { AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpServer, type Platform } from './support/http-servers.js';

const servers = new HttpServers();
let redis: RedisServer;
let runs = 0;
let isOpen = true;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.stop());
afterEach(async () => {
  await servers.closeAll();
  await redis.call('FLUSHALL');
  runs = 0;
  isOpen = true;
});

@Controller()
class SharedController {
  @Get('cities/:id')
  @HttpCache({ ttl: '1h', negativeTtl: '1h', tags: ['cities'] })
  async find(
    @Param('id') id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<object> {
    const run = ++runs;
    await eventually(() => isOpen);
    if (id === 'none') throw new NotFoundException('no such city');
    response.header('x-run', String(run));
    return { id, name: 'Zürich', run };
  }
  @Put('cities/:id')
  put(): void {}
  @Get('kinds')
  @HttpCache({ ttl: '1h', tags: ['kinds'] })
  kinds(
    @Headers('x-kind') kind: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): string {
    response.header('vary', 'x-kind');
    return `${kind} ${++runs}`;
  }
  @Get('bytes')
  @HttpCache({ ttl: '1h' })
  bytes(): Buffer {
    runs++;
    return Buffer.from([0, 255, 128]);
  }
}

async function startTwo(platform: Platform): Promise<[HttpServer, HttpServer]> {
  const start = (): Promise<HttpServer> =>
    servers.start(platform, {
      controllers: [SharedController],
      cache: {
        clock: systemClock,
        redis: { url: redis.url, ...PATIENT },
        coherence: { staleness: NEVER_STALE },
      },
    });
  return [await start(), await start()];
}

describe.each(PLATFORMS)('two instances over one Redis on %s', (platform) => {
  it('answer what the other has kept, byte by byte, and say where from', async () => {
    const [one, other] = await startTwo(platform);
    for (const path of ['/cities/1', '/cities/none', '/bytes']) {
      const first = await one.get(path);
      const second = await other.get(path);
      expect([second.status, second.body]).toEqual([first.status, first.body]);
      for (const name of ['content-type', 'etag', 'x-run']) {
        expect(second.headers.get(name)).toBe(first.headers.get(name));
      }
      expect(second.headers.get('cache-status')).toMatch(/^CacheTier; hit; ttl=\d+; detail=redis$/);
      expect(second.headers.get('age')).toMatch(/^\d+$/);
      const third = await other.get(path);
      expect(third.headers.get('cache-status')).toMatch(/; detail=(?:memory|redis)$/);
    }
    expect(runs).toBe(2 + 1);
  });

  it('know each other’s variants', async () => {
    const [one, other] = await startTwo(platform);
    expect((await one.get('/kinds', { 'x-kind': 'a' })).body).toBe('a 1');
    expect((await other.get('/kinds', { 'x-kind': 'a' })).body).toBe('a 1');
    expect((await other.get('/kinds', { 'x-kind': 'b' })).body).toBe('b 2');
    expect((await one.get('/kinds', { 'x-kind': 'b' })).body).toBe('b 2');
    await one.app.get(TieredCache).invalidateTags(['kinds']);
    await eventually(async () => (await other.get('/kinds', { 'x-kind': 'a' })).body !== 'a 1');
    expect((await other.get('/kinds', { 'x-kind': 'b' })).body).not.toBe('b 2');
  });

  it('run one handler for equal requests at both', async () => {
    const [one, other] = await startTwo(platform);
    isOpen = false;
    const asked = Array.from({ length: 10 }, (_, at) =>
      (at % 2 === 0 ? one : other).get('/cities/7'),
    );
    await eventually(() => runs > 0);
    isOpen = true;
    const bodies = (await Promise.all(asked)).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    expect(runs).toBe(1);
  });

  it('void for both what one of them has been told of a change', async () => {
    const [one, other] = await startTwo(platform);
    for (const path of ['/cities/1', '/cities/2']) {
      await one.get(path);
      await other.get(path);
    }
    expect((await other.get('/cities/1', {}, 'PUT')).status).toBe(200);
    expect((await other.get('/cities/1')).headers.get('x-run')).toBe('3');
    await eventually(async () => (await one.get('/cities/1')).headers.get('x-run') === '3');
    for (const server of [one, other]) {
      expect((await server.get('/cities/2')).headers.get('x-run')).toBe('2');
    }
  });

  it('void a tag for both', async () => {
    const [one, other] = await startTwo(platform);
    await one.get('/cities/1');
    await other.get('/cities/1');
    await one.app.get(TieredCache).invalidateTags(['cities']);
    await eventually(async () => (await other.get('/cities/1')).headers.get('x-run') !== '1');
    expect((await one.get('/cities/1')).headers.get('x-run')).toBe('2');
  });
});
