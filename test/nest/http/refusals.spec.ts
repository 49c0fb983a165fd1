import { Controller, Get, Next, Render, Res, Sse } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import { InvalidOptionError, InvalidTtlError } from '../../../lib/contract/errors.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpCacheInterceptor } from '../../../lib/nest/http/http-cache.interceptor.js';
import { HttpCacheModule } from '../../../lib/nest/http/http-cache.module.js';
import type { HttpCacheOptions } from '../../../lib/nest/http/http-cache.options.js';
import { HttpServers } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

function decorate(options: unknown): () => unknown {
  return () => {
    class CityController {
      @HttpCache(options as HttpCacheOptions)
      find(): void {}
    }
    return CityController;
  };
}

const BAD: [string, unknown, string][] = [
  ['a name that is none', { tll: '1m' }, 'tll'],
  ['a ttl that is none', { ttl: 'soon' }, 'ttl'],
  ['a maxAge that is none', { maxAge: -1 }, 'maxAge'],
  ['a sharedMaxAge that is none', { sharedMaxAge: 'x' }, 'sharedMaxAge'],
  ['a staleFor that is none', { staleFor: 'long' }, 'staleFor'],
  ['a negativeTtl that is none', { negativeTtl: 0 }, 'negativeTtl'],
  ['tags that are no list', { tags: 'city' }, 'tags'],
  ['a tag that is none', { tags: [''] }, 'tags'],
  ['headers that are no list', { vary: 'Accept' }, 'vary'],
  ['a header that is none', { vary: ['Accept Language'] }, 'vary'],
  ['all headers', { vary: ['*'] }, 'vary'],
  ['an empty key', { key: '' }, 'key'],
  ['private that is no flag', { private: 'yes' }, 'private'],
  ['a principal that is no function', { principal: 'alice' }, 'principal'],
  ['a method that is not kept', { methods: ['POST'] }, 'methods'],
  ['a limit that is none', { maxBodyBytes: -1 }, 'maxBodyBytes'],
  ['a cookie that is none', { sessionCookies: ['a=b'] }, 'sessionCookies'],
  ['a cache without a name', { cache: '' }, 'cache'],
  ['a namespace that is none', { namespace: 'a b' }, 'namespace'],
  ['clientDirectives that is no flag', { clientDirectives: 1 }, 'clientDirectives'],
  ['cacheStatus that is no flag', { cacheStatus: 'on' }, 'cacheStatus'],
];

function isTyped(error: unknown): boolean {
  return error instanceof InvalidOptionError || error instanceof InvalidTtlError;
}

describe('@HttpCache refuses', () => {
  it.each(BAD)('%s, and names it', (_, options, name) => {
    expect(decorate(options)).toThrow(/@HttpCache on CityController\.find/);
    expect(decorate(options)).toThrow(new RegExp(`\\b${name}\\b`));
    let thrown: unknown;
    try {
      decorate(options)();
    } catch (error) {
      thrown = error;
    }
    expect(isTyped(thrown)).toBe(true);
    expect(() => HttpCacheModule.forRoot(options as HttpCacheOptions)).toThrow(
      /HttpCacheModule\.forRoot/,
    );
  });

  it('a handler that writes to the response itself', () => {
    expect(() => {
      class CityController {
        @Get()
        @HttpCache()
        find(@Res() _response: unknown): void {}
      }
      return CityController;
    }).toThrow(
      /@HttpCache on CityController\.find": what a handler does with @Res\(\) or @Next\(\)/,
    );
    expect(() => {
      class CityController {
        @HttpCache()
        find(@Next() _next: unknown): void {}
      }
      return CityController;
    }).toThrow(InvalidOptionError);
  });

  it('what is no method', () => {
    expect(() => HttpCache()({}, 'find', { get: () => 1 })).toThrow(InvalidOptionError);
  });
});

describe('an application does not start', () => {
  it('with @HttpCache on events', async () => {
    @Controller()
    class EventsController {
      @Sse('events')
      @HttpCache()
      events(): unknown {
        return of({ data: 'a' });
      }
    }
    await expect(servers.start('express', { controllers: [EventsController] })).rejects.toThrow(
      /@HttpCache on EventsController\.events": an @Sse\(\) handler/,
    );
  });

  it('with @HttpCache on a view', async () => {
    @Controller()
    class ViewController {
      @Render('city')
      @HttpCache()
      @Get()
      city(): object {
        return {};
      }
    }
    await expect(servers.start('express', { controllers: [ViewController] })).rejects.toThrow(
      /ViewController\.city": what a view is rendered to/,
    );
  });

  it('where answers are private and nothing says who asks', async () => {
    @Controller()
    @HttpCache({ private: true })
    class MeController {
      @Get('me')
      me(): string {
        return 'me';
      }
    }
    await expect(servers.start('fastify', { controllers: [MeController] })).rejects.toThrow(
      /@HttpCache on MeController\.me: principal": is needed/,
    );
  });

  it('with the name of a cache that there is not', async () => {
    @Controller()
    class LostController {
      @Get('lost')
      @HttpCache({ cache: 'lost' })
      lost(): string {
        return 'lost';
      }
    }
    await expect(servers.start('express', { controllers: [LostController] })).rejects.toThrow(
      /@HttpCache on LostController\.lost: cache": no cache is called "lost"/,
    );
  });

  it('with a cache that takes no key of a request', async () => {
    @Controller()
    @HttpCache()
    class ShortController {
      @Get('short')
      short(): string {
        return 'short';
      }
    }
    const controllers = [ShortController];
    await expect(
      servers.start('express', { controllers, cache: { maxKeyLength: 47 } }),
    ).rejects.toThrow(/takes keys of at least 48 characters/);
  });

  it('without any cache', async () => {
    const module = await Test.createTestingModule({
      providers: [{ provide: APP_INTERCEPTOR, useClass: HttpCacheInterceptor }],
    }).compile();
    await expect(module.createNestApplication().init()).rejects.toThrow(
      /there is no unnamed cache/,
    );
    await module.close().catch(() => undefined);
  });
});
