import { openPeer } from '../peers/all.mjs';
import { handRolled } from './hand-rolled.mjs';

const MAX_ITEMS = 10_000;

/**
 * By name, what prepares a cache of memory and Redis for `load(key)` and answers `read(key)` and maybe `end()`: those
 * of `bench/peers` that have one load for many callers of a process. The floor has one for all processes.
 */
export const readers = {
  'hand-rolled with a lock': handRolled,
  'nestjs-cache-tier': peer('nestjs-cache-tier'),
  'layered-loader': peer('layered-loader'),
  'async-cache-dedupe': peer('async-cache-dedupe'),
  bentocache: peer('bentocache'),
  cacheable: peer('cacheable'),
  'cache-manager': peer('cache-manager'),
};

function peer(name) {
  return async ({ redisUrl, load }) => {
    const options = { load, maxItems: MAX_ITEMS, redisUrl, prefix: 'stampede' };
    const { getOrSet, end } = await openPeer(name, 'both', options);
    return { read: getOrSet, end };
  };
}
