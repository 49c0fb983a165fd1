import { LRUCache } from 'lru-cache';
import { HOUR } from './all.mjs';
import { connectRedis } from './ioredis.mjs';

/** What one would write oneself: lru-cache in front of ioredis, and one look-up per key at a time. */
export async function both({ load, maxItems, redisUrl, prefix, autoPipelining }) {
  const redis = await connectRedis({ redisUrl, autoPipelining });
  const memory = new LRUCache({ max: maxItems, ttl: HOUR });
  const underWay = new Map();

  async function find(key) {
    const text = await redis.get(prefix + key);
    if (text !== null) return JSON.parse(text);
    const value = await load(key);
    await redis.set(prefix + key, JSON.stringify(value), 'PX', HOUR);
    return value;
  }
  async function findOnce(key) {
    try {
      const value = await find(key);
      memory.set(key, value);
      return value;
    } finally {
      underWay.delete(key);
    }
  }
  return {
    getOrSet(key) {
      const held = memory.get(key) ?? underWay.get(key);
      if (held !== undefined) return held;
      const found = findOnce(key);
      underWay.set(key, found);
      return found;
    },
    async set(key, value) {
      await redis.set(prefix + key, JSON.stringify(value), 'PX', HOUR);
      memory.set(key, value);
    },
    end: () => redis.quit(),
  };
}
