import { openPeer, HOUR } from '../peers/all.mjs';

/**
 * By name, what prepares an empty store in memory for so many entries, and answers `set(key, value)`, maybe
 * `get(key)` by which every entry is read once, maybe `end()`.
 */
export const stores = {
  'lru-cache': async (entries) => {
    const { LRUCache } = await import('lru-cache');
    const lru = new LRUCache({ max: entries, ttl: HOUR });
    return { set: (key, value) => lru.set(key, value), get: (key) => lru.get(key) };
  },
  Map: () => {
    const map = new Map();
    return { set: (key, value) => map.set(key, value), get: (key) => map.get(key) };
  },
  'nestjs-cache-tier, loaded': async (entries) => {
    const cache = await ours(entries);
    return {
      set: (key, value) => cache.getOrCompute(key, () => value),
      get: (key) => cache.peek(key),
      end: () => cache.close(),
    };
  },
  'nestjs-cache-tier, loaded and read once': async (entries) => {
    const cache = await ours(entries);
    return {
      set: (key, value) => cache.getOrCompute(key, () => value),
      get: (key) => cache.get(key),
      end: () => cache.close(),
    };
  },
  'nestjs-cache-tier, set': async (entries) => {
    const cache = await ours(entries);
    return {
      set: (key, value) => cache.set(key, value),
      get: (key) => cache.peek(key),
      end: () => cache.close(),
    };
  },
  'nestjs-cache-tier, set with a tag and maxBytes': async (entries) => {
    const cache = await ours(entries, { maxBytes: entries * 100_000 });
    const options = { tags: ['city'] };
    return {
      set: (key, value) => cache.set(key, value, options),
      get: (key) => cache.peek(key),
      end: () => cache.close(),
    };
  },
  'layered-loader': peer('layered-loader'),
  'async-cache-dedupe': peer('async-cache-dedupe'),
  bentocache: peer('bentocache'),
  cacheable: peer('cacheable'),
  'cache-manager': peer('cache-manager'),
};

/** A peer at its fastest setting for memory, filled by loads. */
function peer(name) {
  return async (entries) => {
    let loaded;
    const load = async () => {
      if (loaded === undefined) throw new Error('An entry is missing.');
      return loaded;
    };
    const { getOrSet, end } = await openPeer(name, 'l1', { load, maxItems: entries });
    return {
      async set(key, value) {
        loaded = value;
        await getOrSet(key);
        loaded = undefined;
      },
      get: (key) => getOrSet(key),
      end,
    };
  };
}

async function ours(maxEntries, limits = {}) {
  const { createTieredCache, memoryTier } = await import('../../dist/core.js');
  return createTieredCache({ ttl: HOUR, tiers: [memoryTier({ maxEntries, ...limits })] });
}
