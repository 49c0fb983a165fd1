import 'reflect-metadata';
import cacheManager, { Cacheable } from '@type-cacheable/core';
import { useAdapter as useRedis } from '@type-cacheable/ioredis-adapter';
import { useAdapter as useLruCache } from '@type-cacheable/lru-cache-adapter';
import { LRUCache } from 'lru-cache';
import { HOUR } from './all.mjs';
import { connectRedis } from './ioredis.mjs';

/**
 * With a key function, of which `keyOf` makes the key where the argument is an object, unless `md5Keys` asks for
 * the default, the md5 of the arguments.
 */
export function l1({ load, maxItems, md5Keys, keyOf = (key) => key }) {
  const client = useLruCache(new LRUCache({ max: maxItems, ttl: HOUR }));
  const getOrSet = decorate(client, load, md5Keys ? undefined : keyOf);
  return { getOrSet, get: (key) => client.get(key) };
}

export async function l2(options) {
  const redis = await connectRedis(options);
  const client = useRedis(redis);
  const keyOf = (key) => options.prefix + key;
  return {
    getOrSet: decorate(client, options.load, keyOf),
    get: (key) => client.get(keyOf(key)),
    end: () => redis.quit(),
  };
}

function decorate(client, load, keyOf) {
  cacheManager.default.setOptions({ excludeContext: true });
  class Values {
    find(argument) {
      return load(argument);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Values.prototype, 'find');
  const options = {
    client,
    cacheKey: keyOf && (([argument]) => keyOf(argument)),
    ttlSeconds: 3600,
  };
  const decorated = Cacheable(options)(Values.prototype, 'find', descriptor);
  Object.defineProperty(Values.prototype, 'find', decorated);
  const values = new Values();
  return (argument) => values.find(argument);
}
