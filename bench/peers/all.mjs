/**
 * What this library is compared with. A peer is a file which imports its packages and exports those of these
 * functions that it can serve, each at the fastest setting that its documentation offers:
 *
 * - `l1(options)`: memory alone, values kept by reference, not cloned,
 * - `l2(options)`: Redis alone, or with memory that stays empty,
 * - `both(options)`: memory in front of Redis.
 *
 * All take `{ load, maxItems, redisUrl, prefix, autoPipelining }`: `load(key)` answers a promise of the value,
 * `maxItems` is the size of the memory, `prefix` is what keys in Redis begin with. They answer
 * `{ getOrSet(key), get?(key), set?(key, value), getMany?(keys), end?() }`; values are kept for an hour. What a peer
 * has beside that is told in its file.
 *
 * They are imported when a contestant asks for them, so that its process has no other peer's packages.
 */
const peers = {
  'nestjs-cache-tier': () => import('./nestjs-cache-tier.mjs'),
  'async-cache-dedupe': () => import('./async-cache-dedupe.mjs'),
  bentocache: () => import('./bentocache.mjs'),
  'cache-manager': () => import('./cache-manager.mjs'),
  cacheable: () => import('./cacheable.mjs'),
  'hand-rolled': () => import('./hand-rolled.mjs'),
  'layered-loader': () => import('./layered-loader.mjs'),
  memoizee: () => import('./memoizee.mjs'),
  'p-memoize': () => import('./p-memoize.mjs'),
  'redis client-side cache': () => import('./redis-client-side-cache.mjs'),
  'type-cacheable': () => import('./type-cacheable.mjs'),
};

/** How long all keep their values, in milliseconds. */
export const HOUR = 3_600_000;

/** Opens a peer at a level: `l1`, `l2` or `both`. */
export async function openPeer(name, level, options) {
  const peer = await peers[name]();
  return peer[level](options);
}
