import type { ServerResponse } from 'node:http';
import cookie from '@fastify/cookie';
import { Controller, Get, Res, type INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpServers, type HttpServer } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

interface SetsCookies {
  setCookie?(name: string, value: string): unknown;
}

let runs = 0;

@Controller()
class OneController {
  @Get('one')
  @HttpCache()
  one(): string {
    return `run ${++runs}`;
  }
  @Get('cookie')
  @HttpCache()
  cookie(@Res({ passthrough: true }) response: SetsCookies): string {
    response.setCookie?.('sid', String(++runs));
    return `run ${runs}`;
  }
}

/** As express-session does it. */
function session(_: unknown, response: ServerResponse, next: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    response.setHeader('set-cookie', 'sid=1');
    return writeHead(...args);
  };
  next();
}

async function askTwice(server: HttpServer, path: string): Promise<string[]> {
  runs = 0;
  const first = await server.get(path);
  expect(first.headers.get('set-cookie')).toContain('sid=');
  return [first.body, (await server.get(path)).body];
}

it('what middleware has put in the place of a method of the response stays there', async () => {
  const seen: string[] = [];
  const server = await servers.start('express', {
    controllers: [OneController],
    prepare: (app: INestApplication) =>
      app.use((_: unknown, response: ServerResponse, next: () => void) => {
        const setHeader = response.setHeader.bind(response);
        response.setHeader = (name, value) => {
          seen.push(name.toLowerCase());
          return setHeader(name, value);
        };
        next();
      }),
  });
  await server.get('/one');
  expect(seen).toEqual(expect.arrayContaining(['cache-status', 'content-length']));
});

describe('an answer with a cookie that is set where nobody sees it', () => {
  it('is not kept where @fastify/cookie sends it', async () => {
    const server = await servers.start('fastify', {
      controllers: [OneController],
      prepare: (app) => (app as NestFastifyApplication).register(cookie),
    });
    expect(await askTwice(server, '/cookie')).toEqual(['run 1', 'run 2']);
    const { headers } = await server.get('/cookie');
    expect(headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; detail=set-cookie');
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  it('is dropped where a hook of Fastify sets it when the answer is sent', async () => {
    const server = await servers.start('fastify', {
      controllers: [OneController],
      prepare: (app) =>
        (app as NestFastifyApplication)
          .getHttpAdapter()
          .getInstance()
          .addHook('onSend', async (_, reply) => void reply.header('set-cookie', 'sid=1')),
    });
    expect(await askTwice(server, '/one')).toEqual(['run 1', 'run 2']);
  });

  it('is dropped where a session of Express sets it when the headers are sent', async () => {
    const server = await servers.start('express', {
      controllers: [OneController],
      prepare: (app: INestApplication) => app.use(session),
    });
    expect(await askTwice(server, '/one')).toEqual(['run 1', 'run 2']);
  });
});
