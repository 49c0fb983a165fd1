import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisBackend } from '../../lib/backends/redis/redis.backend.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { counted, deferred, guardRejections, mustNotLoad } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { NO_TIMERS } from '../support/no-timers.js';
import { eventually, onSomeTry, PATIENT } from '../support/patience.js';
import { Instances, WATCHFUL } from './helpers.js';

guardRejections();

/** How long a lease lasts that nobody renews, in milliseconds. */
const LEASE = 1500;

let server: RedisServer;
const instances = new Instances();
let one: TieredCache;
let two: TieredCache;
let three: TieredCache;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.call('FLUSHALL');
  one = instances.create(server.url);
  two = instances.create(server.url);
  three = instances.create(server.url);
  await Promise.all([one, two, three].map((cache) => cache.healthCheck()));
});
afterEach(() => instances.close());

/** Begins a load on one instance, invalidates it on another, and lets the load end. */
async function overtake(invalidate: (cache: TieredCache) => Promise<void>): Promise<void> {
  const loading = deferred<string>();
  const computing = one.getOrCompute(
    'key',
    async (context) => {
      const value = await loading.promise;
      context.addTags('added');
      return value;
    },
    { tags: ['given'] },
  );
  await eventually(() => one.stats().loads === 1);
  await invalidate(two);
  // Whether its message has come or not.
  loading.resolve('old');
  expect(await computing).toBe('old');
}

async function onlyNewIsKept(): Promise<void> {
  for (const cache of [one, two, three]) {
    expect(await cache.get('key')).toBeUndefined();
    expect(cache.peek('key')).toBeUndefined();
  }
  const newer = await three.getOrCompute('key', () => 'new', { tags: ['given'] });
  expect(newer).toBe('new');
  expect(await one.getOrCompute('key', mustNotLoad)).toBe('new');
}

/** An instance on which nothing is done because of a time that has passed: it is told when a lease ends. */
async function createWaiter(): Promise<TieredCache> {
  const waiter = instances.create(server.url, {}, { clock: NO_TIMERS });
  await waiter.healthCheck();
  return waiter;
}

