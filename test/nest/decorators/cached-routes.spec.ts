import {
  applyDecorators,
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
  Scope,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { map, Observable } from 'rxjs';
import request from 'supertest';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { CacheEvict } from '../../../lib/nest/decorators/cache-evict.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

async function serve(controller: Type, providers: Type[] = []) {
  const app = await apps.serve({
    imports: [CacheTierModule.forRoot()],
    controllers: [controller],
    providers,
  });
  return { app, http: request(app.getHttpServer()) };
}

/** Lets in whom the handler's metadata `roles` names, by the header `x-role`. */
@Injectable()
class RolesGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.get<string[] | undefined>('roles', context.getHandler());
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return roles?.includes(headers['x-role'] ?? '') ?? false;
  }
}

@Injectable()
class WrapInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler = context.getHandler().name;
    return next.handle().pipe(map((data: unknown) => ({ handler, data })));
  }
}

@Injectable()
class UpperCasePipe implements PipeTransform<unknown, unknown> {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.toUpperCase() : value;
  }
}

/** Metadata that a documentation module would read from the handler. */
function ApiLike(summary: string): MethodDecorator {
  return (_target, _property, descriptor) => {
    const before: unknown = Reflect.getMetadata('swagger/apiResponse', descriptor.value as object);
    const responses = { ...(before as object), [summary]: { description: summary } };
    Reflect.defineMetadata('swagger/apiResponse', responses, descriptor.value as object);
  };
}

const guarded = applyDecorators(
  SetMetadata('roles', ['reader']),
  UseGuards(RolesGuard),
  UseInterceptors(WrapInterceptor),
  UsePipes(UpperCasePipe),
  HttpCode(202),
  Header('x-from', 'handler'),
  ApiLike('first'),
  ApiLike('second'),
);

@Controller()
class GuardedController {
  runs = 0;

  @Get('above/:name')
  @guarded
  @Cached()
  async above(@Param('name') name: string): Promise<object> {
    return { name, run: ++this.runs };
  }

  @Cached()
  @guarded
  @Get('below/:name')
  async below(@Param('name') name: string): Promise<object> {
    return { name, run: ++this.runs };
  }
}

/** All metadata of a handler. */
function metadata(handler: 'above' | 'below'): Map<unknown, unknown> {
  const method: object = GuardedController.prototype[handler];
  const keys = Reflect.getOwnMetadataKeys(method) as unknown[];
  return new Map(keys.map((key) => [key, Reflect.getMetadata(key, method) as unknown]));
}

