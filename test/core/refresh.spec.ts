import { describe, expect, it } from '@jest/globals';
import { BackendError } from '../../lib/contract/errors.js';
import { asked, deferred, guardRejections, mustNotLoad, twoTiers } from './helpers.js';

guardRejections();

describe('refresh', () => {
  it('loads although the tiers have a value, and replaces it in all of them', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.set('key', 'old', { ttl: 100 });
    expect(await cache.refresh('key', () => 'new', { ttl: 5000 })).toBe('new');
    expect(cache.peek('key')).toBe('new');
    expect(await neighbour.get('key')).toBe('new');
  });

  it('leaves what is there when its load fails', async () => {
    const { cache } = twoTiers();
    await cache.set('key', 'old');
    await expect(cache.refresh('key', () => Promise.reject(new Error('load')))).rejects.toThrow(
      'load',
    );
    expect(await cache.get('key')).toBe('old');
  });

  it('is joined by computes of a key that memory does not have', async () => {
    const { cache } = twoTiers();
    const loading = deferred<string>();
    const refreshing = cache.refresh('key', () => loading.promise);
    const computing = cache.getOrCompute('key', mustNotLoad);
    loading.resolve('new');
    expect(await Promise.all([refreshing, computing])).toEqual(['new', 'new']);
  });

  it('removes the key when its load finds nothing, unless that is to be kept', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.set('key', 'old');
    expect(await cache.refresh<unknown>('key', () => undefined)).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('is no question to the cache, and counts as none', async () => {
    const { cache } = twoTiers();
    await cache.refresh('key', () => 'value');
    expect(asked(cache)).toBe(0);
    expect(cache.stats().loads).toBe(1);
  });

  it('does not fail for a tier that cannot store the value', async () => {
    const { cache, remote } = twoTiers();
    remote.fail(new Error('down'));
    expect(await cache.refresh('key', () => 'value')).toBe('value');
    expect(cache.peek('key')).toBe('value');
    await expect(cache.set('key', 'other')).rejects.toBeInstanceOf(BackendError);
  });
});
