import { get } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import {
  Controller,
  Get,
  HttpException,
  NotFoundException,
  Param,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/patience.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import type { AnyResponse } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpServer, type Platform } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

type Answer = (run: number, response: AnyResponse) => unknown;

/** Serves a handler that answers when it is told to. */
async function serveGated(
  platform: Platform,
  answer: Answer,
): Promise<HttpServer & { runs(): number; open(): void }> {
  let runs = 0;
  let isOpen = false;
  @Controller()
  class SlowController {
    @Get('slow/:id')
    @HttpCache({ ttl: '1m', maxBodyBytes: 100, tags: ['slow'] })
    async slow(
      @Param('id') id: string,
      @Res({ passthrough: true }) res: AnyResponse,
    ): Promise<unknown> {
      const run = ++runs;
      await eventually(() => isOpen);
      return answer(run, res) ?? { id, run };
    }
  }
  const server = await servers.start(platform, { controllers: [SlowController] });
  const open = (): void => {
    isOpen = true;
  };
  return { ...server, runs: () => runs, open };
}

/** A client that does not wait for its answer. */
function askAndLeave(url: string): { leave(): Promise<unknown> } {
  const request = get(url, { agent: false });
  const failed = new Promise((resolve) => request.once('error', resolve));
  return {
    leave() {
      request.destroy(new Error('gone'));
      return failed;
    },
  };
}

const EQUAL = 20;

