import {
  Catch,
  Controller,
  Get,
  GoneException,
  HttpException,
  NotFoundException,
  NotImplementedException,
  Res,
  UnauthorizedException,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Inject } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { mapTier } from '../../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { eventually } from '../../support/patience.js';
import { startAnswerApp, type AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

@Catch(NotFoundException)
class NoSuchFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(error: NotFoundException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<AnyResponse>();
    this.host.httpAdapter.reply(response, `none: ${error.message}`, 404);
  }
}

describe.each(PLATFORMS)('errors on %s', (platform) => {
  it.each([
    ['a 404', new NotFoundException('no city')],
    ['a 410 with a body of its own', new GoneException({ gone: true })],
    ['a 501', new NotImplementedException()],
    ['one of no class of its own', new HttpException({ long: true }, 414)],
    ['one that answers a text', new HttpException('not here', 404)],
  ])('%s is kept for negativeTtl, and sent as before', async (_, error) => {
    const app = await startAnswerApp(servers, platform, { negativeTtl: '10s' }, { error });
    const first = await app.get('/answer');
    expect(first.headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; stored');
    const second = await app.get('/answer');
    expect(second.headers.get('cache-status')).toBe('CacheTier; hit; ttl=10; detail=memory');
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(app.runs).toBe(1);
    await app.clock.advance(10_000);
    await app.get('/answer');
    expect(app.runs).toBe(2);
  });

  it.each([
    ['a 404 without negativeTtl', {}, new NotFoundException()],
    ['a 401', { negativeTtl: '10s' }, new UnauthorizedException()],
    ['an error of the program', { negativeTtl: '10s' }, new TypeError('x is not a function')],
  ] as const)('%s is not kept', async (_, options, error) => {
    const app = await startAnswerApp(servers, platform, options, { error });
    const { status } = await app.get('/answer');
    const again = await app.get('/answer');
    expect(again.status).toBe(status);
    expect(again.headers.get('cache-status')).toBe(
      `CacheTier; fwd=uri-miss; fwd-status=${status}${status === 500 ? '' : '; detail=status'}`,
    );
    expect(app.runs).toBe(2);
  });

  it('an error is kept with its headers, and not with a cookie', async () => {
    const error = new NotFoundException();
    const options = { negativeTtl: '10s' } as const;
    const headers = { 'x-hint': 'try /cities' };
    const app = await startAnswerApp(servers, platform, options, { error, headers });
    await app.get('/answer');
    expect((await app.get('/answer')).headers.get('x-hint')).toBe('try /cities');
    const other = await startAnswerApp(servers, platform, options, {
      error,
      headers: { 'set-cookie': 'a=1' },
    });
    await other.get('/answer');
    await other.get('/answer');
    expect(other.runs).toBe(2);
  });

  it('a header that cannot be sent fails in the handler, and is not kept', async () => {
    const bad = { headers: { 'x-name': 'a\nb' } };
    const app = await startAnswerApp(servers, platform, {}, bad);
    expect((await app.get('/answer')).status).toBe(500);
    app.answer = {};
    expect((await app.get('/answer')).status).toBe(200);
  });

  it('the handler answers where the cache is closed', async () => {
    const app = await startAnswerApp(servers, platform);
    await app.app.get(TieredCache).close();
    const { body, headers } = await app.get('/answer');
    expect(body).toBe('{"city":"Paris"}');
    expect(headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; detail=cache-error');
  });

  it.each([
    ['GET', {}],
    ['HEAD', {}],
    ['GET', { 'cache-control': 'no-cache' }],
    ['GET', { 'cache-control': 'max-age=5' }],
  ] as const)(
    'the handler answers %s %j where a cache of two tiers is closed',
    async (method, headers: Record<string, string>) => {
      const tiers = [memoryTier(), mapTier()];
      const app = await startAnswerApp(servers, platform, {}, {}, { tiers });
      await app.app.get(TieredCache).close();
      const answer = await app.get('/answer', headers, method);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-status')).toMatch(/; detail=cache-error$/);
      expect(app.runs).toBe(1);
    },
  );

  it('filters see an exception of the same class', async () => {
    let runs = 0;
    @Controller()
    @UseFilters(NoSuchFilter)
    class NoneController {
      @Get('none')
      @HttpCache({ negativeTtl: '1m' })
      none(): never {
        runs++;
        throw new NotFoundException('no city');
      }
    }
    const server = await servers.start(platform, { controllers: [NoneController] });
    for (let at = 0; at < 2; at++) expect((await server.get('/none')).body).toBe('none: no city');
    expect(runs).toBe(1);
  });

  it('what is not there any more takes the place of an older answer, also of a stale one', async () => {
    const app = await startAnswerApp(servers, platform, { staleFor: '1h' });
    await app.get('/answer');
    await app.clock.advance(61_000);
    app.answer = { error: new NotFoundException('gone') };
    expect((await app.get('/answer')).status).toBe(404);
    app.answer = { error: new Error('down') };
    expect((await app.get('/answer')).status).toBe(500);
  });

  it('a stale answer is given at once, and what its handler sets meanwhile reaches the next', async () => {
    let runs = 0;
    let isOpen = true;
    @Controller()
    class SlowController {
      @Get('slow')
      @HttpCache({ ttl: '1m', staleFor: '1h', softTimeout: 0 })
      async slow(@Res({ passthrough: true }) response: AnyResponse): Promise<string> {
        const run = ++runs;
        response.header('x-run', String(run)).status(203);
        await eventually(() => isOpen);
        response.header('x-late', String(run));
        return `run ${run}`;
      }
    }
    const server = await servers.start(platform, { controllers: [SlowController] });
    await server.get('/slow');
    await server.clock.advance(61_000);
    isOpen = false;
    const stale = await server.get('/slow');
    expect(stale).toMatchObject({ status: 203, body: 'run 1' });
    expect([stale.headers.get('x-run'), stale.headers.get('x-late')]).toEqual(['1', '1']);
    expect(stale.headers.get('cache-status')).toBe('CacheTier; hit; ttl=-1; detail=memory');
    isOpen = true;
    await eventually(async () => (await server.get('/slow')).body === 'run 2');
    const fresh = await server.get('/slow');
    expect([fresh.headers.get('x-run'), fresh.headers.get('x-late')]).toEqual(['2', '2']);
    expect(fresh.headers.get('cache-status')).toBe('CacheTier; hit; ttl=60; detail=memory');
    expect(runs).toBe(2);
  });

  it('a run that is not done in time is answered 503, and kept when it is done', async () => {
    let isOpen = false;
    @Controller()
    class SlowController {
      @Get('slow')
      @HttpCache({ hardTimeout: '1s' })
      async slow(): Promise<string> {
        await eventually(() => isOpen);
        return 'done';
      }
    }
    const server = await servers.start(platform, { controllers: [SlowController] });
    const asked = server.get('/slow');
    await eventually(async () => {
      await server.clock.advance(500);
      return server.clock.now() > 5000;
    });
    expect((await asked).status).toBe(503);
    isOpen = true;
    await eventually(async () => (await server.get('/slow')).status === 200);
  });
});
