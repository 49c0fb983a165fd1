import {
  All,
  BadRequestException,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Module,
  Options,
  Patch,
  Post,
  Put,
  Redirect,
  Res,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { from, type Observable } from 'rxjs';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { HttpCache, NoHttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpCacheModule } from '../../../lib/nest/http/http-cache.module.js';
import { getCacheToken } from '../../../lib/nest/tokens.js';
import { eventually, onSomeTry } from '../../support/patience.js';
import type { AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpServer, type Method } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());
afterEach(() => void jest.restoreAllMocks());

let runs = 0;
let isOpen = true;
let lateStatus = 200;

interface Sender {
  status(status: number): this;
  send(body: unknown): unknown;
}

@Controller('cities')
class CityController {
  @Get()
  list(): string {
    return `list ${++runs}`;
  }
  @Get('special')
  @HttpCache({ ttl: '1h', key: 'special' })
  special(): string {
    return `special ${++runs}`;
  }
  @Get(':id')
  @HttpCache({ tags: Array.from({ length: 64 }, (_, at) => `tag-${at}`), vary: ['x-kind'] })
  async find(): Promise<string> {
    const run = ++runs;
    await eventually(() => isOpen);
    return `run ${run}`;
  }
  @Get(':id/mayor')
  @HttpCache({
    private: true,
    principal: (context) =>
      context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-user'],
  })
  mayor(): string {
    return `mayor ${++runs}`;
  }
  @Get(':id/kinds')
  kinds(
    @Headers('x-kind') kind: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): string {
    response.header('vary', 'x-kind');
    return `${kind} ${++runs}`;
  }
  @Get(':id/left-alone')
  @HttpCache({ voidOnChange: false })
  leftAlone(): string {
    return `left alone ${++runs}`;
  }
}

/** Its name, its class and its parameters are others: it is the URL that counts. */
@Controller('cities')
class ChangeController {
  @Post()
  add(): string {
    return 'added';
  }
  @Put(':name')
  put(): void {}
  @Patch(':name')
  patch(@Res({ passthrough: true }) response: AnyResponse): void {
    response.status(409);
  }
  @Delete(':name')
  remove(): void {
    throw new BadRequestException();
  }
  @Post(':name')
  @Redirect('/cities', 303)
  rename(): void {}
  @Options(':name')
  options(): void {}
  @Put(':name/mayor')
  mayor(@Res() response: Sender): void {
    response.send('it sends itself');
  }
  @Patch(':name/mayor')
  async later(@Res() response: Sender): Promise<void> {
    // Nobody waits for what it does from here on.
    void eventually(() => isOpen).then(() =>
      response.status(lateStatus).send('it sends itself later'),
    );
  }
  @Put(':name/kinds')
  kinds(): Observable<string> {
    return from(['a', 'b']);
  }
  @Put(':name/left-alone')
  leftAlone(): void {}
  @Delete(':name/mayor')
  @NoHttpCache()
  @HttpCode(204)
  passesBy(): void {}
}

@Controller('login')
class LoginController {
  @Post()
  login(): void {}
}

const isHit = async (
  server: HttpServer,
  path: string,
  headers?: Record<string, string>,
  method?: Method,
): Promise<boolean> =>
  (await server.get(path, headers, method)).headers.get('cache-status')?.includes('; hit;') ===
  true;

const change = (server: HttpServer, method: Method, path: string): Promise<number> =>
  server.get(path, {}, method).then(({ status }) => status);