/** The timers that keep this process. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
}

describe('a load that began before an invalidation by another instance', () => {
  it.each<[string, (cache: TieredCache) => Promise<void>]>([
    ['a removal', (cache) => cache.remove('key')],
    ['a removal with others', (cache) => cache.removeMany(['a', 'key', 'b'])],
    ['a pattern', (cache) => cache.removePattern('k*')],
  ])('answers who asked, and is stored nowhere: %s', async (_, invalidate) => {
    await overtake(invalidate);
    expect(one.peek('key')).toBeUndefined();
    expect(one.stats().fenced).toBe(1);
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
    await onlyNewIsKept();
  });

  it.each<[string, (cache: TieredCache) => Promise<void>]>([
    ['a tag of its options', (cache) => cache.invalidateTags(['given'])],
    ['a tag that it gives itself', (cache) => cache.invalidateTags(['added'])],
    ['a clear', (cache) => cache.clear()],
  ])('answers who asked, and is void wherever it is stored: %s', async (_, invalidate) => {
    await overtake(invalidate);
    await eventually(() => one.peek('key') === undefined);
    await onlyNewIsKept();
    expect(one.stats().loads + three.stats().loads).toBe(2);
  });

  it('is not stored by a batch either, but for the keys that were not invalidated', async () => {
    const loading = deferred<string>();
    const computing = one.getOrComputeMany(['key', 'other'], async (missing) => {
      const value = await loading.promise;
      return missing.map((key) => [key, value] as const);
    });
    await eventually(() => one.stats().loads === 1);
    await two.remove('key');
    loading.resolve('old');
    expect(await computing).toEqual(
      new Map([
        ['key', 'old'],
        ['other', 'old'],
      ]),
    );
    expect(one.peek('key')).toBeUndefined();
    expect(await three.getMany(['key', 'other'])).toEqual(new Map([['other', 'old']]));
  });

  it('does not overwrite what another instance has set meanwhile', async () => {
    const loading = deferred<string>();
    const computing = one.getOrCompute('key', () => loading.promise);
    await eventually(() => one.stats().loads === 1);
    await two.set('key', 'new');
    loading.resolve('old');
    expect(await computing).toBe('old');
    for (const cache of [one, two, three]) expect(await cache.get('key')).toBe('new');
  });

  it('is not waited for by those who come later, and they get the new value', async () => {
    const loading = deferred<string>();
    const old = one.getOrCompute('key', () => loading.promise);
    await eventually(() => one.stats().loads === 1);
    const waiter = await createWaiter();
    const waiting = waiter.getOrCompute('key', () => 'new');
    await eventually(() => waiter.stats().coherence.waits === 1);
    await two.remove('key');
    expect(await waiting).toBe('new');
    expect(await one.getOrCompute('key', () => 'not loaded by this')).toBe('new');
    loading.resolve('old');
    expect(await old).toBe('old');
    for (const cache of [one, two, three]) expect(await cache.get('key')).toBe('new');
  });
});

describe('concurrent calls of a cold key on three instances', () => {
  it('load once, and all get the value, without asking again and again', async () => {
    const loading = deferred<string>();
    const loader = counted(() => loading.promise);
    const callers = [one, two, three].flatMap((cache) =>
      Array.from({ length: 50 }, () => cache.getOrCompute('key', loader)),
    );
    const waits = (): number[] => [one, two, three].map((cache) => cache.stats().coherence.waits);
    await eventually(() => waits().filter((count) => count > 0).length === 2);
    loading.resolve('value');
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(loader.runs).toBe(1);
    expect(waits().toSorted((a, b) => a - b)).toEqual([0, 1, 1]);
    for (const cache of [one, two, three]) expect(cache.peek('key')).toBe('value');
    expect((await storedNames(server)).leases).toEqual([]);
  });

  it('load once though the load takes longer than a lease', async () => {
    // A machine that stands still for most of a lease does not renew it.
    await onSomeTry(async (round) => {
      const loader = counted(() => sleep(LEASE + 700, 'value'));
      const callers = [one, two, three].map((cache) => cache.getOrCompute(`key ${round}`, loader));
      expect(await Promise.all(callers)).toEqual(['value', 'value', 'value']);
      return loader.runs === 1;
    });
  });

  it('know that a loaded "absent" is an answer, where it is kept', async () => {
    const loader = counted(() => sleep(100, undefined));
    const options = { negativeTtl: '1m' } as const;
    const callers = [one, two].map((cache) => cache.getOrCompute('key', loader, options));
    expect(await Promise.all(callers)).toEqual([undefined, undefined]);
    expect(loader.runs).toBe(1);
  });

  it('where nothing is kept of the load, the next one loads at once', async () => {
    const loading = deferred<string>();
    const first = one.getOrCompute('key', () => loading.promise, { unless: () => true });
    await eventually(() => one.stats().loads === 1);
    const waiter = await createWaiter();
    const second = waiter.getOrCompute('key', () => 'second');
    await eventually(() => waiter.stats().coherence.waits === 1);
    loading.resolve('first');
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  });

  it('a load that fails frees the key at once, and its error reaches the callers of its instance alone', async () => {
    const loading = deferred<string>();
    const failing = Array.from({ length: 3 }, () => one.getOrCompute('key', () => loading.promise));
    await eventually(() => one.stats().loads === 1);
    const waiter = await createWaiter();
    const waiting = waiter.getOrCompute('key', () => 'value');
    await eventually(() => waiter.stats().coherence.waits === 1);
    loading.reject(new Error('origin'));
    for (const caller of failing) await expect(caller).rejects.toThrow('origin');
    expect(await waiting).toBe('value');
    expect(await one.get('key')).toBe('value');
  });

  it('batches share loads with single calls of other instances', async () => {
    const loading = deferred<string>();
    const single = one.getOrCompute('b', () => loading.promise);
    await eventually(() => one.stats().loads === 1);
    const asked: string[] = [];
    const batch = two.getOrComputeMany(['a', 'b', 'c'], (missing) => {
      asked.push(...missing);
      return missing.map((key) => [key, `two ${key}`] as const);
    });
    await eventually(() => two.stats().coherence.waits === 1);
    loading.resolve('one b');
    expect(await batch).toEqual(
      new Map([
        ['a', 'two a'],
        ['b', 'one b'],
        ['c', 'two c'],
      ]),
    );
    expect(await single).toBe('one b');
    expect(asked).toEqual(['a', 'c']);
  });
});

describe('batches of several instances', () => {
  const keys = Array.from({ length: 60 }, (_value, n) => `key ${n}`);

  it('load each key once, in whatever order they ask, and none waits for another for ever', async () => {
    const waiters = [await createWaiter(), await createWaiter(), await createWaiter()];
    const loaded: string[] = [];
    const orders = [keys, keys.toReversed(), keys.toSorted(), keys.slice(20, 40)];
    const batches = orders.map((order, n) =>
      waiters[n % 3]?.getOrComputeMany(order, async (missing) => {
        loaded.push(...missing);
        await sleep(20);
        return missing.map((key) => [key, `value of ${key}`] as const);
      }),
    );
    for (const [n, batch] of batches.entries()) {
      const found = await batch;
      expect(found?.size).toBe(orders[n]?.length);
      for (const [key, value] of found ?? []) expect(value).toBe(`value of ${key}`);
    }
    expect(loaded.toSorted()).toEqual(keys.toSorted());
    expect((await storedNames(server)).leases).toEqual([]);
  });

  it('that fail free all their keys at once', async () => {
    const loading = deferred<never>();
    const failing = one.getOrComputeMany(keys, () => loading.promise);
    await eventually(() => one.stats().loads === 1);
    const waiter = await createWaiter();
    const waiting = waiter.getOrComputeMany(keys, (missing) =>
      missing.map((key) => [key, 2] as const),
    );
    await eventually(() => waiter.stats().coherence.waits > 0);
    loading.reject(new Error('origin'));
    await expect(failing).rejects.toThrow('origin');
    expect((await waiting).size).toBe(keys.length);
  });
});

describe('refresh on several instances', () => {
  it('leaves one value, which all of them answer', async () => {
    await one.set('key', 'old');
    const refreshing = [one, two, three].map((cache, n) => cache.refresh('key', () => `new ${n}`));
    expect(await Promise.all(refreshing)).toEqual(['new 0', 'new 1', 'new 2']);
    const stored = await instances.create(server.url).get('key');
    expect(stored).toMatch(/^new/);
    await eventually(async () => {
      const found = await Promise.all([one, two, three].map((cache) => cache.get('key')));
      return found.every((value) => value === stored);
    });
  });
});

describe('a cache that is closed while it loads', () => {
  it('leaves the key to others, and no timer, though its load never ends', async () => {
    const before = timers();
    const closing = instances.create(server.url, {}, { drainTimeout: 0 });
    await closing.healthCheck();
    void closing.getOrCompute('key', () => new Promise<never>(() => undefined));
    await eventually(() => closing.stats().loads === 1);
    const waiter = await createWaiter();
    const waiting = waiter.getOrCompute('key', () => 'value');
    await eventually(() => waiter.stats().coherence.waits === 1);
    await closing.close();
    expect(await waiting).toBe('value');
    await eventually(() => timers() <= before);
  });
});

describe('the holder of a lease that dies', () => {
  it('costs those who wait one lease at most', async () => {
    await onSomeTry(async (round) => {
      const key = `key ${round}`;
      const started = performance.now();
      const dead = new RedisBackend({ url: server.url, ...PATIENT });
      try {
        const answer = await dead.lease(`default::${key}`, 'nobody-in-charge', LEASE);
        expect(answer).toEqual({ outcome: 'granted' });
      } finally {
        await dead.close();
      }
      const callers = [one, two].map((cache) => cache.getOrCompute(key, () => 'value'));
      expect(await Promise.all(callers)).toEqual(['value', 'value']);
      const took = performance.now() - started;
      expect(took).toBeGreaterThan(LEASE - 10);
      expect(one.stats().loads + two.stats().loads).toBe(round + 1);
      return took < LEASE + 500;
    });
  });

  it('is not the end of its own callers, and stores nothing when it comes back too late', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      const { timeout, staleness } = WATCHFUL;
      const behind = `redis://127.0.0.1:${proxy.port}`;
      const cut = instances.create(behind, { timeout }, { coherence: { staleness } });
      await cut.healthCheck();
      const loading = deferred<string>();
      const computing = cut.getOrCompute('key', () => loading.promise);
      await eventually(() => cut.stats().loads === 1);
      proxy.hole();
      proxy.forget();
      expect(await one.getOrCompute('key', () => 'new')).toBe('new');
      proxy.heal();
      await eventually(async () => (await cut.healthCheck()).status === 'up');
      loading.resolve('old');
      expect(await computing).toBe('old');
      expect(await cut.get('key')).toBe('new');
      expect(await two.get('key')).toBe('new');
    } finally {
      await instances.close();
      await proxy.close();
    }
  });
});