describe('@Cached on a route handler', () => {
  it.each(['above', 'below'] as const)(
    'leaves guards, pipes, interceptors, status and headers at work with the other decorators %s it',
    async (path) => {
      const { app, http } = await serve(GuardedController, [RolesGuard]);

      for (let round = 0; round < 2; round++) {
        const refused = await http.get(`/${path}/paris`);
        expect(refused.status).toBe(403);
        const answer = await http.get(`/${path}/paris`).set('x-role', 'reader');
        expect(answer.status).toBe(202);
        expect(answer.headers['x-from']).toBe('handler');
        expect(answer.body).toEqual({ handler: path, data: { name: 'PARIS', run: 1 } });
      }
      expect(app.get(GuardedController).runs).toBe(1);
    },
  );

  it('shows documentation modules the same metadata above and below', () => {
    const [above, below] = [metadata('above'), metadata('below')];

    expect(above.get('swagger/apiResponse')).toEqual({
      first: { description: 'first' },
      second: { description: 'second' },
    });
    expect(above.delete('path') && below.delete('path')).toBe(true);
    expect(above).toEqual(below);
  });

  it('tells handlers apart by what the pipes have made of their parameters', async () => {
    @Controller()
    class CityController {
      runs = 0;

      @Get('cities/:id')
      @Cached()
      async find(
        @Param('id', ParseIntPipe) id: number,
        @Query('limit') limit?: string,
        @Query() query?: object,
      ): Promise<object> {
        return { id, limit, query, run: ++this.runs };
      }

      @Post('search')
      @HttpCode(200)
      @Cached()
      async search(@Body() body: object): Promise<object> {
        return { body, run: ++this.runs };
      }
    }
    const { app, http } = await serve(CityController);
    const runs = () => app.get(CityController).runs;

    expect((await http.get('/cities/x')).status).toBe(400);
    expect(runs()).toBe(0);
    await http.get('/cities/1');
    expect((await http.get('/cities/01')).body).toEqual({ id: 1, query: {}, run: 1 });
    expect((await http.get('/cities/1?limit=5')).body).toMatchObject({ limit: '5', run: 2 });
    expect((await http.get('/cities/1?limit=5')).body).toMatchObject({ limit: '5', run: 2 });
    await http.post('/search').send({ a: 1, b: 2 });
    expect((await http.post('/search').send({ b: 2, a: 1 })).body).toMatchObject({ run: 3 });
  });

  it('does not keep an exception: 404 now may be 200 later', async () => {
    @Controller()
    class CityController {
      known = false;

      @Get('city')
      @Cached()
      async find(): Promise<object> {
        if (!this.known) throw new NotFoundException('no such city');
        return { name: 'Paris' };
      }
    }
    const { app, http } = await serve(CityController);

    expect((await http.get('/city')).body).toMatchObject({ message: 'no such city' });
    app.get(CityController).known = true;
    expect(await http.get('/city').then(({ status, body }) => [status, body as unknown])).toEqual([
      200,
      { name: 'Paris' },
    ]);
  });

  it('answers a handler that returns an Observable', async () => {
    @Controller()
    class CityController {
      runs = 0;

      @Get('city')
      @Cached()
      find(): Observable<object> {
        this.runs++;
        return new Observable((subscriber) => {
          subscriber.next({ name: 'old' });
          subscriber.next({ name: 'new' });
          subscriber.complete();
        });
      }
    }
    const { app, http } = await serve(CityController);

    expect((await http.get('/city')).body).toEqual({ name: 'new' });
    expect((await http.get('/city')).body).toEqual({ name: 'new' });
    expect(app.get(CityController).runs).toBe(1);
  });

  it('works on controllers that are made for each request', async () => {
    let runs = 0;

    @Controller({ scope: Scope.REQUEST })
    class CityController {
      @Get('city')
      @Cached()
      async find(): Promise<object> {
        return { run: ++runs };
      }
    }
    const { http } = await serve(CityController);

    expect((await http.get('/city')).body).toEqual({ run: 1 });
    expect((await http.get('/city')).body).toEqual({ run: 1 });
  });

  it('works on an inherited route', async () => {
    abstract class BaseController {
      runs = 0;

      @Get('item')
      @Cached()
      async find(): Promise<object> {
        return { of: this.constructor.name, run: ++this.runs };
      }
    }

    @Controller('cities')
    class CitiesController extends BaseController {}

    @Controller('countries')
    class CountriesController extends BaseController {}
    const app = await apps.serve({
      imports: [CacheTierModule.forRoot()],
      controllers: [CitiesController, CountriesController],
    });
    const http = request(app.getHttpServer());

    for (let round = 0; round < 2; round++) {
      expect((await http.get('/cities/item')).body).toEqual({ of: 'CitiesController', run: 1 });
      expect((await http.get('/countries/item')).body).toEqual({
        of: 'CountriesController',
        run: 1,
      });
    }
  });

  it('refuses the request as part of a default key, and says to give a key', async () => {
    @Controller()
    class CityController {
      @Get('default')
      @Cached()
      async byDefault(@Req() _request: object): Promise<object> {
        return {};
      }

      @Get('own')
      @Cached({ key: (req: { url: string }) => req.url })
      async own(@Req() req: { url: string }): Promise<object> {
        return { url: req.url };
      }
    }
    const { http } = await serve(CityController);

    expect((await http.get('/default')).status).toBe(500);
    expect(apps.log.errors.join()).toMatch(
      /InvalidKeyError: No default key for this call of CityController.byDefault: .*Give the option "key"/,
    );
    expect((await http.get('/own?a=1')).body).toEqual({ url: '/own?a=1' });
  });

  it('is undone by @CacheEvict on another handler', async () => {
    @Controller('cities')
    class CityController {
      population = 1;

      @Get(':id')
      @Cached({ key: (id: number) => `city:${id}` })
      async find(@Param('id', ParseIntPipe) id: number): Promise<object> {
        return { id, population: this.population };
      }

      @Post(':id')
      @CacheEvict({ key: (id: number) => `city:${id}` })
      async grow(@Param('id', ParseIntPipe) _id: number): Promise<void> {
        this.population++;
      }
    }
    const { http } = await serve(CityController);

    expect((await http.get('/cities/1')).body).toEqual({ id: 1, population: 1 });
    expect((await http.post('/cities/1')).status).toBe(201);
    expect((await http.get('/cities/1')).body).toEqual({ id: 1, population: 2 });
  });
});
