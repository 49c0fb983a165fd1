import {
  Controller,
  Get,
  Res,
  ServiceUnavailableException,
  UnauthorizedException,
  type INestApplication,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { UnsupportedError } from '../../../lib/contract/errors.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { eventually } from '../../support/patience.js';
import { startAnswerApp, type AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpAnswer } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

const EQUAL = 10;

function down(text: string): { error: Error } {
  return { error: new ServiceUnavailableException(text) };
}

describe.each(PLATFORMS)('an error that is remembered on %s', (platform) => {
  const options = { errorTtl: '10s' } as const;

  it('is told to others with the headers of its run', async () => {
    const headers = { 'retry-after': '5' };
    const app = await startAnswerApp(servers, platform, options, { ...down('one'), headers });
    await app.get('/answer');
    const again = await app.get('/answer');
    expect([again.status, again.headers.get('retry-after')]).toEqual([503, '5']);
    expect(again.body).toContain('one');
    expect(app.runs).toBe(1);
  });

  it.each([
    ['sets a cookie', { 'set-cookie': 'sid=1' }],
    ['is private', { 'cache-control': 'private' }],
  ])('is told to nobody else where it %s', async (_, headers) => {
    const app = await startAnswerApp(servers, platform, options, { ...down('one'), headers });
    await app.get('/answer');
    app.answer = down('two');
    expect((await app.get('/answer')).body).toContain('two');
  });

  it('is told to nobody whose headers are others, as far as the answer varies by them', async () => {
    const headers = { vary: 'x-kind' };
    const app = await startAnswerApp(servers, platform, options, { ...down('one'), headers });
    await app.get('/answer', { 'x-kind': 'a' });
    app.answer = down('two');
    expect((await app.get('/answer', { 'x-kind': 'b' })).body).toContain('two');
    expect((await app.get('/answer', { 'x-kind': 'a' })).body).toContain('one');
  });
});

describe.each(PLATFORMS)('an error of one run for many requests on %s', (platform) => {
  /** Asks so many times at the same time; each run waits until all have asked. */
  async function askAll(
    answer: (response: AnyResponse) => never,
  ): Promise<{ runs: number; answers: HttpAnswer[] }> {
    let runs = 0;
    let requests = 0;
    let isOpen = false;
    @Controller()
    class FailingController {
      @Get('failing')
      @HttpCache()
      async failing(@Res({ passthrough: true }) response: AnyResponse): Promise<never> {
        runs++;
        await eventually(() => isOpen);
        return answer(response);
      }
    }
    const server = await servers.start(platform, {
      controllers: [FailingController],
      prepare: (app: INestApplication) =>
        app.use((_: unknown, __: unknown, next: () => void) => {
          requests++;
          next();
        }),
    });
    const asked = Array.from({ length: EQUAL }, () => server.get('/failing'));
    await eventually(() => requests === EQUAL && runs > 0);
    isOpen = true;
    return { answers: await Promise.all(asked), runs };
  }

  it('is told with what the run has set', async () => {
    const { answers } = await askAll((response) => {
      response.header('www-authenticate', 'Basic');
      throw new UnauthorizedException();
    });
    const told = answers.map(({ headers }) => headers.get('www-authenticate'));
    expect(told).toEqual(Array(EQUAL).fill('Basic'));
  });

  it('is told as it is where it looks like one of the cache', async () => {
    const { answers, runs } = await askAll(() => {
      throw new UnsupportedError('of the handler');
    });
    expect(runs).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(Array(EQUAL).fill(500));
  });
});
