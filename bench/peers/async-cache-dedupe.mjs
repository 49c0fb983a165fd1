import { createCache } from 'async-cache-dedupe';
import { connectRedis } from './ioredis.mjs';

const ttl = 3600;

/** With `keyOf`, the argument is an object. */
export function l1({ load, maxItems, keyOf }) {
  const cache = memoryCache(maxItems, load, keyOf);
  return { getOrSet: (argument) => cache.value(argument) };
}

export async function l2(options) {
  const redis = await connectRedis(options);
  const { getOrSet, set } = redisCache(redis, options);
  return { getOrSet, set, end: () => redis.quit() };
}

/** It has one storage per cache: the cache in memory loads from the one in Redis. */
export async function both(options) {
  const redis = await connectRedis(options);
  const below = redisCache(redis, options);
  const cache = memoryCache(options.maxItems, below.getOrSet);
  return {
    getOrSet: (key) => cache.value(key),
    async set(key, value) {
      await below.set(key, value);
      await cache.set('value', `value~${key}`, value, ttl);
    },
    end: () => redis.quit(),
  };
}

function memoryCache(size, load, serialize) {
  const cache = createCache({ ttl, storage: { type: 'memory', options: { size } } });
  return cache.define('value', { serialize }, load);
}

function redisCache(client, { prefix, load }) {
  const cache = createCache({ ttl, storage: { type: 'redis', options: { client } } });
  cache.define(prefix, load);
  return {
    getOrSet: (key) => cache[prefix](key),
    set: (key, value) => cache.set(prefix, `${prefix}~${key}`, value, ttl),
  };
}
