import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ClosedError, InvalidationPendingError } from '../../lib/contract/errors.js';
import type { CoherenceOptions } from '../../lib/core/coherence/coherence-options.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { counted, deferred, guardRejections, mustNotLoad, recordEvents } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Instances, share } from './helpers.js';
import { eventually } from '../support/patience.js';

guardRejections();

/** In milliseconds: short, so that little time is spent on waiting. */
const STALENESS = 400;

/** What Redis answers in time when it is asked for one thing, though the machine is slow. */
const TIMEOUT = 1000;

let server: RedisServer;
const instances = new Instances();

beforeEach(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await instances.close();
  await server.stop();
});

function create(coherence: CoherenceOptions = {}, url = server.url): TieredCache {
  return instances.create(
    url,
    { timeout: TIMEOUT },
    { ttl: '1h', coherence: { staleness: STALENESS, ...coherence } },
  );
}

async function verified(...caches: TieredCache[]): Promise<void> {
  await eventually(async () => {
    const health = await Promise.all(caches.map((cache) => cache.healthCheck()));
    return health.every(({ coherence }) => coherence.verified);
  });
}

describe('while Redis does not answer', () => {
  it('memory goes on, and each entry ends when it has been without a proof for maxUnverified', async () => {
    const maxUnverified = 4000;
    const cache = create({ maxUnverified });
    await share([cache], 'key', 'value');
    const proved = performance.now() - STALENESS;
    await verified(cache);
    server.pause();
    for (;;) {
      const found = [
        await cache.get('key'),
        await cache.getMany(['key']),
        await cache.getOrCompute('key', () => 'loaded', { unless: () => true }),
      ];
      // What has been answered by now was asked for in time.
      if (performance.now() - proved >= maxUnverified) break;
      expect(found).toEqual(['value', new Map([['key', 'value']]), 'value']);
    }
    expect(cache.stats().coherence.verified).toBe(false);
    await eventually(async () => (await cache.get('key')) === undefined, 3 * maxUnverified);
    // What is loaded now is known to be good now.
    expect(await cache.getOrCompute('key', () => 'new')).toBe('new');
    expect(await cache.getOrCompute('key', mustNotLoad)).toBe('new');
    server.resume();
  });

  it('once it is known, hits in memory wait for nothing', async () => {
    const cache = create();
    await share([cache], 'key', 'value');
    server.pause();
    await sleep(2 * STALENESS);
    // The first to come finds out, and waits for it.
    expect(await cache.get('key')).toBe('value');
    await sleep(STALENESS);
    const started = performance.now();
    for (let call = 0; call < 100; call++) expect(await cache.get('key')).toBe('value');
    // If each waited, it would be a hundred times as long.
    expect(performance.now() - started).toBeLessThan(20 * TIMEOUT);
    server.resume();
    await verified(cache);
    expect(cache.peek('key')).toBe('value');
  });

  it('bypass answers from memory only what was known to be good within staleness', async () => {
    const cache = create({ whenUnverified: 'bypass', staleness: 2000 });
    await share([cache], 'key', 'value');
    server.pause();
    await eventually(() => cache.peek('key') === undefined);
    const loader = counted(() => 'loaded');
    expect(await cache.getOrCompute('key', loader)).toBe('loaded');
    expect(await cache.getOrCompute('key', loader)).toBe('loaded');
    await eventually(() => cache.peek('key') === undefined);
    expect(await cache.getOrCompute('key', loader)).toBe('loaded');
    expect(loader.runs).toBe(2);
    server.resume();
    await verified(cache);
    expect(await cache.get('key')).toBeDefined();
  });

  it('stats, health and events tell that nothing is proved, and again when it is', async () => {
    const cache = create();
    await share([cache], 'key', 'value');
    await eventually(async () => {
      const { status, coherence } = await cache.healthCheck();
      return status === 'up' && coherence.shared && coherence.unverifiedFor === undefined;
    });
    const events = recordEvents(cache);
    server.pause();
    await eventually(() => !cache.stats().coherence.verified);
    await sleep(STALENESS);
    const { status, coherence } = await cache.healthCheck();
    expect(status).toBe('degraded');
    expect(coherence).toMatchObject({ shared: true, verified: false, pending: 0 });
    expect(coherence.unverifiedFor).toBeGreaterThan(STALENESS);
    expect(await cache.get('key')).toBe('value');
    server.resume();
    await verified(cache);
    expect(cache.stats().coherence).toMatchObject({ verified: true, resets: 0 });
    await eventually(() => events.some((event) => event.type === 'verification' && event.verified));
    const told = events.filter(({ type }) => type === 'verification');
    expect(told.slice(0, 2)).toEqual([
      { type: 'verification', verified: false },
      { type: 'verification', verified: true },
    ]);
  });

  it('loads of one instance share one run, and what they bring is kept there until it is judged', async () => {
    const cache = create();
    await verified(cache);
    server.pause();
    const loader = counted(() => sleep(50, 'value'));
    const callers = Array.from({ length: 100 }, () => cache.getOrCompute('key', loader));
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(await cache.getOrCompute('key', loader)).toBe('value');
    expect(loader.runs).toBe(1);
    server.resume();
  });
});