describe.each(PLATFORMS)('a request that may have changed something on %s', (platform) => {
  const start = (): Promise<HttpServer> =>
    servers.start(platform, { controllers: [CityController, ChangeController, LoginController] });
  it('voids all that is kept for its path, and nothing else', async () => {
    const server = await start();
    const asked: [string, Record<string, string>?, Method?][] = [
      ['/cities/1'],
      ['/cities/1?lang=de'],
      ['/cities/%31?lang=fr', {}, 'HEAD'],
      ['/cities/1', { 'x-kind': 'a' }],
    ];
    const others: typeof asked = [['/cities/2'], ['/cities']];
    for (const one of [...asked, ...others]) {
      await server.get(...one);
      expect(await isHit(server, ...one)).toBe(true);
    }
    expect(await change(server, 'PUT', '/cities/1')).toBe(200);
    for (const one of asked) expect([one, await isHit(server, ...one)]).toEqual([one, false]);
    for (const one of others) expect([one, await isHit(server, ...one)]).toEqual([one, true]);
  });

  it('voids the answers of all principals', async () => {
    const server = await start();
    const users = [{ 'x-user': 'ann' }, { 'x-user': 'ben' }];
    for (const user of users) await server.get('/cities/1/mayor', user);
    for (const user of users) expect(await isHit(server, '/cities/1/mayor', user)).toBe(true);
    await change(server, 'PUT', '/cities/1/mayor');
    for (const user of users) expect(await isHit(server, '/cities/1/mayor', user)).toBe(false);
  });

  it('voids the variants of which the answer itself has told', async () => {
    const server = await start();
    const kinds = [{ 'x-kind': 'a' }, { 'x-kind': 'b' }];
    for (const kind of [...kinds, ...kinds]) await server.get('/cities/1/kinds', kind);
    for (const kind of kinds) expect(await isHit(server, '/cities/1/kinds', kind)).toBe(true);
    expect((await server.get('/cities/1/kinds', {}, 'PUT')).body).toBe('b');
    for (const kind of kinds) expect(await isHit(server, '/cities/1/kinds', kind)).toBe(false);
    for (const kind of kinds) expect(await isHit(server, '/cities/1/kinds', kind)).toBe(true);
  });

  it.each([
    ['POST', '/cities', '/cities', 201],
    ['POST', '/cities/1', '/cities/1', 303],
    ['PUT', '/cities/special', '/cities/special', 200],
    ['PUT', '/cities/1?part=2', '/cities/1', 200],
  ] as const)('of %s %s voids %s', async (method, changed, path, status) => {
    const server = await start();
    await server.get(path);
    expect(await isHit(server, path)).toBe(true);
    expect(await change(server, method, changed)).toBe(status);
    expect(await isHit(server, path)).toBe(false);
  });

  it.each([
    ['fails by its status', 'PATCH', '/cities/1', 409],
    ['fails by an exception', 'DELETE', '/cities/1', 400],
    ['has no such method', 'PATCH', '/cities', 404],
    ['is safe', 'OPTIONS', '/cities/1', 200],
    ['has @NoHttpCache', 'DELETE', '/cities/1/mayor', 204],
    ['is of a route with voidOnChange: false', 'PUT', '/cities/1/left-alone', 200],
  ] as const)('voids nothing where it %s', async (_, method, path, status) => {
    const server = await start();
    const user = { 'x-user': 'ann' };
    await server.get(path, user);
    expect(await change(server, method, path)).toBe(status);
    expect(await isHit(server, path, user)).toBe(true);
  });

  it('voids what is being loaded meanwhile', async () => {
    const server = await start();
    isOpen = false;
    const before = runs;
    const asked = server.get('/cities/1');
    await eventually(() => runs === before + 1);
    await change(server, 'PUT', '/cities/1');
    isOpen = true;
    await asked;
    expect(await isHit(server, '/cities/1')).toBe(false);
    expect(await isHit(server, '/cities/1')).toBe(true);
  });

  it.each([
    [200, false],
    [500, true],
  ])('that is answered later with %i counts from then on', async (status, staysHit) => {
    lateStatus = status;
    const server = await start();
    const user = { 'x-user': 'ann' };
    isOpen = false;
    const patched = change(server, 'PATCH', '/cities/1/mayor');
    await server.get('/cities/1/mayor', user);
    expect(await isHit(server, '/cities/1/mayor', user)).toBe(true);
    isOpen = true;
    expect(await patched).toBe(status);
    // The client may have the answer before it is told here that it was sent.
    await onSomeTry(async () => (await isHit(server, '/cities/1/mayor', user)) === staysHit);
  });

  it('costs the cache nothing where no kept answer can be at its path', async () => {
    const server = await start();
    const invalidate = jest.spyOn(TieredCache.prototype, 'invalidateTags');
    expect(await change(server, 'POST', '/login')).toBe(201);
    await change(server, 'PUT', '/cities/1/left-alone');
    await change(server, 'DELETE', '/cities/1/mayor');
    expect(invalidate).not.toHaveBeenCalled();
  });

  it('is answered where the cache cannot be told, which is logged', async () => {
    const server = await start();
    await server.app.get(TieredCache).close();
    expect(await change(server, 'PUT', '/cities/1')).toBe(200);
    expect(servers.log.errors).toContainEqual(
      expect.stringMatching(/^ChangeController\.put: .*closed/),
    );
  });

  it('reaches the caches by name that have answers of its path, through prefixes', async () => {
    @Controller(['towns', 'villages'])
    class TownController {
      @Get(':id')
      @HttpCache({ cache: 'towns', namespace: 'all' })
      find(): string {
        return `town ${++runs}`;
      }
    }
    @Controller()
    class TownChanges {
      @Put(['eu/villages/:name', 'towns/:name'])
      put(): void {}
      @Post('towns/:name')
      post(): void {}
    }
    @Module({ controllers: [TownController] })
    class TownModule {}
    const server = await servers.start(platform, {
      imports: [
        TownModule,
        CacheTierModule.forRoot({ name: 'towns' }),
        RouterModule.register([{ path: 'eu', module: TownModule }]),
        HttpCacheModule.forRoot({ ttl: '1h' }),
      ],
      controllers: [TownChanges],
      prepare: (app) => app.setGlobalPrefix('api'),
    });
    const towns = server.app.get<TieredCache>(getCacheToken('towns'), { strict: false });
    const told = jest.spyOn(towns, 'invalidateTags');
    for (const path of ['/api/eu/towns/1', '/api/eu/villages/1']) {
      await server.get(path);
      expect(await isHit(server, path)).toBe(true);
    }
    await change(server, 'PUT', '/api/eu/villages/1');
    expect(await isHit(server, '/api/eu/villages/1')).toBe(false);
    expect(await isHit(server, '/api/eu/towns/1')).toBe(true);
    expect(told).toHaveBeenCalledTimes(1);
    // It has no such prefix, and so no path in common.
    expect(await change(server, 'POST', '/api/towns/1')).toBe(201);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('is told apart by its method where one handler takes all', async () => {
    @Controller('all')
    class AllController {
      @All()
      all(): string {
        return `all ${++runs}`;
      }
    }
    const server = await servers.start(platform, { controllers: [AllController] });
    await server.get('/all');
    expect(await isHit(server, '/all')).toBe(true);
    await change(server, 'POST', '/all');
    expect(await isHit(server, '/all')).toBe(false);
  });
});
