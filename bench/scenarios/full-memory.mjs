import { KEYS, makeObject } from '../data/objects.mjs';

const HOUR = 3_600_000;

/** A bare lru-cache with a ttl, which holds all objects. */
export async function fullLruCache(keyOf) {
  const { LRUCache } = await import('lru-cache');
  const lru = new LRUCache({ max: 2 * KEYS, ttl: HOUR });
  for (let index = 0; index < KEYS; index++) lru.set(keyOf(index), makeObject(index));
  return lru;
}
