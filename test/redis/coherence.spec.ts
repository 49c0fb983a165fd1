import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { guardRejections, mustNotLoad, recordEvents } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { Instances, share } from './helpers.js';
import { eventually, PATIENT } from '../support/patience.js';

guardRejections();

/** The namespace of a path in a cache. */
function at(cache: TieredCache, path: string): TieredCache {
  return path
    .split('/')
    .reduce((inner, name) => (name === '' ? inner : inner.namespace(name)), cache);
}

describe('what one instance changes, the others know soon', () => {
  let server: RedisServer;
  const instances = new Instances();
  let one: TieredCache;
  let two: TieredCache;
  let three: TieredCache;
  let all: TieredCache[];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    one = instances.create(server.url);
    two = instances.create(server.url);
    three = instances.create(server.url);
    all = [one, two, three];
    await Promise.all(all.map((cache) => cache.healthCheck()));
  });
  afterEach(() => instances.close());

  /** What each of the others holds of a key in memory. */
  const held = (key: string, path?: string): unknown[] =>
    [two, three].map((cache) => (path === undefined ? cache : cache.namespace(path)).peek(key));

  async function forgotten(key: string, path?: string): Promise<void> {
    await eventually(() => held(key, path).every((value) => value === undefined));
  }

  it('a removed key is answered by nobody', async () => {
    await share(all, 'key', 'old');
    await share(all, 'other', 'kept');
    await one.remove('key');
    expect(one.peek('key')).toBeUndefined();
    await forgotten('key');
    for (const cache of all) expect(await cache.get('key')).toBeUndefined();
    expect(held('other')).toEqual(['kept', 'kept']);
    expect(await two.getOrCompute('key', () => 'new')).toBe('new');
    expect(await three.getOrCompute('key', mustNotLoad)).toBe('new');
  });

  it('nor are many removed keys, nor is one that has expired by hand', async () => {
    const keys = Array.from({ length: 300 }, (_value, n) => `key ${n}`);
    await one.setMany(keys.map((key) => [key, key] as const));
    for (const cache of [two, three]) {
      await eventually(async () => {
        await cache.getMany(keys);
        return keys.every((key) => cache.peek(key) === key);
      });
    }
    await one.removeMany(keys.slice(1));
    await eventually(() => keys.slice(1).every((key) => two.peek(key) === undefined));
    expect(two.peek('key 0')).toBe('key 0');
    await three.expire('key 0');
    await eventually(() => two.peek('key 0') === undefined);
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('thousands of keys and tags are told in parts, and none is lost', async () => {
    const names = Array.from({ length: 5000 }, (_value, n) => `${'long '.repeat(10)}${n}`);
    const keys = names.slice(0, 500);
    for (const [n, key] of keys.entries()) {
      if (n % 100 === 0) await share(all, key, key, { tags: [key] });
    }
    await one.removeMany(names.slice(1));
    await forgotten(keys[100] ?? '');
    await forgotten(keys[400] ?? '');
    expect(held(keys[0] ?? '')).toEqual([keys[0], keys[0]]);
    await two.invalidateTags(names.toReversed());
    await eventually(() => one.peek(keys[0] ?? '') === undefined);
    await eventually(() => three.peek(keys[0] ?? '') === undefined);
    expect(one.stats().coherence).toMatchObject({ gaps: 0, resets: 0, malformed: 0 });
  });

  it('a key that was set anew is answered with its new value', async () => {
    await share(all, 'key', { version: 1 });
    await two.set('key', { version: 2 });
    await eventually(() => one.peek('key') === undefined && three.peek('key') === undefined);
    for (const cache of all) expect(await cache.get('key')).toEqual({ version: 2 });
  });

  it('a key that was updated is fetched by those who hold it, and by nobody else', async () => {
    await share([one, two], 'key', 'old');
    await one.update('key', 'new');
    await eventually(() => two.peek('key') === 'new');
    expect(one.peek('key')).toBe('new');
    expect(three.peek('key')).toBeUndefined();
    expect(await three.get('key')).toBe('new');
  });

  it('a key that was refreshed is answered with its new value', async () => {
    await share(all, 'key', 'old');
    expect(await two.refresh('key', () => 'new')).toBe('new');
    await eventually(() => one.peek('key') !== 'old' && three.peek('key') !== 'old');
    for (const cache of all) expect(await cache.get('key')).toBe('new');
  });

  it('a tag voids what has it, from the options or from the loader, in every namespace', async () => {
    await share(all, 'set', 1, { tags: ['country:FR', 'kind:city'] });
    await share(all, 'other', 2, { tags: ['country:IT'] });
    const users = two.namespace('users');
    await users.getOrCompute('loaded', (context) => {
      context.addTags('country:FR');
      return 3;
    });
    expect(await one.namespace('users').get('loaded')).toBe(3);
    await three.getOrCompute(
      'both',
      (context) => {
        context.addTags('kind:town');
        return 4;
      },
      { tags: ['country:FR'] },
    );
    await one.invalidateTags(['country:FR']);
    await forgotten('set');
    await forgotten('loaded', 'users');
    await forgotten('both');
    expect(one.peek('set')).toBeUndefined();
    expect(one.namespace('users').peek('loaded')).toBeUndefined();
    for (const cache of all) {
      expect(await cache.getMany(['set', 'both', 'other'])).toEqual(new Map([['other', 2]]));
      expect(await cache.namespace('users').get('loaded')).toBeUndefined();
    }
    expect(await three.getOrCompute('set', () => 5, { tags: ['country:FR'] })).toBe(5);
    expect(await one.get('set')).toBe(5);
  });

  it('a tag that was invalidated before an instance came voids what that one finds in Redis', async () => {
    await share(all, 'key', 'old', { tags: ['tag'] });
    await one.invalidateTags(['tag']);
    const late = instances.create(server.url);
    expect(await late.get('key')).toBeUndefined();
    expect(await late.getMany(['key'])).toEqual(new Map());
    expect(await late.getOrCompute('key', () => 'new', { tags: ['tag'] })).toBe('new');
    expect(await two.getOrCompute('key', mustNotLoad)).toBe('new');
  });

  it('a cleared namespace is void with those inside it, for late comers too, and no other is', async () => {
    const paths = ['', 'users', 'users/admins', 'users2', 'orders'];
    for (const path of paths) {
      await share([at(one, path), at(two, path)], 'key', path);
    }
    const stored = await storedNames(server);
    await three.namespace('users').clear();
    const still = (cache: TieredCache): unknown[] =>
      paths.map((path) => at(cache, path).peek('key'));
    const left = ['', undefined, undefined, 'users2', 'orders'];
    for (const cache of [one, two]) {
      await eventually(() => still(cache)[1] === undefined);
      expect(still(cache)).toEqual(left);
    }
    const late = instances.create(server.url);
    const found = await Promise.all(paths.map((path) => at(late, path).get('key')));
    expect(found).toEqual(left);
    // It is one number, and goes through nothing.
    expect(await storedNames(server)).toEqual(stored);
  });

  it('a cleared cache is void as a whole, for late comers too', async () => {
    await share(all, 'key', 'old');
    await one.namespace('users').set('key', 'old too');
    await two.clear();
    await forgotten('key');
    await eventually(() => one.namespace('users').peek('key') === undefined);
    const late = instances.create(server.url);
    for (const cache of [one, two, three, late]) {
      expect(await cache.get('key')).toBeUndefined();
      expect(await cache.namespace('users').get('key')).toBeUndefined();
    }
    expect(await late.getOrCompute('key', () => 'new')).toBe('new');
    expect(await one.getOrCompute('key', mustNotLoad)).toBe('new');
  });

  it('a pattern takes what matches in its namespace from everybody', async () => {
    await share(all, 'user:1', 1);
    await share(all, 'user:22', 22);
    await share(all, 'order:1', 3);
    await share([at(one, 'inner'), at(two, 'inner')], 'user:1', 'inner');
    await one.removePattern('user:?');
    await forgotten('user:1');
    expect(held('user:22')).toEqual([22, 22]);
    expect(held('order:1')).toEqual([3, 3]);
    expect(two.namespace('inner').peek('user:1')).toBe('inner');
    for (const cache of all) expect(await cache.get('user:1')).toBeUndefined();
    await two.namespace('inner').removePattern('*');
    await eventually(() => one.namespace('inner').peek('user:1') === undefined);
    expect((await storedNames(server)).values).toHaveLength(2);
  });

  it('a key that is held after its removal is cached by nobody until the hold ends', async () => {
    await share(all, 'key', 'old');
    const holdFor = 3000;
    const removed = performance.now();
    await one.remove('key', { holdFor });
    await forgotten('key');
    for (let version = 0; version < 10; version++) {
      const loaded = await Promise.all(
        all.map((cache) => cache.getOrCompute('key', () => version)),
      );
      const found = [
        ...all.map((cache) => cache.peek('key')),
        ...(await storedNames(server)).values,
      ];
      // A slow machine may come too late to see it.
      if (performance.now() - removed >= holdFor) break;
      expect(loaded).toEqual([version, version, version]);
      expect(found).toEqual([undefined, undefined, undefined]);
    }
    await eventually(async () => {
      await two.getOrCompute('key', () => 'kept');
      return two.peek('key') === 'kept';
    });
    expect(performance.now() - removed).toBeGreaterThanOrEqual(holdFor - 10);
    expect(await one.getOrCompute('key', mustNotLoad)).toBe('kept');
  });

  it('keys that are held together are held each', async () => {
    await one.removeMany(['a', 'b'], { holdFor: 60_000 });
    for (const key of ['a', 'b']) {
      expect(await two.getOrCompute(key, () => key)).toBe(key);
      expect(two.peek(key)).toBeUndefined();
    }
    const values = await three.getOrComputeMany(['a', 'b', 'c'], (missing) =>
      missing.map((key) => [key, key] as const),
    );
    expect([...values.keys()]).toEqual(['a', 'b', 'c']);
    expect(['a', 'b', 'c'].map((key) => three.peek(key))).toEqual([undefined, undefined, 'c']);
    expect((await storedNames(server)).values).toHaveLength(1);
  });

  it('keys that look like names of namespaces, of leases and of logs are told apart', async () => {
    const keys = [
      'a:b',
      'a::b',
      ':b',
      '::',
      'a:',
      '{a}',
      '{a}:l',
      '%7Ba',
      'x\u0000y',
      'é\u{1f600}',
    ];
    for (const cache of [one, one.namespace('a')]) {
      await cache.setMany(keys.map((key) => [key, `${cache === one}${key}`] as const));
    }
    for (const key of keys) {
      for (const inner of [false, true]) {
        const space = inner ? two.namespace('a') : two;
        const value = `${!inner}${key}`;
        await eventually(async () => (await space.get(key)) === value && space.peek(key) === value);
      }
    }
    for (const [index, key] of keys.entries()) {
      await one.remove(key);
      await eventually(() => two.peek(key) === undefined);
      expect(await two.get(key)).toBeUndefined();
      const rest = keys.slice(index + 1).map((other) => two.peek(other));
      expect(rest).toEqual(keys.slice(index + 1).map((other) => `true${other}`));
      expect(two.namespace('a').peek(key)).toBe(`false${key}`);
    }
    await one.namespace('a').removeMany(keys);
    await eventually(() => keys.every((key) => two.namespace('a').peek(key) === undefined));
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('and so do instances that have no memory', async () => {
    const bare = instances.add({ tiers: [redisTier({ url: server.url, ...PATIENT })] });
    await bare.set('key', 'old', { tags: ['tag'] });
    await eventually(async () => (await one.get('key')) === 'old' && one.peek('key') === 'old');
    await bare.invalidateTags(['tag']);
    await eventually(() => one.peek('key') === undefined);
    expect(await one.getOrCompute('key', () => 'new')).toBe('new');
    expect(await bare.get('key')).toBe('new');
    await one.clear();
    expect(await bare.get('key')).toBeUndefined();
  });

  it('applications with other namespaces hear nothing of it', async () => {
    const shop = instances.create(server.url, {}, { namespace: 'shop' });
    await shop.set('key', 'shop', { tags: ['tag'] });
    const events = recordEvents(shop);
    await one.invalidateTags(['tag']);
    await one.clear();
    await eventually(() => two.stats().coherence.received >= 2);
    expect(shop.peek('key')).toBe('shop');
    expect(shop.stats().coherence.received).toBe(1);
    expect(events).toEqual([]);
  });
});
