import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidationPendingError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { counted, guardRejections, recordEvents, tierStats } from '../core/helpers.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { Instances, share, storedName } from './helpers.js';
import { eventually, PATIENT } from '../support/patience.js';

guardRejections();

const TIMEOUT = 1000;

/** What opens the breaker. */
const FAILURES = 5;

let server: RedisServer;
const instances = new Instances({ timeout: TIMEOUT, staleness: 1000 });

beforeEach(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await instances.close();
  await server.stop();
});

function breakerOf(cache: TieredCache): string | undefined {
  return tierStats(cache, 'redis').breaker?.state;
}

/** Two that have joined the log. */
async function twoInstances(): Promise<readonly [TieredCache, TieredCache]> {
  const pair = [instances.create(server.url), instances.create(server.url)] as const;
  for (const cache of pair) {
    await eventually(async () => (await cache.healthCheck()).coherence.verified);
  }
  return pair;
}

/** Whether the call has waited for Redis until the timeout. It is no sign of it that the call took long. */
async function waits(cache: TieredCache, act: () => Promise<unknown>): Promise<boolean> {
  const { errors } = tierStats(cache, 'redis');
  const started = performance.now();
  await act().catch(() => undefined);
  return performance.now() - started > TIMEOUT - 50 && tierStats(cache, 'redis').errors > errors;
}

/** Keeps reading until the breaker is open. */
async function trip(cache: TieredCache): Promise<void> {
  await Promise.all(Array.from({ length: 2 * FAILURES }, (_, n) => cache.get(`trip ${n}`)));
  expect(breakerOf(cache)).toBe('open');
}

describe('while Redis is frozen', () => {
  it('the first failures alone cost callers time: no call after them waits', async () => {
    const cache = instances.create(server.url);
    await share([cache], 'key', 'value');
    server.pause();
    const loader = counted(() => 'loaded');
    const waited: boolean[] = [];
    for (let n = 0; n < 100; n++) {
      waited.push(await waits(cache, () => cache.getOrCompute(`read ${n}`, loader)));
      waited.push(await waits(cache, () => cache.getMany([`many ${n}`])));
      waited.push(await waits(cache, () => cache.set(`set ${n}`, n)));
      waited.push(await waits(cache, () => cache.remove(`remove ${n}`)));
      waited.push(await waits(cache, () => cache.invalidateTags([`tag ${n}`])));
      await sleep(10);
    }
    server.resume();
    expect(loader.runs).toBe(100);
    expect(waited.filter(Boolean).length).toBeGreaterThan(0);
    expect(waited.filter(Boolean).length).toBeLessThanOrEqual(FAILURES);
    // Calls of one breath fail together.
    expect(tierStats(cache, 'redis').errors).toBeLessThanOrEqual(2 * FAILURES);
    expect(tierStats(cache, 'redis').refused).toBeGreaterThan(100);
  });

  it('of many callers at a time, those wait that have come before it was noticed', async () => {
    const cache = instances.create(server.url);
    await share([cache], 'key', 'value');
    server.pause();
    const callers = 50;
    const before = tierStats(cache, 'redis').errors;
    await Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        for (let n = 0; n < 30; n++) {
          await cache.getOrCompute(`key ${caller} ${n}`, () => 'loaded', { ttl: 100 });
          await sleep(20);
        }
      }),
    );
    server.resume();
    expect(tierStats(cache, 'redis').errors - before).toBeLessThanOrEqual(callers);
    expect(tierStats(cache, 'redis').refused).toBeGreaterThan(10 * callers);
  });

  it('hits in memory go on, and changes by hand are pending at once', async () => {
    const [one, two] = await twoInstances();
    await share([one, two], 'key', 'old', { ttl: '1h' });
    await share([one, two], 'other', 'value', { ttl: '1h' });
    server.pause();
    await trip(one);
    expect(await one.get('other')).toBe('value');
    const removing = waits(one, async () => {
      await expect(one.remove('key')).rejects.toBeInstanceOf(InvalidationPendingError);
    });
    expect(await removing).toBe(false);
    expect(one.peek('key')).toBeUndefined();
    server.resume();
    await eventually(() => one.stats().coherence.pending === 0);
    await eventually(() => two.peek('key') === undefined);
    expect(await two.get('key')).toBeUndefined();
    expect(await one.get('key')).toBeUndefined();
  });

  it('stats, health and events tell it, and that it is over', async () => {
    const cache = instances.create(server.url);
    await share([cache], 'key', 'value');
    const events = recordEvents(cache);
    server.pause();
    await trip(cache);
    expect(await cache.healthCheck()).toMatchObject({
      status: 'degraded',
      tiers: [
        { name: 'memory', status: 'up', breaker: undefined },
        {
          name: 'redis',
          status: 'down',
          breaker: 'open',
          reason: expect.stringMatching(/; its breaker is open$/),
        },
      ],
    });
    server.resume();
    await eventually(async () => {
      await cache.get('nothing');
      return breakerOf(cache) === 'closed';
    });
    await eventually(async () => (await cache.healthCheck()).status === 'up');
    expect(tierStats(cache, 'redis').breaker).toMatchObject({ openFor: undefined });
    const told = events.flatMap((event) => (event.type === 'breaker' ? [event.state] : []));
    expect(told[0]).toBe('open');
    expect(told.slice(-2)).toEqual(['half-open', 'closed']);
  });

  it('both tiers serve again soon after it goes on, though nobody asks meanwhile', async () => {
    const [one, two] = await twoInstances();
    await share([one, two], 'key', 'value');
    server.pause();
    await trip(one);
    await sleep(1000);
    server.resume();
    await eventually(() => breakerOf(one) !== 'open');
    await eventually(async () => {
      await one.set('key', 'new').catch(() => undefined);
      return (await two.get('key')) === 'new';
    });
    await eventually(() => breakerOf(one) === 'closed');
    expect(await one.get('key')).toBe('new');
  });
});

