import { Controller, Get } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { afterEach, expect, it } from '@jest/globals';
import { lastValueFrom, of } from 'rxjs';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpCacheInterceptor } from '../../../lib/nest/http/http-cache.interceptor.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

@Controller()
class OneController {
  @Get('one')
  @HttpCache()
  one(): string {
    return 'one';
  }
}

it.each(['graphql', 'rpc', 'ws'])('a call of %s passes by untouched', async (type) => {
  const server = await servers.start('express', {
    controllers: [OneController],
    providers: [HttpCacheInterceptor],
  });
  const interceptor = server.app.get(HttpCacheInterceptor);
  // Whatever touches an argument fails.
  const args = Array.from(
    { length: 4 },
    () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new TypeError('it was looked at');
          },
        },
      ),
  );
  const { value: handler } = Object.getOwnPropertyDescriptor(OneController.prototype, 'one') ?? {};
  const context = new ExecutionContextHost(args, OneController, handler);
  context.setType(type);
  const answer = of({ n: 1 });
  expect(interceptor.intercept(context, { handle: () => answer })).toBe(answer);
  expect(await lastValueFrom(answer)).toEqual({ n: 1 });
});

it.each(PLATFORMS)('an answer is made text once, whatever asks for it, on %s', async (platform) => {
  let texts = 0;
  @Controller()
  class TextController {
    @Get('text')
    @HttpCache()
    text(): object {
      return { toJSON: () => `text ${++texts}` };
    }
  }
  const server = await servers.start(platform, { controllers: [TextController] });
  const ask = async (): Promise<string> => (await server.get('/text')).body;
  expect([await ask(), await ask(), await ask()]).toEqual(Array(3).fill('"text 1"'));
  expect(texts).toBe(1);
});
