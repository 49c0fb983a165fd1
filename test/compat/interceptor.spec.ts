import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  Injectable,
  Logger,
  Next,
  NotFoundException,
  Param,
  Post,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CacheKey as TheirCacheKey, CacheTTL as TheirCacheTTL } from '@nestjs/cache-manager';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createKeyv } from '@keyv/redis';
import { of } from 'rxjs';
import { CacheInterceptor } from '../../lib/compat/cache.interceptor.js';
import { CacheModule } from '../../lib/compat/cache.module.js';
import type { Cache } from '../../lib/compat/cache.js';
import { CACHE_MANAGER } from '../../lib/compat/constants.js';
import { CacheKey, CacheTTL } from '../../lib/compat/decorators.js';
import { onSomeTry } from '../support/patience.js';
import { RedisServer } from '../support/redis-server.js';

const calls = new Map<string, number>();

function called(name: string): number {
  const count = (calls.get(name) ?? 0) + 1;
  calls.set(name, count);
  return count;
}

@Controller()
@CacheTTL(60_000)
class CitiesController {
  @Get('cities/:name')
  city(@Param('name') name: string): object {
    return { name, call: called('city') };
  }

  @Post('cities')
  add(@Body() city: object): object {
    return { ...city, call: called('add') };
  }

  @Get('slow')
  async slow(): Promise<object> {
    const call = called('slow');
    await sleep(50);
    return { call };
  }

  @Get('nothing')
  nothing(): null {
    called('nothing');
    return null;
  }

  @Get('fails')
  fails(): never {
    throw new NotFoundException(`call ${called('fails')}`);
  }

  @Get('file')
  async file(): Promise<StreamableFile> {
    called('file');
    await sleep(50);
    return new StreamableFile(Buffer.from('content'));
  }

  @Get('observable')
  observable(): unknown {
    return of({ call: called('observable') });
  }

  @Get('me')
  me(@Headers('authorization') who?: string, @Headers('cookie') session?: string): object {
    return { who, session, call: called('me') };
  }

  @Get('ours')
  @CacheKey('ours')
  @CacheTTL(30_000)
  ours(): object {
    return { call: called('ours') };
  }

  @Get('theirs')
  @TheirCacheKey('theirs')
  @TheirCacheTTL(30_000)
  theirs(): object {
    return { call: called('theirs') };
  }

  @Get('by-factory/:id')
  @CacheKey((context: ExecutionContext) => {
    const { params } = context.switchToHttp().getRequest<{ params: { id: string } }>();
    return params.id === 'none' ? undefined : `factory:${params.id}`;
  })
  @CacheTTL(async () => {
    called('factory-ttl');
    return 60_000;
  })
  byFactory(): object {
    return { call: called('factory') };
  }

  @Get('text')
  @Header('content-type', 'text/plain')
  text(): string {
    return `call ${called('text')}`;
  }

  @Get('own-response')
  async ownResponse(@Res() response: { send(body: unknown): void }): Promise<void> {
    const call = called('own-response');
    await sleep(20);
    response.send({ call });
  }

  @Get('passthrough')
  passthrough(@Res({ passthrough: true }) _response: unknown): object {
    return { call: called('passthrough') };
  }

  @Get('ttl-fails')
  @CacheTTL(() => {
    called('ttl');
    throw new NotFoundException('no ttl');
  })
  ttlFails(): object {
    return { call: called('ttl-fails') };
  }

  @Sse('events')
  events(): unknown {
    return of({ data: String(called('events')) });
  }
}

const platforms = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
};

