import { createKeyv as createKeyvRedis } from '@keyv/redis';
import { Cacheable, createKeyv } from 'cacheable';
import { HOUR } from './all.mjs';

/** With `wrap`, by its wrapper of functions, which makes the key of the arguments. */
export function l1({ load, maxItems, wrap }) {
  const cache = peer({ primary: inMemory(maxItems) }, load);
  return wrap ? { ...cache, getOrSet: cache.wrapped() } : cache;
}

export function l2(options) {
  return peer({ primary: inRedis(options) }, options.load);
}

export function both(options) {
  return peer({ primary: inMemory(options.maxItems), secondary: inRedis(options) }, options.load);
}

const inMemory = (maxItems) => createKeyv({ lruSize: maxItems, useClone: false, ttl: HOUR });
const inRedis = ({ redisUrl, prefix }) => createKeyvRedis(redisUrl, { namespace: prefix });

function peer(stores, load) {
  const cache = new Cacheable({ ttl: HOUR, stats: false, ...stores });
  return {
    getOrSet: (key) => cache.getOrSet(key, () => load(key)),
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    getMany: (keys) => cache.getMany(keys),
    wrapped: () => cache.wrap(load, { keyPrefix: 'load', ttl: HOUR }),
    end: () => cache.disconnect(),
  };
}
