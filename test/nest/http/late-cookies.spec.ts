import { get, type ServerResponse } from 'node:http';
import cookie from '@fastify/cookie';
import {
  Controller,
  Get,
  Injectable,
  Res,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { eventually } from '../../support/patience.js';
import { HttpServers, type HttpServer } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

interface SetsCookies {
  setCookie?(name: string, value: string): unknown;
}

let runs = 0;
let isOpen = true;

/** Begins a session for whoever asks for one. */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { headers } = http.getRequest<{ headers: Record<string, string> }>();
    if ('x-new' in headers) http.getResponse<SetsCookies>().setCookie?.('sid', '1');
    return true;
  }
}

@Controller()
class OneController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  @HttpCache()
  guarded(): string {
    return `run ${++runs}`;
  }
  @Get('slow')
  @HttpCache()
  async slow(): Promise<string> {
    const run = ++runs;
    await eventually(() => isOpen);
    return `run ${run}`;
  }
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

  it('is for nobody else where a guard has set it by @fastify/cookie', async () => {
    const server = await servers.start('fastify', {
      controllers: [OneController],
      prepare: (app) => (app as NestFastifyApplication).register(cookie),
    });
    runs = 0;
    await server.get('/guarded');
    const { body, headers } = await server.get('/guarded', { 'x-new': 'yes' });
    expect(body).toBe('run 2');
    expect(headers.get('cache-status')).toBe('CacheTier; fwd=bypass; detail=set-cookie');
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  it.each(['express', 'fastify'] as const)(
    'is dropped on %s where its client was gone before the headers were sent',
    async (platform) => {
      const server = await servers.start(platform, {
        controllers: [OneController],
        prepare: (app: INestApplication) => app.use(session),
      });
      runs = 0;
      isOpen = false;
      const client = get(`${server.url}/slow`, { agent: false });
      const isGone = new Promise((resolve) => client.once('error', resolve));
      await eventually(() => runs === 1);
      client.destroy(new Error('gone'));
      await isGone;
      isOpen = true;
      await eventually(async () => (await server.get('/slow')).body !== 'run 1');
      expect(runs).toBeGreaterThan(1);
    },
  );

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
