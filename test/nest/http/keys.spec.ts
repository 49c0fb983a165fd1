import { connect } from 'node:net';
import {
  Controller,
  Get,
  HostParam,
  Param,
  Query,
  VersioningType,
  Version,
  type ExecutionContext,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { getCacheToken } from '../../../lib/nest/tokens.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

/** Sends a request line as it is, which clients would write in another way. */
async function raw(url: string, lines: string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end([...lines, 'Connection: close', '', ''].join('\r\n'));
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  return text;
}

describe.each(PLATFORMS)('keys of requests on %s', (platform) => {
  it('are the same where a URL is written in another way, and only there', async () => {
    let runs = 0;
    @Controller()
    class SearchController {
      @Get('search/:word')
      search(@Param('word') word: string, @Query() query: object): object {
        runs++;
        return { word, query };
      }
    }
    const server = await servers.start(platform, { controllers: [SearchController] });
    const same = [
      '/search/caf%C3%A9?b=2&a=1',
      '/search/caf%c3%a9?a=1&b=2',
      '/search/%63af%C3%A9?a=1&&b=2&',
    ];
    for (const path of same) await server.get(path);
    expect(runs).toBe(1);
    const others = [
      '/search/caf?b=2&a=1',
      '/search/caf%C3%A9?a=2&b=1',
      '/search/caf%C3%A9?a=1&b=2&b=3',
      '/search/caf%C3%A9?b=3&a=1&b=2',
      '/search/caf%C3%A9',
    ];
    for (const path of others) await server.get(path);
    expect(runs).toBe(1 + others.length);
  });

  it('do not have the Host in them, nor what a proxy says of it', async () => {
    let runs = 0;
    @Controller()
    class OneController {
      @Get('one')
      one(): string {
        runs++;
        return 'one';
      }
    }
    const server = await servers.start(platform, { controllers: [OneController] });
    await server.get('/one');
    await raw(server.url, [
      'GET /one HTTP/1.1',
      'Host: evil.example',
      'X-Forwarded-Host: evil.example',
    ]);
    expect(runs).toBe(1);
  });

  it('have what a controller reads of the host, which its route has checked', async () => {
    @Controller({ path: 'tenant', host: ':tenant.example.com' })
    class TenantController {
      @Get()
      tenant(@HostParam('tenant') tenant: string): string {
        return tenant;
      }
    }
    const server = await servers.start(platform, { controllers: [TenantController] });
    const ask = (tenant: string): Promise<string> =>
      raw(server.url, ['GET /tenant HTTP/1.1', `Host: ${tenant}.example.com`]);
    for (const tenant of ['a', 'b', 'a', 'b'])
      expect(await ask(tenant)).toMatch(new RegExp(`\r\n${tenant}$`));
    expect(await ask('a')).toContain('CacheTier; hit');
  });

  it('have the handler in them: versions of one URL are kept apart', async () => {
    @Controller('versioned')
    class VersionedController {
      @Get()
      @Version('1')
      one(): string {
        return 'one';
      }
      @Get()
      @Version('2')
      two(): string {
        return 'two';
      }
    }
    const server = await servers.start(platform, {
      controllers: [VersionedController],
      prepare: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    });
    for (const _ of [1, 2]) {
      expect((await server.get('/versioned', { 'x-version': '1' })).body).toBe('one');
      expect((await server.get('/versioned', { 'x-version': '2' })).body).toBe('two');
    }
  });

  it('may be made by the option, which may let a request pass by', async () => {
    let runs = 0;
    @Controller()
    class KeyController {
      @Get('keyed')
      @HttpCache({
        ttl: '1m',
        key: (context: ExecutionContext) =>
          context.switchToHttp().getRequest<{ query: { page?: string } }>().query.page,
      })
      keyed(): string {
        return `run ${++runs}`;
      }
    }
    const server = await servers.start(platform, { controllers: [KeyController] });
    expect((await server.get('/keyed?page=1&utm=a')).body).toBe('run 1');
    expect((await server.get('/keyed?page=1&utm=b')).body).toBe('run 1');
    expect((await server.get('/keyed?page=2')).body).toBe('run 2');
    const none = await server.get('/keyed');
    expect([none.body, none.headers.get('cache-status')]).toEqual([
      'run 3',
      'CacheTier; fwd=bypass; detail=key',
    ]);
    const long = `/keyed?page=${'x'.repeat(3000)}`;
    expect((await server.get(long)).body).toBe('run 4');
    expect((await server.get(long)).body).toBe('run 4');
  });

  it('are hashed where the cache takes shorter ones', async () => {
    let runs = 0;
    @Controller()
    class LongController {
      @Get('long/:id')
      long(): string {
        return `run ${++runs}`;
      }
    }
    const controllers = [LongController];
    const server = await servers.start(platform, { controllers, cache: { maxKeyLength: 48 } });
    expect((await server.get('/long/one-that-is-rather-long')).body).toBe('run 1');
    expect((await server.get('/long/one-that-is-rather-long')).body).toBe('run 1');
    expect((await server.get('/long/another-that-is-rather-long')).body).toBe('run 2');
  });

  it('a request with a body passes by: the body is no part of the key', async () => {
    @Controller()
    class FatController {
      @Get('fat')
      fat(): string {
        return 'fat';
      }
    }
    const server = await servers.start(platform, { controllers: [FatController] });
    const told = await raw(server.url, [
      'GET /fat HTTP/1.1',
      'Host: a',
      'Content-Type: text/plain',
      'Content-Length: 2',
      'Connection: close',
      '',
      'ab',
    ]);
    expect(told).toContain('CacheTier; fwd=bypass; detail=body');
  });

  it('are in the cache and the namespace that the options name, and are voided by tags', async () => {
    let runs = 0;
    @Controller()
    class TagController {
      @Get('cities/:id')
      @HttpCache({
        cache: 'pages',
        namespace: 'cities',
        tags: (context) => [
          `city:${context.switchToHttp().getRequest<{ params: { id: string } }>().params.id}`,
        ],
      })
      find(@Param('id') id: string): string {
        return `${id} ${++runs}`;
      }
    }
    const server = await servers.start(platform, {
      controllers: [TagController],
      imports: [CacheTierModule.forRoot({ name: 'pages' })],
    });
    const pages = server.app.get<TieredCache>(getCacheToken('pages'));
    expect((await server.get('/cities/1')).body).toBe('1 1');
    expect((await server.get('/cities/2')).body).toBe('2 2');
    await pages.invalidateTags(['city:1']);
    expect((await server.get('/cities/1')).body).toBe('1 3');
    expect((await server.get('/cities/2')).body).toBe('2 2');
    await pages.namespace('cities').clear();
    expect((await server.get('/cities/2')).body).toBe('2 4');
  });
});
