const TTL = 3_600_000;

/**
 * By name, what prepares an empty store in memory for so many entries, and answers `set(key, value)`, maybe
 * `get(key)` by which every entry is read once, maybe `end()`.
 */
export const stores = {
  'lru-cache': async (entries) => {
    const { LRUCache } = await import('lru-cache');
    const lru = new LRUCache({ max: entries, ttl: TTL });
    return { set: (key, value) => lru.set(key, value), get: (key) => lru.get(key) };
  },
  Map: () => {
    const map = new Map();
    return { set: (key, value) => map.set(key, value), get: (key) => map.get(key) };
  },
  'ours, loaded': async (entries) => {
    const cache = await ours(entries);
    return {
      set: (key, value) => cache.getOrCompute(key, () => value),
      get: (key) => cache.peek(key),
      end: () => cache.close(),
    };
  },
  'ours, loaded and read once': async (entries) => {
    const cache = await ours(entries);
    return {
      set: (key, value) => cache.getOrCompute(key, () => value),
      get: (key) => cache.get(key),
      end: () => cache.close(),
    };
  },
  'ours, set': async (entries) => {
    const cache = await ours(entries);
    return {
      set: (key, value) => cache.set(key, value),
      get: (key) => cache.peek(key),
      end: () => cache.close(),
    };
  },
  'ours, set with a tag and maxBytes': async (entries) => {
    const cache = await ours(entries, { maxBytes: entries * 100_000 });
    const options = { tags: ['city'] };
    return {
      set: (key, value) => cache.set(key, value, options),
      get: (key) => cache.peek(key),
      end: () => cache.close(),
    };
  },
};

async function ours(maxEntries, limits = {}) {
  const { createTieredCache, memoryTier } = await import('../../dist/core.js');
  return createTieredCache({ ttl: TTL, tiers: [memoryTier({ maxEntries, ...limits })] });
}
