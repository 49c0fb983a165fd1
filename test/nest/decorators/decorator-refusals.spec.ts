import { Readable } from 'node:stream';
import { Controller, Get, Injectable, Next, Res, Sse, StreamableFile } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { of, type Observable } from 'rxjs';
import request from 'supertest';
import {
  InvalidKeyError,
  InvalidOptionError,
  InvalidPatternError,
  InvalidTtlError,
  UnsupportedError,
} from '../../../lib/contract/errors.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { CacheEvict } from '../../../lib/nest/decorators/cache-evict.decorator.js';
import { CachePut } from '../../../lib/nest/decorators/cache-put.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

type Decorator = (
  target: object,
  property: string | symbol,
  descriptor: PropertyDescriptor,
) => void;

/** Applies a decorator to an asynchronous method `find` of a class `CityService`, as the compiler would. */
function decorate(decorator: () => unknown, property: string | symbol = 'find'): void {
  class CityService {
    async find(): Promise<void> {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(CityService.prototype, 'find') ?? {};
  (decorator() as Decorator)(CityService.prototype, property, descriptor);
}

describe('what cannot be decorated is refused at decoration:', () => {
  const decorators: [string, () => unknown][] = [
    ['@Cached', () => Cached()],
    ['@CachePut', () => CachePut({ key: () => 'key' })],
    ['@CacheEvict', () => CacheEvict({ all: true })],
  ];

  it.each(decorators)('a static method, by %s', (name, decorator) => {
    class CityService {
      static readonly cities = new Map<number, string>();
      readonly cities = CityService.cities;

      static async find(id: number): Promise<string | undefined> {
        return this.cities.get(id);
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(CityService, 'find') ?? {};

    expect(() => (decorator() as Decorator)(CityService, 'find', descriptor)).toThrow(
      `Option "${name} on CityService.find": a static method has no instance`,
    );
  });

  it.each(decorators)('a getter and a property, by %s', (name, decorator) => {
    class CityService {
      get cities(): Promise<string[]> {
        return Promise.resolve([]);
      }
    }
    const { prototype } = CityService;
    const getter = Object.getOwnPropertyDescriptor(prototype, 'cities');
    const message = `Option "${name} on CityService.cities": it decorates methods only`;

    for (const descriptor of [getter, undefined, { value: 5 }]) {
      expect(() =>
        (decorator() as (...args: unknown[]) => void)(prototype, 'cities', descriptor),
      ).toThrow(message);
    }
  });

  it('a method whose symbol may read like another one, where the key is by default', () => {
    expect(() => decorate(() => Cached(), Symbol('find'))).toThrow(InvalidKeyError);
    expect(() => decorate(() => Cached(), Symbol('find'))).toThrow(/Give the option "key"/);
    expect(() => decorate(() => Cached({ key: () => 'key' }), Symbol('find'))).not.toThrow();
  });

  it('a method that is cached already', () => {
    expect(() => {
      class CityService {
        @Cached()
        @Cached({ key: () => 'key' })
        async find(): Promise<void> {}
      }
      return CityService;
    }).toThrow('Option "@Cached on CityService.find": may stand once on a method');
  });

  it('a handler with @Res() or @Next(), passthrough or not', () => {
    const message = 'what a handler does with @Res() or @Next() cannot be cached';

    expect(() => {
      class CityController {
        @Cached()
        @Get()
        async find(@Res() _response: object): Promise<void> {}
      }
      return CityController;
    }).toThrow(`Option "@Cached on CityController.find": ${message}`);
    expect(() => {
      class CityController {
        @Get()
        @Cached({ key: () => 'key' })
        async find(@Res({ passthrough: true }) _response: object): Promise<void> {}
      }
      return CityController;
    }).toThrow(message);
    expect(() => {
      class CityController {
        @Get()
        @CachePut({ key: () => 'key' })
        async find(@Next() _next: object): Promise<void> {}
      }
      return CityController;
    }).toThrow(`Option "@CachePut on CityController.find": ${message}`);
  });
});

describe('bad options are refused at decoration, naming the decorator, the method and the option:', () => {
  it.each<[string, () => unknown, new (...args: never[]) => Error, string]>([
    [
      'an unknown one',
      () => Cached({ tll: 5 } as object),
      InvalidOptionError,
      '@Cached on CityService.find.tll',
    ],
    [
      'options that are none',
      () => Cached('5m' as never),
      InvalidOptionError,
      '@Cached on CityService.find',
    ],
    ['a bad ttl', () => Cached({ ttl: 0 }), InvalidTtlError, '@Cached on CityService.find: ttl'],
    [
      'a bad negativeTtl',
      () => Cached({ negativeTtl: -1 }),
      InvalidTtlError,
      '@Cached on CityService.find: negativeTtl',
    ],
    [
      'a key that is no function',
      () => Cached({ key: 'key' } as object),
      InvalidOptionError,
      '@Cached on CityService.find: key',
    ],
    [
      'a when that is no function',
      () => Cached({ when: true } as object),
      InvalidOptionError,
      '@Cached on CityService.find: when',
    ],
    [
      'an unless that is no function',
      () => Cached({ unless: 1 } as object),
      InvalidOptionError,
      '@Cached on CityService.find: unless',
    ],
    ['a type that is none', () => Cached({ type: 'City' } as object), InvalidOptionError, 'type'],
    [
      'a cache that is no name',
      () => Cached({ cache: '' }),
      InvalidOptionError,
      '@Cached on CityService.find: cache',
    ],
    [
      'a bad namespace',
      () => Cached({ namespace: 'a b' }),
      InvalidOptionError,
      '@Cached on CityService.find: namespace',
    ],
    [
      'a put without a key',
      () => CachePut({} as never),
      InvalidOptionError,
      '@CachePut on CityService.find: key',
    ],
    [
      'a put with negativeTtl',
      () => CachePut({ key: () => 'key', negativeTtl: 5 } as never),
      InvalidOptionError,
      '@CachePut on CityService.find.negativeTtl',
    ],
    [
      'throwOnError that is no flag',
      () => CachePut({ key: () => 'key', throwOnError: 1 } as never),
      InvalidOptionError,
      '@CachePut on CityService.find: throwOnError',
    ],
    [
      'an eviction of nothing',
      () => CacheEvict({}),
      InvalidOptionError,
      '@CacheEvict on CityService.find',
    ],
    [
      'an eviction of two scopes',
      () => CacheEvict({ key: 'key', all: true }),
      InvalidOptionError,
      '@CacheEvict on CityService.find',
    ],
    [
      'all: false',
      () => CacheEvict({ all: false } as never),
      InvalidOptionError,
      '@CacheEvict on CityService.find: all',
    ],
    [
      'an empty key',
      () => CacheEvict({ key: '' }),
      InvalidOptionError,
      '@CacheEvict on CityService.find: key',
    ],
    [
      'a list with an empty key',
      () => CacheEvict({ key: ['key', ''] }),
      InvalidOptionError,
      '@CacheEvict on CityService.find: key[1]',
    ],
    [
      'a key that is none',
      () => CacheEvict({ key: 5 } as never),
      InvalidOptionError,
      '@CacheEvict on CityService.find: key',
    ],
    [
      'a pattern that is none',
      () => CacheEvict({ pattern: 5 } as never),
      InvalidOptionError,
      '@CacheEvict on CityService.find: pattern',
    ],
    [
      'a bad pattern',
      () => CacheEvict({ pattern: 'city:\\' }),
      InvalidPatternError,
      'ends in a lone',
    ],
    [
      'tags that are no list',
      () => Cached({ tags: 'cities' } as object),
      InvalidOptionError,
      '@Cached on CityService.find: tags',
    ],
    [
      'more tags than a value has',
      () => Cached({ tags: Array.from({ length: 65 }, (_value, n) => `tag ${n}`) }),
      InvalidOptionError,
      '@Cached on CityService.find: tags',
    ],
    [
      'a put with an empty tag',
      () => CachePut({ key: () => 'key', tags: [''] }),
      InvalidOptionError,
      '@CachePut on CityService.find: tags',
    ],
    [
      'an eviction of a tag that is none',
      () => CacheEvict({ tags: ['city', 5] } as never),
      InvalidOptionError,
      '@CacheEvict on CityService.find: tags',
    ],
    [
      'an eviction of a key and of tags',
      () => CacheEvict({ key: 'key', tags: ['city'] }),
      InvalidOptionError,
      'needs exactly one of key, pattern, tags, all',
    ],
    [
      'a holdFor that is no time',
      () => CacheEvict({ key: 'key', holdFor: -1 }),
      InvalidOptionError,
      '@CacheEvict on CityService.find: holdFor',
    ],
    [
      'a holdFor without keys to hold',
      () => CacheEvict({ tags: ['city'], holdFor: 1000 }),
      InvalidOptionError,
      '@CacheEvict on CityService.find: holdFor',
    ],
    [
      'before that is no flag',
      () => CacheEvict({ all: true, before: 'yes' } as never),
      InvalidOptionError,
      '@CacheEvict on CityService.find: before',
    ],
    [
      'defaults with an unknown one',
      () => CacheDefaults({ tll: 5 } as object),
      InvalidOptionError,
      '@CacheDefaults.tll',
    ],
    [
      'defaults with a bad ttl',
      () => CacheDefaults({ ttl: 'never' as never }),
      InvalidTtlError,
      '@CacheDefaults.ttl',
    ],
    [
      'defaults with a bad namespace',
      () => CacheDefaults({ namespace: '' }),
      InvalidOptionError,
      '@CacheDefaults.namespace',
    ],
  ])('%s', (_, decorator, error, text) => {
    expect(() => decorate(decorator)).toThrow(error);
    expect(() => decorate(decorator)).toThrow(text);
  });

  it('before, on a method of which nothing tells whether it answers a promise or an Observable', () => {
    expect(() => {
      class CityService {
        @CacheEvict({ all: true, before: true })
        remove() {
          return Promise.resolve();
        }
      }
      return CityService;
    }).toThrow('Option "@CacheEvict on CityService.remove: before": needs to know whether');
  });
});

describe('a cache that there is not', () => {
  it('is refused at the start, with the names that there are', async () => {
    @Injectable()
    class CityService {
      @CacheEvict({ cache: 'session', all: true })
      async clear(): Promise<void> {}
    }

    await expect(
      apps.start({
        imports: [CacheTierModule.forRoot(), CacheTierModule.forRoot({ name: 'sessions' })],
        providers: [CityService],
      }),
    ).rejects.toThrow(
      'Option "@CacheEvict on CityService.clear: cache": no cache is called "session"; there are the unnamed one, "sessions"',
    );
  });
});

describe('a route of server-sent events', () => {
  @Controller()
  class AboveController {
    @Sse('events')
    @Cached()
    events(): Observable<object> {
      return of({ data: 1 });
    }
  }

  @Controller()
  class BelowController {
    @Cached({ key: () => 'key' })
    @Sse('events')
    events(): Observable<object> {
      return of({ data: 1 });
    }
  }

  it.each([AboveController, BelowController])(
    'is refused at the start under @Cached, whichever decorator is above: %p',
    async (controller) => {
      await expect(
        apps.start({ imports: [CacheTierModule.forRoot()], controllers: [controller] }),
      ).rejects.toThrow(
        `Option "@Cached on ${controller.name}.events": an @Sse() handler answers many events`,
      );
    },
  );

  it('may evict and put, which pass each event on', async () => {
    @Controller()
    class EventController {
      @Sse('events')
      @CacheEvict({ key: 'old' })
      @CachePut({ key: () => 'last' })
      events(): Observable<object> {
        return of({ data: 1 }, { data: 2 });
      }
    }
    const app = await apps.serve({
      imports: [CacheTierModule.forRoot()],
      controllers: [EventController],
    });

    const { text } = await request(app.getHttpServer()).get('/events');

    expect(text.match(/data: \d/g)).toEqual(['data: 1', 'data: 2']);
    expect(app.get(TieredCache).peek('last')).toEqual({ data: 2 });
  });
});

describe('what cannot be cached is refused when it is answered', () => {
  class CityService {
    @Cached()
    async file(): Promise<StreamableFile> {
      return new StreamableFile(Buffer.from('file'));
    }

    @Cached()
    async stream(): Promise<Readable> {
      return Readable.from(['stream']);
    }

    @Cached()
    async webStream(): Promise<ReadableStream> {
      return new Blob(['stream']).stream();
    }

    @Cached()
    async response(): Promise<Response> {
      return new Response('body');
    }

    @Cached()
    async items(): Promise<AsyncIterable<number>> {
      return (async function* () {
        yield 1;
      })();
    }

    @CachePut({ key: () => 'key' })
    async put(): Promise<StreamableFile> {
      return new StreamableFile(Buffer.from('file'));
    }
  }

  it.each(['file', 'stream', 'webStream', 'response', 'items', 'put'] as const)(
    'a stream: %s',
    async (method) => {
      const app = await apps.start({
        imports: [CacheTierModule.forRoot()],
        providers: [CityService],
      });
      const call = app.get(CityService)[method]();

      await expect(call).rejects.toThrow(UnsupportedError);
      await expect(call).rejects.toThrow(
        `on CityService.${method}: it answers a stream, which can be read once only`,
      );
    },
  );
});
