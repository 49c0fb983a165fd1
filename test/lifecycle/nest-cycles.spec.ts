import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { Cached } from '../../lib/nest/decorators/cached.decorator.js';
import { LogBook } from '../nest/support/nest-apps.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { CYCLES, leftBehind, refuseUnhandled } from './footprint.js';

refuseUnhandled();

@Injectable()
class CityService {
  @Cached()
  async count(_n: number): Promise<string> {
    return 'value';
  }
}

async function start(options: Parameters<typeof CacheTierModule.forRoot>[0]) {
  const module = await Test.createTestingModule({
    imports: [CacheTierModule.forRoot(options)],
    providers: [CityService],
  })
    .setLogger(new LogBook())
    .compile();
  return module.createNestApplication().init();
}

describe(`${CYCLES} applications that are started and closed leave nothing behind`, () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it('with memory alone', async () => {
    const left = await leftBehind(async (n) => {
      const app = await start({});
      expect(await app.get(CityService).count(n)).toBe('value');
      await app.close();
    });
    expect(left).toEqual({});
  });

  it('with memory and Redis', async () => {
    const left = await leftBehind(async (n) => {
      const app = await start({ redis: { url: server.url } });
      expect(await app.get(CityService).count(n)).toBe('value');
      await app.close();
    }, server);
    expect(left).toEqual({});
  });

  it('whose Redis is away', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const left = await leftBehind(async (n) => {
      const app = await start({ redis: { url } });
      expect(await app.get(CityService).count(n)).toBe('value');
      await app.close();
    });
    expect(left).toEqual({});
  });

  it('closed while requests are under way', async () => {
    const left = await leftBehind(async (n) => {
      const app = await start({ redis: { url: server.url } });
      const answer = app.get(CityService).count(n);
      await sleep(Math.random() * 10);
      await app.close();
      expect(await answer).toBe('value');
    }, server);
    expect(left).toEqual({});
  });
});