describe.each(Object.entries(platforms))('CacheInterceptor, on a server of %s', (_, adapter) => {
  let app: INestApplication;
  let url: string;
  let cache: Cache;

  async function start(interceptor: new (...args: never[]) => CacheInterceptor): Promise<void> {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register()],
      controllers: [CitiesController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: interceptor }],
    }).compile();
    app = module.createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    cache = app.get<Cache>(CACHE_MANAGER);
  }

  async function get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(url + path, { headers });
    return {
      status: response.status,
      cache: response.headers.get('x-cache'),
      text: await response.text(),
    };
  }

  beforeEach(() => calls.clear());
  afterEach(() => app.close());

  describe('as it is', () => {
    beforeEach(() => start(CacheInterceptor));

    it('answers the second GET of a URL from the cache, and says so', async () => {
      const body = JSON.stringify({ name: 'oslo', call: 1 });
      expect(await get('/cities/oslo')).toEqual({ status: 200, cache: 'MISS', text: body });
      expect(await get('/cities/oslo')).toEqual({ status: 200, cache: 'HIT', text: body });
      expect((await get('/cities/oslo?x=1')).text).toBe('{"name":"oslo","call":2}');
      expect(await cache.get('/cities/oslo')).toEqual({ name: 'oslo', call: 1 });
    });

    it('does not cache other methods', async () => {
      for (const call of [1, 2]) {
        const response = await fetch(`${url}/cities`, { method: 'POST' });
        expect(await response.json()).toEqual({ call });
      }
    });

    it('runs the handler once for twenty equal requests at the same time', async () => {
      const replies = await Promise.all(Array.from({ length: 20 }, () => get('/slow')));
      expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(['{"call":1}']));
      expect(replies.filter(({ cache: header }) => header === 'MISS')).toHaveLength(1);
    });

    it('remembers that there is nothing', async () => {
      expect(await get('/nothing')).toMatchObject({ cache: 'MISS' });
      expect(await get('/nothing')).toMatchObject({ cache: 'HIT' });
      expect(calls.get('nothing')).toBe(1);
    });

    it('passes on what the handler throws, and does not keep it', async () => {
      expect(await get('/fails')).toMatchObject({
        status: 404,
        text: expect.stringContaining('call 1'),
      });
      expect(await get('/fails')).toMatchObject({
        status: 404,
        text: expect.stringContaining('call 2'),
      });
    });

    it('gives each request a file of its own', async () => {
      const replies = await Promise.all(Array.from({ length: 5 }, () => get('/file')));
      expect(replies.map(({ text }) => text)).toEqual(Array(5).fill('content'));
      expect(calls.get('file')).toBe(5);
    });

    it('keeps the value of an observable', async () => {
      await get('/observable');
      expect((await get('/observable')).text).toBe('{"call":1}');
    });

    it("bob is never given alice's answer, whether a header or a cookie tells them apart", async () => {
      const alice = await get('/me', { authorization: 'alice' });
      const bob = await get('/me', { authorization: 'bob' });
      const carol = await get('/me', { cookie: 'session=carol' });
      const anybody = await get('/me');
      expect([alice, bob, carol, anybody].map(({ text }) => JSON.parse(text) as object)).toEqual([
        { who: 'alice', call: 1 },
        { who: 'bob', call: 2 },
        { session: 'session=carol', call: 3 },
        { call: 4 },
      ]);
      expect([alice, bob, carol].map((reply) => reply.cache)).toEqual([null, null, null]);
    });

    it.each(['ours', 'theirs'])(
      'reads the key and the ttl that decorators note: %s',
      async (name) => {
        await get(`/${name}`);
        expect(await cache.get(name)).toEqual({ call: 1 });
        // That of the controller is longer.
        expect((await cache.ttl(name)) ?? Infinity).toBeLessThanOrEqual(Date.now() + 30_000);
      },
    );

    it('takes keys and ttls from functions, and caches nothing without a key', async () => {
      for (const id of ['a', 'a', 'none', 'none']) await get(`/by-factory/${id}`);
      expect(calls.get('factory')).toBe(3);
      expect(await cache.ttl('factory:a')).toBeGreaterThan(Date.now());
    });

    it('a hit has the headers that are declared', async () => {
      await get('/text');
      const response = await fetch(`${url}/text`);
      expect(response.headers.get('content-type')).toContain('text/plain');
      expect(await response.text()).toBe('call 1');
    });

    it('lets events through', async () => {
      expect((await get('/events')).text).toContain('data: 1');
      expect((await get('/events')).text).toContain('data: 2');
    });

    it('lets through a handler that sends its answer itself', async () => {
      const replies = await Promise.all([get('/own-response'), get('/own-response')]);
      replies.push(await get('/own-response'));
      expect(replies.map(({ text }) => text).toSorted()).toEqual(
        [1, 2, 3].map((call) => `{"call":${call}}`),
      );
      expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
      expect(replies.map((reply) => reply.cache)).toEqual([null, null, null]);
    });

    it('keeps what a handler returns that looks at the response, and leaves it to Nest', async () => {
      await get('/passthrough');
      expect(await get('/passthrough')).toEqual({ status: 200, cache: 'HIT', text: '{"call":1}' });
    });

    it('answers, and keeps nothing, where the function for the ttl fails', async () => {
      const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
      for (const call of [1, 2]) {
        const text = JSON.stringify({ call });
        expect(await get('/ttl-fails')).toEqual({ status: 200, cache: 'MISS', text });
      }
      const told = 'An answer was not cached: no ttl';
      expect(logged.mock.calls).toEqual([[told], [told]]);
      logged.mockRestore();
    });

    it('asks for the ttl on a miss only', async () => {
      for (let call = 0; call < 2; call++) await get('/by-factory/a');
      expect(calls.get('factory-ttl')).toBe(1);
    });

    it('an answer is not kept that was removed while the handler ran', async () => {
      const reply = get('/slow');
      while (!calls.has('slow')) await sleep(1);
      await cache.del('/slow');
      await reply;
      expect((await get('/slow')).text).toBe('{"call":2}');
    });

    it('answers though the cache fails', async () => {
      const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
      await cache.disconnect();
      expect(await get('/cities/oslo')).toMatchObject({ status: 200, cache: 'MISS' });
      expect(logged.mock.calls).toEqual([['An answer was not cached: The cache is closed']]);
      logged.mockRestore();
    });

    it('runs the handler once for twenty equal requests though the cache fails', async () => {
      const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
      await cache.disconnect();
      await onSomeTry(async () => {
        calls.clear();
        const replies = await Promise.all(Array.from({ length: 20 }, () => get('/slow')));
        return replies.every(({ text }) => text === '{"call":1}');
      });
      expect(calls.get('slow')).toBe(1);
      logged.mockRestore();
    });
  });

  it('a subclass says what is cached, and by which key', async () => {
    @Injectable()
    class ByPath extends CacheInterceptor {
      protected override trackBy(context: ExecutionContext): string | undefined {
        const { httpAdapter } = this.httpAdapterHost;
        const request: unknown = context.switchToHttp().getRequest();
        const path = String(httpAdapter.getRequestUrl(request)).split('?')[0];
        return path === '/text' ? undefined : path;
      }

      protected override isPersonal(): boolean {
        return false;
      }
    }
    await start(ByPath);
    await get('/cities/oslo?a=1');
    expect((await get('/cities/oslo?a=2', { cookie: 'a=b' })).cache).toBe('HIT');
    for (let call = 0; call < 2; call++) await get('/text');
    expect(calls.get('text')).toBe(2);
  });

  it('a subclass says which requests may be cached', async () => {
    @Injectable()
    class NotSlow extends CacheInterceptor {
      protected override isRequestCacheable(context: ExecutionContext): boolean {
        const { url: path } = context.switchToHttp().getRequest<{ url: string }>();
        return super.isRequestCacheable(context) && path !== '/slow';
      }
    }
    await start(NotSlow);
    for (const path of ['/slow', '/slow', '/text', '/text']) await get(path);
    expect([calls.get('slow'), calls.get('text')]).toEqual([2, 1]);
  });
});

