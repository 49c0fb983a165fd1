import { handRolled } from './hand-rolled.mjs';

/** By name, what prepares a cache of memory and Redis and answers `read(key, load)` and `end()`. */
export const readers = {
  'hand-rolled with a lock': handRolled,
  ours,
};

async function ours({ redisUrl }) {
  const { createTieredCache, memoryTier } = await import('../../dist/core.js');
  const { redisTier } = await import('../../dist/redis.js');
  const tiers = [memoryTier(), redisTier({ url: redisUrl })];
  const cache = createTieredCache({ namespace: 'stampede', ttl: '1h', tiers });
  return { read: (key, load) => cache.getOrCompute(key, load), end: () => cache.close() };
}
