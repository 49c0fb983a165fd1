import { describe, expect, it } from '@jest/globals';
import { createCache } from '../../lib/compat/create-cache.js';
import type { CacheManagerEvents } from '../../lib/compat/cache.js';
import { eventually } from '../support/patience.js';

function failingStore(): Map<string, unknown> {
  return Object.assign(new Map<string, unknown>(), {
    set: () => Promise.reject(new Error('the store is away')),
  });
}

/** What nobody has handled meanwhile. */
async function unhandled(act: () => Promise<unknown>): Promise<unknown[]> {
  const heard: unknown[] = [];
  const listener = (reason: unknown): void => void heard.push(reason);
  process.on('unhandledRejection', listener);
  await act();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  return heard;
}

describe.each([false, true])('listeners of a cache with nonBlocking %s', (nonBlocking) => {
  it('hear of a call once, though it fails', async () => {
    const cache = createCache({ stores: failingStore() as never, nonBlocking });
    const heard: Parameters<CacheManagerEvents['set']>[0][] = [];
    cache.on('set', (data) => void heard.push(data));
    await cache.set('a', 1).catch(() => undefined);
    await eventually(() => heard.length > 0);
    await cache.disconnect();
    expect(heard).toEqual([{ key: 'a', value: 1, error: expect.any(Error) }]);
  });

  it('hear of a read once, though a key is none', async () => {
    const cache = createCache({ nonBlocking });
    const heard: unknown[] = [];
    cache.on('mget', (data) => void heard.push(data));
    await cache.mget(['']);
    await cache.disconnect();
    expect(heard).toEqual([{ keys: [''], error: expect.any(Error) }]);
  });

  it('are heard once though they throw', async () => {
    const cache = createCache({ nonBlocking });
    let heard = 0;
    cache.on('get', () => {
      heard++;
      throw new Error('a listener fails');
    });
    await cache.set('a', 1);
    await expect(cache.get('a')).rejects.toThrow('a listener fails');
    await cache.disconnect();
    expect(heard).toBe(1);
  });
});

describe('a listener that throws', () => {
  it('makes the call reject, where there is one that waits', async () => {
    const cache = createCache();
    cache.on('set', () => {
      throw new Error('a listener fails');
    });
    await expect(cache.set('a', 1)).rejects.toThrow('a listener fails');
    await cache.disconnect();
  });

  it('is no unhandled rejection, where nothing is waited for', async () => {
    const cache = createCache({ stores: failingStore() as never, nonBlocking: true });
    let heard = 0;
    cache.on('set', () => {
      heard++;
      throw new Error('a listener fails');
    });
    const rejections = await unhandled(async () => {
      expect(await cache.set('a', 1)).toBe(1);
      await eventually(() => heard > 0);
    });
    await cache.disconnect();
    expect(rejections).toEqual([]);
  });
});