describe('while the log cannot be followed, and Redis answers all the same', () => {
  it('reads ask Redis instead of memory, and find what is removed and what is not', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      const one = create({}, `redis://127.0.0.1:${proxy.port}`);
      const two = create();
      await verified(one, two);
      await share([one, two], 'removed', 'old');
      await share([one, two], 'tagged', 'old', { tags: ['tag'] });
      await share([one, two], 'kept', 'value');
      const cleared = one.namespace('cleared');
      await share([cleared, two.namespace('cleared')], 'key', 'old');
      // The connection for data is the oldest. What is made anew for the log hears nothing either.
      const silence = setInterval(() => proxy.forget((index) => index > 0), 1);
      try {
        await eventually(() => !one.stats().coherence.verified);
        await two.remove('removed');
        await two.invalidateTags(['tag']);
        await two.namespace('cleared').clear();
        await sleep(STALENESS);
        expect(one.stats().coherence.verified).toBe(false);
        expect(await one.get('removed')).toBeUndefined();
        expect(await one.get('tagged')).toBeUndefined();
        expect(await cleared.get('key')).toBeUndefined();
        expect(await one.getOrCompute('kept', mustNotLoad)).toBe('value');
        expect(one.stats().coherence.unverifiedHits).toBe(0);
        expect(await one.getOrCompute('loaded', () => 'value')).toBe('value');
        expect(await two.get('loaded')).toBe('value');
      } finally {
        clearInterval(silence);
      }
      await verified(one);
      expect(await one.get('removed')).toBeUndefined();
      expect(await one.get('kept')).toBe('value');
    } finally {
      await instances.close();
      await proxy.close();
    }
  });
});

describe('what an instance has cached while it was cut off', () => {
  it('is dropped when it is back, if it was invalidated meanwhile, and kept if not', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      const one = create({}, `redis://127.0.0.1:${proxy.port}`);
      const two = create();
      await verified(one, two);
      proxy.hole();
      await eventually(() => !one.stats().coherence.verified);
      const slow = deferred<string>();
      for (const key of ['removed', 'tagged', 'kept']) {
        await one.getOrCompute(key, () => 'old', { tags: key === 'tagged' ? ['tag'] : [] });
        expect(await one.getOrCompute(key, mustNotLoad)).toBe('old');
      }
      const loading = one.getOrCompute('slow', () => slow.promise);
      await eventually(() => one.stats().loads === 4);
      await two.removeMany(['removed', 'slow']);
      await two.invalidateTags(['tag']);
      proxy.forget();
      proxy.heal();
      await verified(one);
      expect(one.peek('kept')).toBe('old');
      slow.resolve('old');
      expect(await loading).toBe('old');
      for (const key of ['removed', 'tagged', 'slow']) {
        expect(one.peek(key)).toBeUndefined();
        expect(await one.get(key)).toBeUndefined();
        expect(await two.get(key)).toBeUndefined();
      }
    } finally {
      await instances.close();
      await proxy.close();
    }
  });
});

