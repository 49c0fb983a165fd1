import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  Injectable,
  Res,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { EMPTY, map, type Observable } from 'rxjs';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpServers, PLATFORMS, type HttpServer } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());
afterEach(() => void jest.restoreAllMocks());

/** A place outside of every request, as that of a driver which calls back from a queue of its own. */
const outside = new AsyncResource('outside');

type AnyServerResponse = ServerResponse | { readonly raw: ServerResponse };

const nodes = (response: AnyServerResponse): ServerResponse =>
  'raw' in response ? response.raw : response;

@Injectable()
class WrapInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

let runs = 0;
let setPast: (response: ServerResponse) => void = () => undefined;

@Controller()
class PastController {
  @Get('past')
  @HttpCache({ ttl: '1m' })
  past(@Res({ passthrough: true }) response: AnyServerResponse): string {
    outside.runInAsyncScope(() => setPast(nodes(response)));
    return `run ${++runs}`;
  }
  @Get('removed')
  @HttpCache({ ttl: '1m' })
  removed(@Res({ passthrough: true }) response: { removeHeader(name: string): unknown }): string {
    response.removeHeader('x-frame');
    return 'removed';
  }
  @Get('empty')
  @HttpCache({ ttl: '1m' })
  empty(): Observable<unknown> {
    return EMPTY;
  }
  @Get('wrapped')
  @UseInterceptors(WrapInterceptor)
  async *wrapped(): AsyncGenerator<string> {
    yield 'a';
    yield 'b';
  }
}

describe.each(PLATFORMS)('what a handler does beside answering on %s', (platform) => {
  const start = (isGlobal = true): Promise<HttpServer> =>
    servers.start(platform, { controllers: [PastController], isGlobal });

  it.each([
    ['no-store', 'cache-control', 'no-store'],
    ['private', 'cache-control', 'private'],
    ['Vary: *', 'vary', '*'],
    ['a cookie', 'set-cookie', 'sid=1'],
  ])('%s counts where it is set past what it is given', async (_, name, value) => {
    const server = await start();
    runs = 0;
    setPast = (response) => response.setHeader(name, value);
    await server.get('/past');
    expect((await server.get('/past')).body).toBe('run 2');
  });

  it('a status, a header and a Vary that are set so are kept', async () => {
    const server = await start();
    setPast = (response) => {
      response.setHeader('vary', 'x-kind').setHeader('x-past', 'yes');
      response.statusCode = 203;
    };
    runs = 0;
    for (const kind of ['a', 'b', 'a', 'b']) {
      const { status, headers, body } = await server.get('/past', { 'x-kind': kind });
      expect([status, headers.get('x-past')]).toEqual([203, 'yes']);
      expect(body).toBe(kind === 'a' ? 'run 1' : 'run 2');
    }
  });

  it('is held by what outlives it no longer than it runs', async () => {
    const server = await start();
    setPast = () => undefined;
    const run = jest.spyOn(AsyncLocalStorage.prototype, 'run');
    await server.get('/past');
    const stores = run.mock.calls.map(([store]) => store as unknown);
    const held = stores.filter((store) => 'before' in Object(store) || 'headers' in Object(store));
    expect(held).toEqual([{ headers: undefined }]);
  });

  it.each(['/empty', '/wrapped'])('looks the same with and without a cache: %s', async (path) => {
    const bare = await start(false);
    const cached = await start();
    const expected = await bare.get(path);
    for (let at = 0; at < 2; at++) {
      const { status, body } = await cached.get(path);
      expect({ status, body }).toEqual({ status: expected.status, body: expected.body });
    }
  });
});

it('a header that the handler has removed is not there on a hit either', async () => {
  const server = await servers.start('express', {
    controllers: [PastController],
    prepare: (app: INestApplication) =>
      app.use((_: unknown, response: ServerResponse, next: () => void) => {
        response.setHeader('x-frame', 'DENY');
        next();
      }),
  });
  for (const status of [/stored$/, /; hit;/]) {
    const { headers } = await server.get('/removed');
    expect(headers.get('cache-status')).toMatch(status);
    expect(headers.get('x-frame')).toBeNull();
  }
});
