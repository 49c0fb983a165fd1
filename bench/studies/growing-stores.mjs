/** How long entries are kept, in milliseconds. */
const TTL = 3_600_000;

/**
 * By name, what prepares a store in memory for so many entries, and answers `set(key, value)`, `get(key)`, and
 * `setMany(entries)`, by which it is filled.
 */
export const growingStores = {
  'lru-cache': async (max) => {
    const { LRUCache } = await import('lru-cache');
    const lru = new LRUCache({ max, ttl: TTL });
    return {
      setMany(pairs) {
        for (const [key, value] of pairs) lru.set(key, value);
      },
      set: (key, value) => lru.set(key, value),
      get: (key) => lru.get(key),
    };
  },
  'nestjs-cache-tier': async (maxEntries) => {
    const { createTieredCache, memoryTier } = await import('../../dist/core.js');
    const cache = createTieredCache({ ttl: TTL, tiers: [memoryTier({ maxEntries })] });
    return {
      setMany: (pairs) => cache.setMany(pairs),
      set: (key, value) => cache.set(key, value),
      get: (key) => cache.getOrCompute(key, load),
      end: () => cache.close(),
    };
  },
};

function load({ key }) {
  throw new Error(`${key} is missing.`);
}
