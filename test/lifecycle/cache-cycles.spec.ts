import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier, type RedisTierOptions } from '../../lib/backends/redis/redis-tier.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { deferred } from '../core/helpers.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { CYCLES, leftBehind, listenersOf, refuseUnhandled } from './footprint.js';
import { eventually } from '../support/patience.js';

refuseUnhandled();

const TIMEOUT = 200;

let server: RedisServer;
let away: string;

beforeAll(async () => {
  server = await RedisServer.start();
  away = `redis://127.0.0.1:${await freePort()}`;
});
afterEach(() => server.resume());
afterAll(() => server.stop());

function create(redis: RedisTierOptions): TieredCache {
  return createTieredCache({ tiers: [memoryTier(), redisTier({ timeout: TIMEOUT, ...redis })] });
}

/** All that a cache does, whatever comes of it. */
async function use(cache: TieredCache, n: number): Promise<void> {
  await Promise.allSettled([
    cache.getOrCompute(`computed ${n}`, () => 'value'),
    cache.set(`set ${n}`, 'value', { tags: ['tag'] }),
    cache.getMany([`a ${n}`, `b ${n}`]),
    cache.remove(`removed ${n}`),
    cache.invalidateTags([`tag ${n}`]),
    cache.healthCheck(),
  ]);
}

describe(`${CYCLES} caches that are made, used and closed leave nothing behind`, () => {
  it('of memory alone', async () => {
    const left = await leftBehind(async (n) => {
      const cache = createTieredCache({ tiers: [memoryTier({ ttl: 60_000 })] });
      await use(cache, n);
      await cache.close();
    });
    expect(left).toEqual({});
  });

  it('of memory and Redis', async () => {
    const left = await leftBehind(async (n) => {
      const cache = create({ url: server.url });
      await use(cache, n);
      await cache.close();
    }, server);
    expect(left).toEqual({});
  });

  it('closed twice, and by many at once', async () => {
    const left = await leftBehind(async (n) => {
      const cache = create({ url: server.url });
      await use(cache, n);
      await Promise.all([cache.close(), cache.close(), cache.namespace('n').close()]);
      await cache.close();
    }, server);
    expect(left).toEqual({});
  });

  it('never used', async () => {
    const left = await leftBehind(async () => {
      await create({ url: server.url }).close();
    }, server);
    expect(left).toEqual({});
  });

  it('closed while they connect', async () => {
    const left = await leftBehind(async (n) => {
      const cache = create({ url: server.url });
      const using = use(cache, n);
      await sleep(Math.random() * 20);
      await cache.close();
      await using;
    }, server);
    expect(left).toEqual({});
  });

  it('closed at once, when they have been asked something', async () => {
    const left = await leftBehind(async (n) => {
      const cache = create({ url: server.url });
      const using = use(cache, n);
      await cache.close();
      await using;
    }, server);
    expect(left).toEqual({});
  });

  it('whose Redis is away', async () => {
    const left = await leftBehind(async (n) => {
      const cache = create({ url: away });
      await use(cache, n);
      await sleep(Math.random() * 20);
      await cache.close();
    });
    expect(left).toEqual({});
  });

  it('whose Redis has frozen before they came', async () => {
    server.pause();
    const left = await leftBehind(async (n) => {
      const cache = create({ url: server.url, options: { connectTimeout: 300 } });
      await use(cache, n);
      await cache.close();
    });
    expect(left).toEqual({});
  });

  it('whose Redis has frozen since', async () => {
    const caches = Array.from({ length: CYCLES }, () => create({ url: server.url }));
    const left = await leftBehind(async (n) => {
      const cache = caches[n];
      if (cache === undefined) return;
      await cache.healthCheck();
      if (n % 10 === 9) {
        await sleep(50);
        server.pause();
      } else {
        await sleep(60);
      }
      await use(cache, n);
      await cache.close();
      server.resume();
    }, server);
    expect(left).toEqual({});
  });

  it('with loads under way, which end later', async () => {
    const left = await leftBehind(async (n) => {
      const cache = create({ url: server.url });
      const loading = deferred<string>();
      const callers = [
        cache.getOrCompute(`loaded ${n}`, () => loading.promise),
        cache.getOrCompute(`failing ${n}`, async () => {
          await loading.promise;
          throw new Error('the load fails');
        }),
      ];
      const outcomes = Promise.allSettled(callers);
      await sleep(5);
      const closing = cache.close();
      await sleep(5);
      loading.resolve('value');
      await closing;
      expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    }, server);
    expect(left).toEqual({});
  });
});

/** What caches leave behind on a client that they are given, of its listeners too. */
async function leftOn(client: Redis, on?: RedisServer): Promise<Readonly<Record<string, number>>> {
  const listeners = listenersOf(client);
  const left = await leftBehind(async (n) => {
    const cache = create({ client });
    await use(cache, n);
    await cache.close();
  }, on);
  // Where it connects again and again, ioredis has some of its own meanwhile.
  await eventually(() => listenersOf(client) === listeners);
  return left;
}

describe(`${CYCLES} caches on a client that was given leave it as it was`, () => {
  const clients: Redis[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });

  /**
   * @param port what the client is to be connected to
   * @param status how far it is to have come
   */
  async function clientOf(port: number, status: Redis['status']): Promise<Redis> {
    const client = new Redis({ port, retryStrategy: () => 20 });
    clients.push(client);
    client.on('error', () => undefined);
    await eventually(() => client.status === status);
    return client;
  }

  it('connected', async () => {
    const client = await clientOf(server.port, 'ready');
    expect(await leftOn(client, server)).toEqual({});
    expect(await client.ping()).toBe('PONG');
  });

  it('that cannot connect', async () => {
    const client = await clientOf(Number(new URL(away).port), 'reconnecting');
    expect(await leftOn(client)).toEqual({});
  });

  it('that is still connecting when they are closed', async () => {
    server.pause();
    const client = await clientOf(server.port, 'connect');
    expect(await leftOn(client)).toEqual({});
    expect(client.status).toBe('connect');
  });
});