async function answerOf(app: INestApplication, path: string): Promise<unknown> {
  const response = await fetch((await app.getUrl()) + path);
  return response.json();
}

describe('CacheInterceptor over Redis', () => {
  it('answers from what another process has stored, and goes on when Redis has gone', async () => {
    calls.clear();
    const redis = await RedisServer.start();
    const start = async (): Promise<INestApplication> => {
      const keyv = createKeyv(redis.url, { namespace: 'app' });
      const module = await Test.createTestingModule({
        imports: [CacheModule.register({ stores: [keyv] })],
        controllers: [CitiesController],
        providers: [{ provide: APP_INTERCEPTOR, useClass: CacheInterceptor }],
      }).compile();
      const app = module.createNestApplication();
      await app.listen(0, '127.0.0.1');
      return app;
    };
    const [one, other] = [await start(), await start()];
    await onSomeTry(async (round) => {
      const path = `/cities/oslo-${round}`;
      return isDeepStrictEqual(await answerOf(one, path), await answerOf(other, path));
    });
    await redis.kill();
    expect(await answerOf(other, '/cities/oslo')).toMatchObject({ name: 'oslo' });
    expect(await answerOf(one, '/cities/bern')).toMatchObject({ name: 'bern' });
    await Promise.all([one.close(), other.close()]);
    await redis.stop();
  });
});

