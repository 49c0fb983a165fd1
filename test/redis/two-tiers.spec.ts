import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import {
  counted,
  deferred,
  guardRejections,
  mustNotLoad,
  settle,
  tierStats,
} from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { Instances, storedName } from './helpers.js';
import { eventually, onSomeTry } from '../support/patience.js';

guardRejections();

class City {
  constructor(
    readonly name: string,
    readonly founded: Date,
  ) {}

  get age(): number {
    return 2000 - this.founded.getUTCFullYear();
  }
}

/** How long it takes, in milliseconds. */
async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

describe.each([
  ['json', new JsonCodec()],
  ['msgpack', new MsgpackCodec()],
] as const)('memory over Redis, with the codec %s', (_, codec) => {
  let server: RedisServer;
  const instances = new Instances();
  let cache: TieredCache;
  /** Another instance, which knows what is in Redis and nothing of the first one's memory. */
  let other: TieredCache;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    cache = instances.create(server.url, {}, { codec });
    other = instances.create(server.url, {}, { codec });
  });
  afterEach(() => instances.close());

  const pttl = async (key: string): Promise<number> =>
    Number(await server.call('PTTL', storedName(key)));

  it('answers what was set, and counts the hit in memory', async () => {
    await cache.set('key', { id: 1, at: new Date(5), tags: new Set(['a']) });
    expect(await cache.get('key')).toEqual({ id: 1, at: new Date(5), tags: new Set(['a']) });
    expect(tierStats(cache, 'memory').hits).toBe(1);
    expect(tierStats(cache, 'redis').hits).toBe(0);
  });

  it('answers what Redis alone has, alike, and promotes it', async () => {
    const value = {
      id: 1n,
      at: new Date(5),
      tags: new Set(['a']),
      more: new Map([['k', Buffer.from('v')]]),
      nothing: undefined,
    };
    await other.set('key', value);
    expect(await cache.get('key')).toEqual(value);
    expect(cache.peek('key')).toEqual(value);
    expect(tierStats(cache, 'redis').hits).toBe(1);
    expect(tierStats(cache, 'memory').promotions).toBe(1);
  });

  it('answers a miss with undefined, and counts it once', async () => {
    expect(await cache.get('key')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 1 });
  });

  it('counts hits and misses over many calls', async () => {
    await other.set('below', 1);
    await cache.set('above', 1);
    for (const key of ['below', 'below', 'above', 'none', 'none']) await cache.get(key);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 2 });
    expect(tierStats(cache, 'memory')).toMatchObject({ hits: 2, misses: 3 });
    expect(tierStats(cache, 'redis')).toMatchObject({ hits: 1, misses: 2 });
  });

  it('computes on a miss, and get sees it, here and elsewhere', async () => {
    expect(await cache.getOrCompute('key', () => 'computed')).toBe('computed');
    expect(await cache.get('key')).toBe('computed');
    expect(await other.get('key')).toBe('computed');
  });

  it('brings an instance of a class back by its type, without computing again', async () => {
    const loader = counted(() => new City('Ede', new Date(0)));
    await cache.getOrCompute('key', loader, { type: City });
    const again = await cache.getOrCompute('key', loader, { type: City });
    const elsewhere = await other.getOrCompute('key', loader, { type: City });
    expect(loader.runs).toBe(1);
    expect(again.age).toBe(30);
    expect(elsewhere).toBeInstanceOf(City);
    expect(elsewhere).toEqual(new City('Ede', new Date(0)));
    expect(elsewhere.age).toBe(30);
  });

  it('keeps a value in Redis for its ttl, in milliseconds', async () => {
    await cache.set('key', 1, { ttl: 60_000 });
    const left = await pttl('key');
    expect(left).toBeGreaterThan(10_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('loses a value when its ttl has ended, in both tiers', async () => {
    await cache.set('key', 1, { ttl: 2000 });
    expect(await cache.get('key')).toBe(1);
    await eventually(async () => (await server.call('EXISTS', storedName('key'))) === 0);
    await eventually(async () => (await cache.get('key')) === undefined);
    expect(await other.get('key')).toBeUndefined();
  });

  it.each([
    ['realTime', 10_000],
    ['shortTerm', 300_000],
    ['mediumTerm', 3_600_000],
    ['longTerm', 10_800_000],
  ] as const)('round-trips with the strategy %s', async (ttl, ms) => {
    await cache.set('key', { of: ttl }, { ttl });
    expect(await other.get('key')).toEqual({ of: ttl });
    const left = await pttl('key');
    expect(left).toBeGreaterThan(ms - 9000);
    expect(left).toBeLessThanOrEqual(ms);
  });

  it('takes an empty value for a hit', async () => {
    await cache.setMany<unknown>([
      ['text', ''],
      ['bytes', Buffer.alloc(0)],
      ['list', []],
      ['null', null],
    ]);
    const found = await other.getMany(['text', 'bytes', 'list', 'null']);
    expect([...found.values()]).toEqual(['', Buffer.alloc(0), [], null]);
    expect(tierStats(other, 'redis')).toMatchObject({ hits: 4, misses: 0 });
  });

  it('answers nothing after a removal, anywhere', async () => {
    await cache.set('key', 1);
    await cache.remove('key');
    expect(await cache.get('key')).toBeUndefined();
    expect(await other.get('key')).toBeUndefined();
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('removes ten keys at once', async () => {
    const keys = Array.from({ length: 10 }, (_value, n) => `key ${n}`);
    await cache.setMany([...keys, 'kept'].map((key) => [key, key] as const));
    await cache.removeMany(keys);
    expect((await cache.getMany(keys)).size).toBe(0);
    expect((await other.getMany([...keys, 'kept'])).size).toBe(1);
  });

  it('removes by pattern what matches, and nothing else', async () => {
    await cache.setMany(
      ['user:1', 'user:2', 'user:*', 'order:1'].map((key) => [key, key] as const),
    );
    await cache.removePattern('user:\\*');
    expect([...(await other.getMany(['user:1', 'user:*'])).keys()]).toEqual(['user:1']);
    await cache.removePattern('user:?');
    const left = await cache.getMany(['user:1', 'user:2', 'order:1']);
    expect([...left.keys()]).toEqual(['order:1']);
    expect(await storedNames(server)).toEqual({ values: [storedName('order:1')], leases: [] });
  });

  it('passes the error of a computation on, and keeps nothing', async () => {
    const computing = cache.getOrCompute('key', () => Promise.reject(new Error('origin')));
    await expect(computing).rejects.toThrow('origin');
    expect(await cache.get('key')).toBeUndefined();
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
  });

  it('computes once for 100 concurrent misses', async () => {
    const loading = deferred<string>();
    const loader = counted(() => loading.promise);
    const callers = Array.from({ length: 100 }, () => cache.getOrCompute('key', loader));
    await eventually(() => loader.runs > 0);
    loading.resolve('value');
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(loader.runs).toBe(1);
  });

  it('leaves nothing behind of a computation that is aborted', async () => {
    const abort = new AbortController();
    const aborted = cache.getOrCompute('key', () =>
      sleep(60_000, 'late', { signal: abort.signal }),
    );
    await settle();
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
  });

  it('answers a hit in less than a tenth of the time of the computation', async () => {
    const computed = await timed(() => cache.getOrCompute('key', () => sleep(100, 'value')));
    const isQuick = async (): Promise<boolean> =>
      (await timed(() => cache.getOrCompute('key', mustNotLoad))) < computed / 10;
    await expect(onSomeTry(isQuick)).resolves.toBeUndefined();
  });

  it('is healthy', async () => {
    expect(await cache.healthCheck()).toMatchObject({
      status: 'up',
      tiers: [
        { name: 'memory', status: 'up' },
        { name: 'redis', status: 'up' },
      ],
      coherence: { shared: true, verified: true, unverifiedFor: undefined, pending: 0 },
    });
  });

  it('makes one round trip for many keys, and loads what is missing with one call', async () => {
    const keys = Array.from({ length: 1000 }, (_value, n) => `key ${n}`);
    await other.setMany(keys.slice(0, 900).map((key) => [key, key] as const));
    const asked: number[] = [];
    const values = await cache.getOrComputeMany(keys, async (missing) => {
      asked.push(missing.length);
      return missing.map((key) => [key, key] as const);
    });
    expect(values.size).toBe(1000);
    expect(asked).toEqual([100]);
    expect((await other.getMany(keys)).size).toBe(1000);
  });
});