describe('when Redis is gone', () => {
  it('and comes back, it is used again, by itself', async () => {
    const port = await freePort();
    const cache = instances.create(`redis://127.0.0.1:${port}`);
    for (let n = 0; n < 20; n++) {
      expect(await cache.getOrCompute(`key ${n}`, () => n)).toBe(n);
    }
    expect(breakerOf(cache)).toBe('open');
    const late = await RedisServer.start({ port });
    try {
      await eventually(() => breakerOf(cache) !== 'open');
      await eventually(async () => {
        await cache.getOrCompute('key', () => 'value', { ttl: '1h' });
        return (
          (await instances.create(late.url).get('key')) === 'value' ||
          cache.expire('key').then(() => false)
        );
      });
    } finally {
      await instances.close();
      await late.stop();
    }
  });
});

describe('a key of another type in Redis', () => {
  it('that is asked for again and again does not keep other keys from Redis', async () => {
    const cache = instances.create(server.url);
    await share([cache], 'key', 'value');
    await server.call('LPUSH', storedName('list'), 'item');
    for (let n = 0; n < 4 * FAILURES; n++) {
      expect(await cache.getOrCompute('list', () => 'loaded', { unless: () => true })).toBe(
        'loaded',
      );
    }
    expect(tierStats(cache, 'redis').errors).toBeGreaterThanOrEqual(4 * FAILURES);
    expect(tierStats(cache, 'redis')).toMatchObject({ refused: 0, breaker: { opened: 0 } });
  });
});

describe('the limits of a tier of Redis', () => {
  it('are its own timeout, unless others are given', async () => {
    const cache = instances.create(server.url, { ...PATIENT, readTimeout: 1000 });
    await share([cache], 'key', 'value');
    server.pause();
    const events = recordEvents(cache);
    await cache.get('unknown');
    server.resume();
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'tierError',
        error: expect.objectContaining({ code: 'BACKEND_TIMEOUT', timeout: 1000 }),
      }),
    );
    const usual = instances.create(server.url, PATIENT);
    await share([usual], 'other', 'value');
    server.pause();
    const reading = usual.get('nothing at all');
    await sleep(1500);
    server.resume();
    expect(await reading).toBeUndefined();
    expect(tierStats(usual, 'redis')).toMatchObject({ errors: 0 });
  });
});
