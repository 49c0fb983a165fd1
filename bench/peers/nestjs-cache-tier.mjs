import { createTieredCache, memoryTier } from '../../dist/core.js';
import { redisTier } from '../../dist/redis.js';
import { HOUR } from './all.mjs';

export function l1({ load, maxItems }) {
  return peer(
    createTieredCache({ ttl: HOUR, tiers: [memoryTier({ maxEntries: maxItems })] }),
    load,
  );
}

export function l2({ load, redisUrl, prefix }) {
  const tiers = [redisTier({ url: redisUrl })];
  return verified(createTieredCache({ namespace: prefix, ttl: HOUR, tiers }), load);
}

/** With coherence on, as it is by default. */
export function both({ load, maxItems, redisUrl, prefix }) {
  const tiers = [memoryTier({ maxEntries: maxItems }), redisTier({ url: redisUrl })];
  return verified(createTieredCache({ namespace: prefix, ttl: HOUR, tiers }), load);
}

function peer(cache, load) {
  const loader = ({ key }) => load(key);
  return {
    cache,
    getOrSet: (key) => cache.getOrCompute(key, loader),
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    end: () => cache.close(),
  };
}

/** A peer which fails where the cache does not know that it has missed no invalidation. */
async function verified(cache, load) {
  await cache.healthCheck();
  const assertVerified = () => {
    const { shared, verified: isVerified, unverifiedHits } = cache.stats().coherence;
    if (!shared || !isVerified || unverifiedHits > 0) {
      throw new Error(
        `Coherence: shared ${shared}, verified ${isVerified}, ${unverifiedHits} unverified hits`,
      );
    }
  };
  return { ...peer(cache, load), assertVerified };
}
