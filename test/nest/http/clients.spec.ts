import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Headers } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpServers, PLATFORMS, type HttpServer, type Platform } from './support/http-servers.js';

const servers = new HttpServers();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await servers.closeAll();
});

/** A client that keeps answers as RFC 9111 says. */
function cachingClient(type: 'shared' | 'private'): Dispatcher {
  const agent = new Agent();
  closing.push(() => agent.close());
  return agent.compose(interceptors.cache({ type }));
}

interface Counted extends HttpServer {
  /** How many requests have come. */
  requests(): number;
  /** How many handlers have run. */
  runs(): number;
}

async function serve(platform: Platform): Promise<Counted> {
  let requests = 0;
  let runs = 0;
  @Controller()
  class ClientController {
    @Get('minute')
    @HttpCache({ ttl: '1m' })
    minute(): string {
      return `run ${++runs}`;
    }
    @Get('always')
    @HttpCache({ ttl: '1m', maxAge: 0 })
    always(): string {
      return `run ${++runs}`;
    }
    @Get('kinds')
    @HttpCache({ ttl: '1m', vary: ['x-kind'] })
    kinds(@Headers('x-kind') kind: string): string {
      return `${kind} ${++runs}`;
    }
    @Get('me')
    @HttpCache({
      ttl: '1m',
      private: true,
      principal: (context) =>
        context.switchToHttp().getRequest<IncomingMessage>().headers.authorization,
    })
    me(@Headers('authorization') me = 'nobody'): string {
      runs++;
      return me;
    }
    @Get('greeting')
    @HttpCache({ ttl: '1m' })
    greeting(@Headers('cookie') cookie = 'nobody'): string {
      runs++;
      return `hello ${cookie}`;
    }
  }
  const server = await servers.start(platform, {
    controllers: [ClientController],
    prepare: (app: INestApplication) =>
      app.use((_: unknown, __: unknown, next: () => void) => {
        requests++;
        next();
      }),
  });
  return { ...server, requests: () => requests, runs: () => runs };
}

type Ask = (path: string, headers?: Record<string, string>) => Promise<string>;

function asking(dispatcher: Dispatcher, origin: string): Ask {
  return async (path, headers = {}) => {
    const { body } = await dispatcher.request({ origin, path, method: 'GET', headers });
    return body.text();
  };
}

/** A proxy that keeps answers for all of its clients. */
async function startProxy(origin: string): Promise<string> {
  const dispatcher = cachingClient('shared');
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const answer = await dispatcher.request({
      origin,
      path: request.url ?? '',
      method: 'GET',
      headers,
    });
    response.writeHead(answer.statusCode, answer.headers);
    response.end(await answer.body.text());
  };
  const proxy: Server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => proxy.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

describe.each(PLATFORMS)('clients of %s that keep answers', (platform) => {
  it('do not ask again while an answer is fresh', async () => {
    const server = await serve(platform);
    const ask = asking(cachingClient('shared'), server.url);
    for (let at = 0; at < 3; at++) expect(await ask('/minute')).toBe('run 1');
    expect([server.requests(), server.runs()]).toEqual([1, 1]);
  });

  it('count its age from when the handler ran', async () => {
    const server = await serve(platform);
    await server.get('/minute');
    await server.clock.advance(59_000);
    const ask = asking(cachingClient('shared'), server.url);
    expect(await ask('/minute')).toBe('run 1');
    // A second later it has ended here, and there.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await server.clock.advance(2000);
    expect(await ask('/minute')).toBe('run 2');
  });

  it('ask each time with maxAge 0, and are told that they have it', async () => {
    const server = await serve(platform);
    const ask = asking(cachingClient('shared'), server.url);
    for (let at = 0; at < 3; at++) expect(await ask('/always')).toBe('run 1');
    expect([server.requests(), server.runs()]).toEqual([3, 1]);
  });

  it('keep variants apart', async () => {
    const server = await serve(platform);
    const ask = asking(cachingClient('shared'), server.url);
    for (let at = 0; at < 2; at++) {
      expect(await ask('/kinds', { 'x-kind': 'a' })).toBe('a 1');
      expect(await ask('/kinds', { 'x-kind': 'b' })).toBe('b 2');
    }
    expect([server.requests(), server.runs()]).toEqual([2, 2]);
  });

  it('fetch is answered like others, and asks anew with no-cache', async () => {
    const server = await serve(platform);
    const ask = async (headers: Record<string, string> = {}): Promise<string> =>
      (await fetch(`${server.url}/minute`, { headers })).text();
    expect(await ask()).toBe('run 1');
    expect(await ask()).toBe('run 1');
    expect(await ask({ 'cache-control': 'no-cache' })).toBe('run 2');
    expect(await ask({ 'cache-control': 'no-store' })).toBe('run 3');
    expect(await ask()).toBe('run 2');
  });

  it('behind one proxy two users get their own, whoever asks first', async () => {
    const server = await serve(platform);
    const proxy = await startProxy(server.url);
    const ask = asking(new Agent(), proxy);
    for (const user of ['alice', 'bob', 'alice', 'bob']) {
      expect(await ask('/me', { authorization: user })).toBe(user);
      expect(await ask('/greeting')).toBe('hello nobody');
      expect(await ask('/greeting', { cookie: user })).toBe(`hello ${user}`);
    }
    expect(await ask('/minute')).toBe(await ask('/minute'));
  });
});
