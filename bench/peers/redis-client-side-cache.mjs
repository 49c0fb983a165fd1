import { createClient } from 'redis';
import { HOUR } from './all.mjs';

/** It keeps the text that Redis has, and each hit parses it. */
export function l1(options) {
  return both(options);
}

/** The client without its cache. */
export function l2(options) {
  return peer(createClient({ url: options.redisUrl, RESP: 3 }), options);
}

export function both(options) {
  const clientSideCache = { ttl: HOUR, maxEntries: options.maxItems, evictPolicy: 'LRU' };
  return peer(createClient({ url: options.redisUrl, RESP: 3, clientSideCache }), options);
}

async function peer(client, { prefix, load }) {
  await client.connect();
  const set = (key, value) => client.set(prefix + key, JSON.stringify(value), { PX: HOUR });
  const get = async (key) => {
    const text = await client.get(prefix + key);
    return text === null ? undefined : JSON.parse(text);
  };
  return {
    get,
    set,
    async getOrSet(key) {
      const held = await get(key);
      if (held !== undefined) return held;
      const value = await load(key);
      await set(key, value);
      return value;
    },
    end: () => client.close(),
  };
}
