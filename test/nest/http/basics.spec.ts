import { Controller, Get, Param } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpCache } from '../../../lib/nest/http/http-cache.decorator.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

function cityController(): { runs: () => number; controller: new () => object } {
  let runs = 0;
  @Controller('cities')
  class CityController {
    @Get(':id')
    @HttpCache({ ttl: '1m' })
    find(@Param('id') id: string): object {
      runs++;
      return { id, name: 'Paris' };
    }
  }
  return { runs: () => runs, controller: CityController };
}

describe.each(PLATFORMS)('a cached route on %s', (platform) => {
  it('runs its handler once, and tells how it was answered', async () => {
    const { runs, controller } = cityController();
    const server = await servers.start(platform, { controllers: [controller] });
    const first = await server.get('/cities/7');
    expect(first.body).toBe('{"id":"7","name":"Paris"}');
    expect(first.headers.get('cache-status')).toBe('CacheTier; fwd=uri-miss; stored');
    expect(first.headers.get('cache-control')).toBe('public, max-age=60');
    expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8');
    await server.clock.advance(5000);
    const second = await server.get('/cities/7');
    expect(second.body).toBe('{"id":"7","name":"Paris"}');
    expect(second.headers.get('cache-status')).toBe('CacheTier; hit; ttl=55; detail=memory');
    expect(second.headers.get('age')).toBe('5');
    expect(second.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(second.headers.get('etag')).toMatch(/^"[\w-]{27}"$/);
    expect(runs()).toBe(1);
  });

  it('answers HEAD from what GET was answered', async () => {
    const { runs, controller } = cityController();
    const server = await servers.start(platform, { controllers: [controller] });
    await server.get('/cities/7');
    const head = await server.get('/cities/7', {}, 'HEAD');
    expect(head.headers.get('cache-status')).toBe('CacheTier; hit; ttl=60; detail=memory');
    expect(head.headers.get('content-length')).toBe('25');
    expect(head.body).toBe('');
    expect(runs()).toBe(1);
  });

  it('keeps what HEAD was answered for HEAD alone, until there is an answer to GET', async () => {
    const { runs, controller } = cityController();
    const server = await servers.start(platform, { controllers: [controller] });
    for (const status of ['fwd=uri-miss; stored', 'hit; ttl=60; detail=memory']) {
      const head = await server.get('/cities/7', {}, 'HEAD');
      expect(head.headers.get('cache-status')).toBe(`CacheTier; ${status}`);
      expect([head.body, head.headers.get('content-length')]).toEqual(['', '25']);
    }
    expect((await server.get('/cities/7')).headers.get('cache-status')).toContain('fwd=uri-miss');
    expect(runs()).toBe(2);
  });

  it('answers 304 to who has the version', async () => {
    const { controller } = cityController();
    const server = await servers.start(platform, { controllers: [controller] });
    const etag = (await server.get('/cities/7')).headers.get('etag') ?? '';
    const again = await server.get('/cities/7', { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(again.body).toBe('');
    expect(again.headers.get('etag')).toBe(etag);
    expect(again.headers.get('content-type')).toBeNull();
  });
});
