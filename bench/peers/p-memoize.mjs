import { LRUCache } from 'lru-cache';
import pMemoize from 'p-memoize';
import { HOUR } from './all.mjs';

/** With `keyOf`, the argument is an object. */
export function l1({ load, maxItems, keyOf }) {
  const cache = new LRUCache({ max: maxItems, ttl: HOUR });
  const getOrSet = pMemoize(load, {
    cache,
    ...(keyOf && { cacheKey: ([argument]) => keyOf(argument) }),
  });
  return { getOrSet };
}
