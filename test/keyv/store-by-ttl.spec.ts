import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keyvTier } from '../../lib/backends/keyv/keyv-tier.js';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { BackendError, InvalidTtlError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { storeByTtl } from '../../lib/keyv/store-by-ttl.js';

/** A store that refuses the keys which say so, whatever is done with them. */
class RefusingStore extends Map<string, unknown> {
  override set(key: string, value: unknown): this {
    if (key.endsWith('refused')) throw new Error(`${key} is refused`);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    if (key.endsWith('refused')) throw new Error(`${key} is refused`);
    return super.delete(key);
  }
}

describe('storeByTtl', () => {
  let store: RefusingStore;
  let cache: TieredCache;

  beforeEach(() => {
    store = new RefusingStore();
    cache = createTieredCache({ tiers: [mapTier(), keyvTier({ store })] });
  });
  afterEach(() => cache.close());

  it('stores the values of all ttls though the first of them fails, and then tells of it', async () => {
    const storing = storeByTtl(cache, [
      { key: 'refused', value: 1, ttl: 10_000 },
      { key: 'b', value: 2, ttl: 20_000 },
      { key: 'c', value: 3, ttl: undefined },
    ]);
    await expect(storing).rejects.toThrow(BackendError);
    expect([...store.keys()].map((key) => key.slice(-1))).toEqual(['b', 'c']);
    expect(cache.peek('c')).toBe(3);
  });

  it('removes the keys whose value is undefined, and stores the others though that fails', async () => {
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ]);
    await storeByTtl(cache, [{ key: 'a', value: undefined, ttl: undefined }]);
    expect(await cache.getMany(['a', 'b'])).toEqual(new Map([['b', 2]]));
    const storing = storeByTtl(cache, [
      { key: 'refused', value: undefined, ttl: undefined },
      { key: 'c', value: 3, ttl: 10_000 },
    ]);
    await expect(storing).rejects.toThrow(BackendError);
    expect(await cache.get('c')).toBe(3);
  });

  it('stores nothing where a ttl is none', async () => {
    const storing = storeByTtl(cache, [
      { key: 'a', value: undefined, ttl: undefined },
      { key: 'b', value: 2, ttl: 10_000 },
      { key: 'c', value: 3, ttl: -1 },
    ]);
    await cache.set('a', 1);
    await expect(storing).rejects.toThrow(InvalidTtlError);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual(new Map([['a', 1]]));
  });
});
