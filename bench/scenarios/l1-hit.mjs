import { KEYS, keys, makeObject } from '../data/objects.mjs';
import { fullMemoryCache, fullLruCache } from './full-memory.mjs';

const load = ({ key }) => makeObject(keys.indexOf(key));
const options = { ttl: '1h' };

export const l1Hit = {
  name: 'l1-hit',
  title: `A hit in memory: ${KEYS} keys, zipf, objects of 1 KB, awaited one after another`,
  floor: 'lru-cache',
  concurrency: 1,
  callsPerLook: 1000,
  contestants: {
    'lru-cache': async () => {
      const lru = await fullLruCache((index) => keys[index]);
      return { call: (index) => lru.get(keys[index]) };
    },
    getOrCompute: async () => {
      const cache = await fullMemoryCache();
      return { call: (index) => cache.getOrCompute(keys[index], load, options) };
    },
    get: async () => {
      const cache = await fullMemoryCache();
      return { call: (index) => cache.get(keys[index]) };
    },
  },
};