describe.each(PLATFORMS)('equal requests at the same time on %s', (platform) => {
  it('are answered by one run', async () => {
    const server = await serveGated(platform, () => undefined);
    const asked = Array.from({ length: EQUAL }, () => server.get('/slow/1'));
    await eventually(() => server.runs() === 1);
    server.open();
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['{"id":"1","run":1}']));
    const statuses = answers.map(({ headers }) => headers.get('cache-status'));
    expect(statuses.filter((status) => status === 'CacheTier; fwd=uri-miss; stored')).toHaveLength(
      1,
    );
    expect(statuses.every((status) => /fwd=uri-miss|hit/.test(status ?? ''))).toBe(true);
    expect(server.runs()).toBe(1);
  });

  it('are answered by one run where the answer tells that it has variants', async () => {
    const server = await serveGated(platform, (_, res) => void res.header('vary', 'x-kind'));
    const kinds = ['a', 'b'];
    const asked = Array.from({ length: EQUAL }, (_, at) =>
      server.get('/slow/1', { 'x-kind': kinds[at % 2] ?? '' }),
    );
    await eventually(() => server.runs() === 1);
    server.open();
    const bodies = (await Promise.all(asked)).map(({ body }) => body);
    expect(new Set(bodies.filter((__, at) => at % 2 === 0)).size).toBe(1);
    expect(new Set(bodies.filter((__, at) => at % 2 === 1)).size).toBe(1);
    expect(server.runs()).toBe(2);
    await server.get('/slow/1', { 'x-kind': 'a' });
    await server.get('/slow/1', { 'x-kind': 'b' });
    expect(server.runs()).toBe(2);
  });

  it.each([
    ['sets a cookie', (run, res) => void res.header('set-cookie', `sid=${run}`)],
    ['must not be stored', (_, res) => void res.header('cache-control', 'no-store')],
    ['is private', (_, res) => void res.header('cache-control', 'private')],
    ['has another status', (_, res) => void res.status(202)],
    ['varies by everything', (_, res) => void res.header('vary', '*')],
    ['is too large', (run) => `${run}${'x'.repeat(100)}`],
    ['is a stream', (run) => new StreamableFile(Buffer.from(`run ${run}`))],
  ] satisfies [string, Answer][])('have a run each where the answer %s', async (_, answer) => {
    const server = await serveGated(platform, answer);
    const asked = Array.from({ length: EQUAL }, () => server.get('/slow/1'));
    await eventually(() => server.runs() >= 1);
    server.open();
    const answers = await Promise.all(asked);
    expect(server.runs()).toBe(EQUAL);
    const seen = answers.map(({ body, headers }) => `${body} ${headers.get('set-cookie')}`);
    expect(new Set(seen).size).toBe(EQUAL);
  });

  it.each([
    [
      'an exception',
      () => new NotFoundException('no city'),
      404,
      '{"message":"no city","error":"Not Found","statusCode":404}',
    ],
    ['one of its own', () => new HttpException({ code: 7 }, 418), 418, '{"code":7}'],
    [
      'an error',
      () => new Error('secret'),
      500,
      '{"statusCode":500,"message":"Internal server error"}',
    ],
  ] satisfies [string, () => Error, number, string][])(
    'are all told of %s by one run, which is not kept',
    async (_, makeError, status, body) => {
      const server = await serveGated(platform, () => {
        throw makeError();
      });
      const asked = Array.from({ length: EQUAL }, () => server.get('/slow/1'));
      await eventually(() => server.runs() === 1);
      server.open();
      for (const answer of await Promise.all(asked)) {
        expect(answer).toMatchObject({ status, body });
      }
      const runs = server.runs();
      await server.get('/slow/1');
      expect(server.runs()).toBe(runs + 1);
    },
  );

  it.each(['', 'x-kind'])(
    'are not kept where the tag was voided meanwhile, with Vary: %s',
    async (vary) => {
      const server = await serveGated(platform, (_, res) => {
        if (vary !== '') res.header('vary', vary);
      });
      const first = server.get('/slow/1');
      await eventually(() => server.runs() === 1);
      await server.app.get(TieredCache).invalidateTags(['slow']);
      const second = server.get('/slow/1');
      await eventually(() => server.runs() === 2);
      server.open();
      expect((await first).body).toBe('{"id":"1","run":1}');
      expect((await second).body).toBe('{"id":"1","run":2}');
      expect((await server.get('/slow/1')).body).toBe('{"id":"1","run":2}');
      expect(server.runs()).toBe(2);
    },
  );

  it('are not kept where the cache was cleared when a variant is about to be', async () => {
    const server = await serveGated(platform, (_, res) => void res.header('vary', 'x-kind'));
    const first = server.get('/slow/1');
    await eventually(() => server.runs() === 1);
    await server.app.get(TieredCache).clear();
    server.open();
    await first;
    expect((await server.get('/slow/1')).body).toBe('{"id":"1","run":2}');
  });

  it.each([400, 503])('have a run each where a %i comes with a cookie', async (status) => {
    const server = await serveGated(platform, (run, res) => {
      res.header('set-cookie', `sid=${run}`);
      throw new HttpException(`of ${run}`, status);
    });
    const asked = Array.from({ length: EQUAL }, () => server.get('/slow/1'));
    await eventually(() => server.runs() >= 1);
    server.open();
    const answers = await Promise.all(asked);
    expect(server.runs()).toBe(EQUAL);
    expect(new Set(answers.map(({ headers }) => headers.get('set-cookie'))).size).toBe(EQUAL);
    for (const answer of answers) {
      const run = answer.headers.get('set-cookie')?.replace('sid=', '');
      expect(answer.body).toContain(`of ${run}`);
    }
  });

  it('go on where the client that began the run is gone', async () => {
    const server = await serveGated(platform, () => undefined);
    const client = askAndLeave(`${server.url}/slow/1`);
    await eventually(() => server.runs() === 1);
    const second = server.get('/slow/1');
    await client.leave();
    await turn();
    server.open();
    expect((await second).body).toBe('{"id":"1","run":1}');
    expect((await server.get('/slow/1')).headers.get('cache-status')).toMatch(/; hit; /);
    expect(server.runs()).toBe(1);
  });

  it('are kept where every client is gone', async () => {
    const server = await serveGated(platform, () => undefined);
    const client = askAndLeave(`${server.url}/slow/1`);
    await eventually(() => server.runs() === 1);
    await client.leave();
    server.open();
    await eventually(
      async () =>
        (await server.get('/slow/1')).headers.get('cache-status')?.includes('hit') === true,
    );
    expect(server.runs()).toBe(1);
  });
});
