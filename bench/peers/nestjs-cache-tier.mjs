import { setTimeout as sleep } from 'node:timers/promises';
import { createTieredCache, memoryTier } from '../../dist/core.js';
import { redisTier } from '../../dist/redis.js';
import { HOUR } from './all.mjs';

/**
 * How long a command to Redis may take, and how old the proof that no invalidation was missed may be, in milliseconds.
 * The defaults, 500 and 1000, are passed now and then where more processes want the cores than there are, or where 512
 * large values are decoded in one go, and then a value is loaded: what is measured here is hits. No peer has such limits.
 */
export const TIMEOUT = 10_000;
export const STALENESS = 10_000;

const coherence = { staleness: STALENESS };

export function l1({ load, maxItems }) {
  return peer(
    createTieredCache({ ttl: HOUR, tiers: [memoryTier({ maxEntries: maxItems })] }),
    load,
  );
}

export function l2({ load, redisUrl, prefix }) {
  const tiers = [redisTier({ url: redisUrl, timeout: TIMEOUT })];
  return verified(createTieredCache({ namespace: prefix, ttl: HOUR, coherence, tiers }), load);
}

/** With coherence on, as it is by default. */
export function both({ load, maxItems, redisUrl, prefix }) {
  const tiers = [
    memoryTier({ maxEntries: maxItems }),
    redisTier({ url: redisUrl, timeout: TIMEOUT }),
  ];
  return verified(createTieredCache({ namespace: prefix, ttl: HOUR, coherence, tiers }), load);
}

function peer(cache, load) {
  const loader = ({ key }) => load(key);
  return {
    cache,
    getOrSet: (key) => cache.getOrCompute(key, loader),
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    getMany: (keys) => cache.getMany(keys),
    getOrSetMany: (keys, loadMissing) => cache.getOrComputeMany(keys, loadMissing),
    end: () => cache.close(),
  };
}

/**
 * Verified already, which it becomes soon after the first use: what is loaded before has no proof, and would be loaded
 * again. A round can assert that it still is.
 */
async function verified(cache, load) {
  for (let tries = 0; tries < 200 && !cache.stats().coherence.verified; tries++) {
    await cache.get('first use');
    await sleep(20);
  }
  assertVerified(cache);
  return { ...peer(cache, load), assertVerified: () => assertVerified(cache) };
}

/** @throws where the cache does not know that it has missed no invalidation */
export function assertVerified(cache) {
  const { shared, verified: isVerified, unverifiedHits } = cache.stats().coherence;
  if (shared && isVerified && unverifiedHits === 0) return;
  throw new Error(
    `Coherence: shared ${shared}, verified ${isVerified}, ${unverifiedHits} unverified hits`,
  );
}