describe('an invalidation while Redis is away', () => {
  const invalidations: [string, (cache: TieredCache) => Promise<void>][] = [
    ['remove', (cache) => cache.remove('key')],
    ['removeMany', (cache) => cache.removeMany(['key', 'other'])],
    ['remove with holdFor', (cache) => cache.remove('key', { holdFor: 10 })],
    ['invalidateTags', (cache) => cache.invalidateTags(['tag'])],
    ['removePattern', (cache) => cache.removePattern('k*')],
    ['clear', (cache) => cache.clear()],
    ['set', (cache) => cache.set('key', 'set', { ttl: 1 })],
  ];

  it.each(invalidations)(
    '%s is told to be pending, holds here, and is carried out when Redis is back',
    async (_, invalidate) => {
      const proxy = await TcpProxy.start(server.port);
      try {
        const one = create({}, `redis://127.0.0.1:${proxy.port}`);
        const two = create();
        await verified(one, two);
        await share([one, two], 'key', 'old', { tags: ['tag'] });
        const events = recordEvents(one);
        proxy.hole();
        await expect(invalidate(one)).rejects.toBeInstanceOf(InvalidationPendingError);
        expect(one.stats().coherence.pending).toBe(1);
        expect(events).toContainEqual({ type: 'invalidationPending', count: 1 });
        await eventually(() => one.peek('key') === undefined);
        expect(await one.get('key')).toBeUndefined();
        expect(await one.getOrCompute('key', () => 'new', { tags: ['tag'] })).toBe('new');
        expect((await one.healthCheck()).coherence.pending).toBe(1);
        // Nobody has told the other one, which reaches Redis and is right in all that it can know.
        expect(await two.get('key')).toBe('old');

        proxy.forget();
        proxy.heal();
        await eventually(() => one.stats().coherence.pending === 0);
        await eventually(() => two.peek('key') === undefined);
        expect(events).toContainEqual({ type: 'invalidationPending', count: 0 });
        expect(await two.get('key')).not.toBe('old');
        await eventually(async () => (await one.healthCheck()).status === 'up');
      } finally {
        await instances.close();
        await proxy.close();
      }
    },
  );

  it('and before it has been carried out, what Redis answers again is not taken for the truth', async () => {
    const one = create();
    await verified(one);
    await share([one], 'key', 'old');
    server.pause();
    await expect(one.remove('key')).rejects.toBeInstanceOf(InvalidationPendingError);
    const found: unknown[] = [];
    server.resume();
    while (one.stats().coherence.pending > 0) {
      found.push(await one.get('key'));
      // Redis is not asked for it, and the answer is there at once.
      await sleep(1);
    }
    found.push(await one.get('key'));
    expect(new Set(found)).toEqual(new Set([undefined]));
  });

  it('several are carried out in their order', async () => {
    const one = create();
    const two = create();
    await verified(one, two);
    await share([one, two], 'key', 'old');
    await share([one, two], 'other', 'old');
    server.pause();
    const calls = [one.remove('key'), one.invalidateTags(['tag']), one.remove('other')];
    for (const call of calls) await expect(call).rejects.toBeInstanceOf(InvalidationPendingError);
    expect(one.stats().coherence.pending).toBe(3);
    const told: unknown[] = [];
    two.invalidations().subscribe(({ keys, tags }) => told.push(keys?.[0]?.key ?? tags?.[0]));
    server.resume();
    await eventually(() => one.stats().coherence.pending === 0);
    await eventually(() => two.peek('other') === undefined);
    // What reached Redis before its answer was given up is carried out twice.
    expect(told.slice(-3)).toEqual(['key', 'tag', 'other']);
    expect(two.peek('key')).toBeUndefined();
  });

  it('says what failed, and what will become of it', async () => {
    const one = create();
    await verified(one);
    server.pause();
    const error: unknown = await one.remove('key').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'INVALIDATION_PENDING',
      backend: 'redis',
      message: expect.stringContaining('carried out when the store answers again'),
      cause: { code: 'BACKEND_TIMEOUT' },
    });
    server.resume();
  });

  it('a cache that is closed tries once more, and ends all the same', async () => {
    const one = create();
    await verified(one);
    await server.kill();
    await expect(one.remove('key')).rejects.toBeInstanceOf(InvalidationPendingError);
    await one.close();
    await expect(one.get('key')).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('a Redis that has lost its data', () => {
  it('is noticed: all that was cached is void, and caching goes on', async () => {
    const one = create();
    const two = create();
    await verified(one, two);
    await share([one, two], 'key', 'old');
    const events = recordEvents(two);
    await server.call('FLUSHALL');
    await eventually(() => one.peek('key') === undefined && two.peek('key') === undefined);
    await eventually(() => events.some(({ type }) => type === 'reset'));
    await verified(one, two);
    expect(two.stats().coherence.resets).toBeGreaterThan(0);
    await one.set('key', 'new');
    expect(await two.get('key')).toBe('new');
    await two.remove('key');
    await eventually(() => one.peek('key') === undefined);
  });

  it('or has gone back to an older state does not bring back what was removed', async () => {
    const one = create();
    const two = create();
    await verified(one, two);
    await share([one, two], 'key', 'old', { tags: ['tag'] });
    const snapshot = await server.snapshot();
    await two.invalidateTags(['tag']);
    await server.restart({ snapshot });
    await eventually(() => [one, two].every((cache) => cache.stats().coherence.resets > 0));
    await verified(one, two);
    for (const cache of [one, two]) expect(await cache.get('key')).toBeUndefined();
    expect(await create().get('key')).toBeUndefined();
    expect(await one.getOrCompute('key', () => 'new', { tags: ['tag'] })).toBe('new');
    expect(await two.get('key')).toBe('new');
  });

  it('or only its connection does not cost what memory holds', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      const one = create({}, `redis://127.0.0.1:${proxy.port}`);
      const two = create();
      await verified(one, two);
      await share([one, two], 'kept', 'value');
      await share([one, two], 'key', 'old');
      proxy.cut();
      await two.remove('key');
      await eventually(() => one.peek('key') === undefined);
      await verified(one);
      expect(one.peek('kept')).toBe('value');
      expect(one.stats().coherence.resets).toBe(0);
    } finally {
      await instances.close();
      await proxy.close();
    }
  });
});
