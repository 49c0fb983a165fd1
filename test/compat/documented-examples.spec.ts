import { setTimeout as sleep } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Keyv } from 'keyv';
import type { Cache } from '../../lib/compat/cache.js';
import { CacheModule } from '../../lib/compat/cache.module.js';
import { CACHE_MANAGER } from '../../lib/compat/constants.js';

/*
 * The calls of the README of cache-manager 7, against the token. Where it says `null` it means what it says under
 * "Migration from v6 to v7": `undefined`.
 */
describe('the documented examples of cache-manager', () => {
  let module: TestingModule;
  let cache: Cache;

  beforeEach(async () => {
    module = await Test.createTestingModule({ imports: [CacheModule.register()] }).compile();
    await module.init();
    cache = module.get<Cache>(CACHE_MANAGER);
  });
  afterEach(() => module.close());

  it('quick start', async () => {
    expect(await cache.set('foo', 'bar')).toBe('bar');
    expect(await cache.get('foo')).toBe('bar');
    expect(await cache.del('foo')).toBe(true);
    expect(await cache.get('foo')).toBeUndefined();
    expect(await cache.wrap('key', () => 'value')).toBe('value');
  });

  it('set', async () => {
    await cache.set('key-1', 'value 1');
    await cache.set('key 2', 'value 2', 5000);
    expect(await cache.mget(['key-1', 'key 2'])).toEqual(['value 1', 'value 2']);
  });

  it('mset and mget', async () => {
    await cache.mset([
      { key: 'key-1', value: 'value 1' },
      { key: 'key-2', value: 'value 2', ttl: 5000 },
    ]);
    const values = await cache.mget(['key-1', 'key-2', 'key-3']);
    expect(values).toEqual(['value 1', 'value 2', undefined]);
  });

  it('get', async () => {
    await cache.set('key', 'value');
    expect(await cache.get('key')).toBe('value');
    expect(await cache.get('foo')).toBeUndefined();
  });

  it('ttl', async () => {
    await cache.set('key', 'value', 60_000);
    expect(await cache.ttl('key')).toBeGreaterThan(Date.now());
    expect(await cache.ttl('foo')).toBeUndefined();
  });

  it('del and mdel', async () => {
    await cache.set('key', 'value');
    await cache.del('key');
    expect(await cache.get('key')).toBeUndefined();
    await cache.mset([
      { key: 'key-1', value: 'value 1' },
      { key: 'key-2', value: 'value 2' },
    ]);
    await cache.mdel(['key-1', 'key-2']);
    expect(await cache.mget(['key-1', 'key-2'])).toEqual([undefined, undefined]);
  });

  it('clear', async () => {
    await cache.set('key-1', 'value 1');
    await cache.set('key-2', 'value 2');
    await cache.clear();
    expect([await cache.get('key-1'), await cache.get('key-2')]).toEqual([undefined, undefined]);
  });

  it('wrap', async () => {
    // Long times in the place of those of the example, and a threshold that is reached at once in that of a wait.
    expect(await cache.wrap('key', () => 1, 50_000, 30_000)).toBe(1);
    expect(await cache.wrap('key', () => 2, 50_000, 30_000)).toBe(1);
    const options = { ttl: 50_000, refreshThreshold: 30_000, raw: true } as const;
    const raw = await cache.wrap('key', () => 2, options);
    expect(raw).toEqual({ value: 1, expires: expect.any(Number) });
    const refreshed = new Promise((resolve) => cache.on('refresh', resolve));
    expect(await cache.wrap('key', () => 2, 50_000, 50_001)).toBe(1);
    expect(await refreshed).toEqual({ key: 'key', value: 2 });
    expect(await cache.wrap('key', () => 3, 50_000, 30_000)).toBe(2);
    expect(
      await cache.wrap(
        'key',
        () => 4,
        50_000,
        () => 30_000,
      ),
    ).toBe(2);
    const failing = cache.wrap('error', () => {
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
  });

  it('events', async () => {
    const heard: unknown[] = [];
    cache.on('set', ({ key, value, error }) => heard.push(['set', key, value, error]));
    cache.on('del', ({ key, error }) => heard.push(['del', key, error]));
    cache.on('clear', (error) => heard.push(['clear', error]));
    cache.on('refresh', ({ key, value, error }) => heard.push(['refresh', key, value, error]));
    await cache.set('key', 'value');
    await cache.del('key');
    await cache.clear();
    await cache.wrap('key', () => 1, 50_000);
    await cache.wrap('key', () => 2, 50_000, 50_001);
    while (heard.length < 6) await sleep(1);
    expect(heard).toEqual([
      ['set', 'key', 'value', undefined],
      ['del', 'key', undefined],
      ['clear', undefined],
      ['set', 'key', 1, undefined],
      ['set', 'key', 2, undefined],
      ['refresh', 'key', 2, undefined],
    ]);
  });

  it('stores, and going through one that can be gone through', async () => {
    const [store] = cache.stores;
    expect(store).toBeInstanceOf(Keyv);
    // The example asks whether there is an iterator, and there is none here.
    expect(store?.iterator).toBeUndefined();
  });

  it('cacheId and disconnect', async () => {
    expect(typeof cache.cacheId()).toBe('string');
    expect(await cache.disconnect()).toBeUndefined();
  });
});