describe('CacheInterceptor with a threshold', () => {
  it('does not run a handler in the background, when its request is over', async () => {
    calls.clear();
    const module = await Test.createTestingModule({
      imports: [CacheModule.register({ ttl: 60_000, refreshThreshold: 120_000 })],
      controllers: [CitiesController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: CacheInterceptor }],
    }).compile();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    for (let call = 0; call < 3; call++) await fetch(`${url}/cities/oslo`);
    expect(calls.get('city')).toBe(1);
    await app.close();
  });
});

describe('CacheInterceptor on a controller', () => {
  @Controller()
  @UseInterceptors(CacheInterceptor)
  class OneController {
    @Get('one')
    one(): object {
      return { call: called('one') };
    }
  }

  it('is given the cache of the module that imports it', async () => {
    calls.clear();
    const module = await Test.createTestingModule({
      imports: [CacheModule.register({ ttl: 60_000 })],
      controllers: [OneController],
    }).compile();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    for (let call = 0; call < 3; call++) await fetch(`${url}/one`);
    expect(calls.get('one')).toBe(1);
    await app.close();
  });
});

/** Puts a function without a name in the place of a method, as decorators of others do. */
function Unnamed(): MethodDecorator {
  return (_target, _property, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as (...args: unknown[]) => unknown;
    descriptor.value = (() =>
      function (this: unknown, ...args: unknown[]): unknown {
        return method.apply(this, args);
      })();
  };
}

describe('CacheInterceptor with a handler that passes on to the next', () => {
  @Controller()
  @UseInterceptors(CacheInterceptor)
  class PassingController {
    @Get('passed')
    passed(@Next() next: () => void): void {
      called('passed');
      next();
    }

    @Get('passed/unnamed')
    @Unnamed()
    alsoPassed(@Next() next: () => void): void {
      called('passed');
      next();
    }
  }

  it.each(['passed', 'passed/unnamed'])('lets it through each time: %s', async (path) => {
    calls.clear();
    const module = await Test.createTestingModule({
      imports: [CacheModule.register({ ttl: 60_000 })],
      controllers: [PassingController],
    }).compile();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    for (const call of [1, 2]) {
      expect((await fetch(`${url}/${path}`)).status).toBe(404);
      expect(calls.get('passed')).toBe(call);
    }
    await app.close();
  });
});

interface Reply {
  readonly status: number;
  readonly cache: string | null;
  readonly text: string;
}
