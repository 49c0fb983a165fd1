import { createKeyv as createKeyvRedis } from '@keyv/redis';
import { createCache } from 'cache-manager';
import { createKeyv } from 'cacheable';
import { HOUR } from './all.mjs';

export function l1({ load, maxItems }) {
  return peer([inMemory(maxItems)], load);
}

export function l2(options) {
  return peer([inRedis(options)], options.load);
}

export function both(options) {
  return peer([inMemory(options.maxItems), inRedis(options)], options.load);
}

// The store in memory that it recommends, without clones and without Keyv's serialisation.
const inMemory = (maxItems) => createKeyv({ lruSize: maxItems, useClone: false, ttl: HOUR });
const inRedis = ({ redisUrl, prefix }) => createKeyvRedis(redisUrl, { namespace: prefix });

function peer(stores, load) {
  const cache = createCache({ ttl: HOUR, stores });
  return {
    getOrSet: (key) => cache.wrap(key, () => load(key)),
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    end: () => cache.disconnect(),
  };
}
