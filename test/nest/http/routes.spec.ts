import {
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { map, of, type Observable } from 'rxjs';
import { HttpCache, NoHttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpCacheInterceptor } from '../../../lib/nest/http/http-cache.interceptor.js';
import { HttpCacheModule } from '../../../lib/nest/http/http-cache.module.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

const status = {
  hit: /^CacheTier; hit; ttl=\d+; detail=memory$/,
  missed: 'CacheTier; fwd=uri-miss; stored',
};

interface Sender {
  send(body: unknown): unknown;
}

@Injectable()
class WrapInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

describe.each(PLATFORMS)('routes under the interceptor on %s', (platform) => {
  it('each kind of answer looks the same from the cache as without it', async () => {
    @Controller()
    class KindsController {
      @Get('text')
      text(): string {
        return 'hello é';
      }
      @Get('number')
      number(): number {
        return 42;
      }
      @Get('flag')
      flag(): boolean {
        return false;
      }
      @Get('list')
      list(): unknown[] {
        return [1, { a: null }];
      }
      @Get('date')
      date(): object {
        return { at: new Date(0), none: undefined };
      }
      @Get('nothing')
      nothing(): void {}
      @Get('null')
      nil(): null {
        return null;
      }
      @Get('empty')
      empty(): string {
        return '';
      }
      @Get('bytes')
      bytes(): Buffer {
        return Buffer.from([0, 255, 128]);
      }
      @Get('csv')
      @Header('Content-Type', 'text/csv')
      csv(): string {
        return 'a,b';
      }
      @Get('html')
      @Header('content-type', 'text/html')
      html(): string {
        return '<p>';
      }
      @Get('problem')
      @Header('Content-Type', 'application/problem+json')
      problem(): object {
        return { title: 'x' };
      }
      @Get('code')
      @HttpCode(203)
      code(): string {
        return 'x';
      }
      @Get('observable')
      observable(): Observable<object> {
        return of({ n: 1 }, { n: 2 });
      }
      @Get('moved')
      @Redirect('/text', 301)
      moved(): void {}
      @Get('moved-on')
      @Redirect('/text', 302)
      movedOn(): object {
        return { url: '/list', statusCode: 308 };
      }
    }
    const cached = await servers.start(platform, { controllers: [KindsController] });
    const bare = await servers.start(platform, { controllers: [KindsController], isGlobal: false });
    const paths = [
      'text',
      'number',
      'flag',
      'list',
      'date',
      'nothing',
      'null',
      'empty',
      'bytes',
      'csv',
      'html',
    ];
    paths.push('problem', 'code', 'observable', 'moved', 'moved-on');
    for (const path of paths) {
      const told = async (server: typeof cached): Promise<object> => {
        const { headers, ...rest } = await server.get(`/${path}`);
        const names = ['content-type', 'content-length', 'location'];
        return {
          path,
          ...rest,
          ...Object.fromEntries(names.map((name) => [name, headers.get(name)])),
        };
      };
      const expected = await told(bare);
      expect(await told(cached)).toEqual(expected);
      expect(await told(cached)).toEqual(expected);
      const { headers } = await cached.get(`/${path}`);
      expect(headers.get('cache-status')).toMatch(status.hit);
    }
  });

  it('a redirection for now is not stored, as its status says', async () => {
    let runs = 0;
    @Controller()
    class MovedController {
      @Get('moved')
      @Redirect('/there')
      moved(): void {
        runs++;
      }
    }
    const server = await servers.start(platform, { controllers: [MovedController] });
    for (let at = 0; at < 2; at++) {
      const { status: code, headers } = await server.get('/moved');
      expect([code, headers.get('location')]).toEqual([302, '/there']);
    }
    expect(runs).toBe(2);
  });

  it('streams, events, and what a handler sends itself, pass by', async () => {
    let runs = 0;
    @Controller()
    class PassingController {
      @Get('file')
      file(): StreamableFile {
        return new StreamableFile(Buffer.from(`file ${++runs}`));
      }
      @Sse('events')
      events(): Observable<object> {
        return of({ data: `a${++runs}` }, { data: 'b' });
      }
      @Get('sent')
      sent(@Res() response: Sender): void {
        response.send(`sent ${++runs}`);
      }
      @Get('health')
      @Header('cache-control', 'no-cache, no-store, must-revalidate')
      health(): string {
        return `health ${++runs}`;
      }
      @Post('posted')
      posted(): string {
        return `posted ${++runs}`;
      }
    }
    const server = await servers.start(platform, { controllers: [PassingController] });
    expect((await server.get('/file')).body).toBe('file 1');
    const file = await server.get('/file');
    expect(file.body).toBe('file 2');
    expect(file.headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; detail=stream');
    expect((await server.get('/events')).body).toContain('data: a3');
    const events = await server.get('/events');
    expect(events.body).toMatch(/data: a4[^]*data: b/);
    expect(events.headers.get('cache-status')).toBeNull();
    expect((await server.get('/sent')).body).toBe('sent 5');
    expect((await server.get('/sent')).body).toBe('sent 6');
    expect((await server.get('/posted', {}, 'POST')).body).toBe('posted 7');
    expect((await server.get('/health')).body).toBe('health 8');
    const health = await server.get('/health');
    expect([health.body, health.headers.get('cache-status')]).toEqual(['health 9', null]);
  });

  it('@NoHttpCache lets a route or a controller pass by, and @HttpCache on a route takes it back', async () => {
    let runs = 0;
    @Controller('none')
    @NoHttpCache()
    class NoneController {
      @Get()
      none(): string {
        return `none ${++runs}`;
      }
      @Get('one')
      @HttpCache()
      one(): string {
        return `one ${++runs}`;
      }
    }
    @Controller('some')
    @HttpCache({ ttl: '2m' })
    class SomeController {
      @Get()
      some(): string {
        return `some ${++runs}`;
      }
      @Get('none')
      @NoHttpCache()
      none(): string {
        return `none ${++runs}`;
      }
      @Get('short')
      @HttpCache({ maxAge: 0 })
      short(): string {
        return 'short';
      }
    }
    const server = await servers.start(platform, { controllers: [NoneController, SomeController] });
    const told = async (path: string): Promise<unknown[]> => {
      await server.get(path);
      const { headers } = await server.get(path);
      return [headers.get('cache-status'), headers.get('cache-control')];
    };
    expect(await told('/none')).toEqual([null, null]);
    expect(await told('/none/one')).toEqual([
      'CacheTier; hit; ttl=300; detail=memory',
      'public, max-age=300',
    ]);
    expect(await told('/some')).toEqual([
      'CacheTier; hit; ttl=120; detail=memory',
      'public, max-age=120',
    ]);
    expect(await told('/some/none')).toEqual([null, null]);
    expect(await told('/some/short')).toEqual([
      'CacheTier; hit; ttl=120; detail=memory',
      'public, max-age=0',
    ]);
  });

  it('stands over a controller or a route alone, and twice over one without waiting for itself', async () => {
    @Controller('over')
    @UseInterceptors(HttpCacheInterceptor)
    class OverController {
      @Get()
      @UseInterceptors(HttpCacheInterceptor)
      over(): string {
        return 'over';
      }
    }
    @Controller('beside')
    class BesideController {
      @Get()
      beside(): string {
        return 'beside';
      }
      @Get('route')
      @UseInterceptors(HttpCacheInterceptor)
      route(): string {
        return 'route';
      }
    }
    const controllers = [OverController, BesideController];
    const server = await servers.start(platform, { controllers, isGlobal: false });
    for (const path of ['/over', '/beside/route']) {
      expect((await server.get(path)).headers.get('cache-status')).toBe(status.missed);
      expect((await server.get(path)).headers.get('cache-status')).toMatch(status.hit);
    }
    expect((await server.get('/beside')).headers.get('cache-status')).toBeNull();
  });

  it('keeps what interceptors inside it have made, and is itself inside those around it', async () => {
    @Controller()
    class WrappedController {
      @Get('inside')
      @UseInterceptors(HttpCacheInterceptor, WrapInterceptor)
      inside(): object {
        return { n: 1 };
      }
    }
    const server = await servers.start(platform, {
      controllers: [WrappedController],
      isGlobal: false,
    });
    expect((await server.get('/inside')).body).toBe('{"data":{"n":1}}');
    const { body, headers } = await server.get('/inside');
    expect(body).toBe('{"data":{"n":1}}');
    expect(headers.get('cache-status')).toMatch(status.hit);
  });

  it('takes the defaults of the module, which routes may override', async () => {
    @Controller()
    class PlainController {
      @Get('plain')
      plain(): string {
        return 'plain';
      }
      @Get('own')
      @HttpCache({ ttl: '1h', cacheStatus: true })
      own(): string {
        return 'own';
      }
    }
    const server = await servers.start(platform, {
      controllers: [PlainController],
      imports: [HttpCacheModule.forRoot({ ttl: '10s', cacheStatus: false })],
    });
    const plain = await server.get('/plain');
    expect(plain.headers.get('cache-control')).toBe('public, max-age=10');
    expect(plain.headers.get('cache-status')).toBeNull();
    const own = await server.get('/own');
    expect(own.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(own.headers.get('cache-status')).toBe(status.missed);
  });

  it('keeps nothing of what others set for one request', async () => {
    let requests = 0;
    @Controller()
    class OneController {
      @Get('one')
      one(): string {
        return 'one';
      }
    }
    const server = await servers.start(platform, {
      controllers: [OneController],
      prepare: (app) =>
        app.use(
          (
            _: unknown,
            response: { setHeader(name: string, value: string): void },
            next: () => void,
          ) => {
            response.setHeader('x-request-id', String(++requests));
            response.setHeader('vary', 'Origin');
            next();
          },
        ),
    });
    await server.get('/one');
    const { headers } = await server.get('/one');
    expect(headers.get('x-request-id')).toBe('2');
    expect(headers.get('vary')).toBe('authorization, cookie, origin');
    expect(headers.get('cache-status')).toMatch(status.hit);
    expect((await server.get('/one', { origin: 'http://a' })).headers.get('cache-status')).toBe(
      'CacheTier; fwd=vary-miss; stored',
    );
  });
});
