import { createKeyv as createKeyvRedis } from '@keyv/redis';
import { Cacheable, createKeyv } from 'cacheable';
import { HOUR } from './all.mjs';

export function l1({ load, maxItems }) {
  return peer({ primary: inMemory(maxItems) }, load);
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
    end: () => cache.disconnect(),
  };
}
