import {
  Controller,
  Get,
  Headers,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { request as send } from 'undici';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import type { HttpCacheOptions } from '../../../lib/nest/http/http-cache.options.js';
import { HttpServers, PLATFORMS, type HttpServer, type Platform } from './support/http-servers.js';

interface Asking {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: { readonly name: string };
}

/** Knows users by an API key that no cache knows as a credential. */
@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Asking>();
    const name = request.headers['x-api-key'];
    if (name !== undefined) request.user = { name };
    return true;
  }
}

const principal = (context: ExecutionContext): string | undefined =>
  context.switchToHttp().getRequest<Asking>().headers['authorization'];

const servers = new HttpServers();
afterEach(() => servers.closeAll());

/** Serves `/me`, which answers who asks, after all who ask at once have come. */
async function serveMe(
  platform: Platform,
  options: HttpCacheOptions,
): Promise<HttpServer & { runs(): number }> {
  let runs = 0;
  @Controller()
  @UseGuards(KeyGuard)
  class MeController {
    @Get('me')
    @HttpCache(options)
    async me(
      @Headers('authorization') authorization = 'nobody',
      @Headers('x-api-key') key = '',
    ): Promise<object> {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { me: `${authorization}${key}` };
    }
  }
  const server = await servers.start(platform, { controllers: [MeController] });
  return { ...server, runs: () => runs };
}

const ALICE = { authorization: 'alice' };
const BOB = { authorization: 'bob' };

describe.each(PLATFORMS)('two users on %s', (platform) => {
  it('bob never gets what alice was answered, and neither is kept', async () => {
    const server = await serveMe(platform, { ttl: '1m' });
    for (const user of [ALICE, BOB, ALICE, BOB]) {
      const { body } = await server.get('/me', user);
      expect(body).toBe(JSON.stringify({ me: user.authorization }));
    }
    expect(server.runs()).toBe(4);
    expect((await server.get('/me')).body).toBe('{"me":"nobody"}');
  });

  it('where each has answers of their own, each is kept once', async () => {
    const server = await serveMe(platform, { ttl: '1m', private: true, principal });
    for (const user of [ALICE, BOB, ALICE, BOB]) {
      const { body, headers } = await server.get('/me', user);
      expect(body).toBe(JSON.stringify({ me: user.authorization }));
      expect(headers.get('cache-control')).toBe('private, max-age=60');
      expect(headers.get('vary')).toBe('authorization, cookie');
    }
    expect(server.runs()).toBe(2);
  });

  it.each([
    ['everybody is answered the same', { ttl: '1m' }],
    ['each has answers of their own', { ttl: '1m', private: true, principal }],
  ] satisfies [string, HttpCacheOptions][])(
    'at the same time, where %s, each gets their own',
    async (_, options) => {
      const server = await serveMe(platform, options);
      const users = Array.from({ length: 60 }, (__, index) => [ALICE, BOB, {}][index % 3] ?? {});
      const answers = await Promise.all(users.map((user) => server.get('/me', { ...user })));
      expect(answers.map(({ body }) => body)).toEqual(
        users.map((user) =>
          JSON.stringify({ me: 'authorization' in user ? user.authorization : 'nobody' }),
        ),
      );
    },
  );

  it('who is not known passes by a private route', async () => {
    const server = await serveMe(platform, { ttl: '1m', private: true, principal });
    await server.get('/me');
    const { headers } = await server.get('/me');
    expect(headers.get('cache-status')).toBe('CacheTier; fwd=bypass; detail=principal');
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(server.runs()).toBe(2);
  });

  it('whom a guard has found passes by, whatever told it', async () => {
    const server = await serveMe(platform, { ttl: '1m' });
    await server.get('/me', { 'x-api-key': 'alice' });
    const { body, headers } = await server.get('/me', { 'x-api-key': 'bob' });
    expect(body).toBe('{"me":"nobodybob"}');
    expect(headers.get('cache-status')).toBe('CacheTier; fwd=bypass; detail=credentials');
  });

  it('whom middleware has found passes by', async () => {
    let runs = 0;
    @Controller()
    class HelloController {
      @Get('hello')
      hello(): string {
        return `run ${++runs}`;
      }
    }
    const server = await servers.start(platform, {
      controllers: [HelloController],
      prepare: (app: INestApplication) =>
        app.use((request: Asking, _: unknown, next: () => void) => {
          const name = request.headers['x-api-key'];
          if (name !== undefined) request.user = { name };
          next();
        }),
    });
    await server.get('/hello');
    const { body, headers } = await server.get('/hello', { 'x-api-key': 'alice' });
    expect(body).toBe('run 2');
    expect(headers.get('cache-status')).toBe('CacheTier; fwd=bypass; detail=credentials');
  });

  it('whoever is known is answered for nobody else where the request has a body, too', async () => {
    const server = await serveMe(platform, { ttl: '1m' });
    const { headers } = await send(`${server.url}/me`, {
      method: 'GET',
      headers: ALICE,
      body: 'x',
    });
    expect(headers['cache-control']).toBe('private, no-cache');
    expect(headers['vary']).toBe('authorization, cookie');
  });

  it.each([[{ id: 1 }], [Promise.resolve('alice')], [true]])(
    'a principal that is no text of its own is refused: %p',
    async (given) => {
      const server = await serveMe(platform, {
        private: true,
        principal: () => given as unknown as string,
      });
      expect((await server.get('/me')).status).toBe(500);
      expect(server.runs()).toBe(0);
    },
  );

  it('principals that are written alike and are not the same are kept apart', async () => {
    const ids: unknown[] = [1, '1', 'a|b', 'a', ' a'];
    let at = 0;
    const next = (): string => ids[at++] as string;
    const server = await serveMe(platform, { ttl: '1m', private: true, principal: next });
    for (const _ of ids) await server.get('/me');
    expect(server.runs()).toBe(ids.length);
  });
});
