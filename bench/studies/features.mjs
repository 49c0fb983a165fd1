import { KEYS, keys, makeObject } from '../data/objects.mjs';

const HOUR = 3_600_000;
const load = ({ key }) => makeObject(keys.indexOf(key));

/** How often `stats()` is read where that is what is measured: once in so many hits. */
const HITS_PER_READING = 100;

/**
 * By name, what prepares a cache that has all objects in memory, with one feature switched on, and answers
 * `call(index)`: a hit by `getOrCompute`.
 */
export const features = {
  plain: () => cacheWith({}),
  tags: () => cacheWith({ call: { tags: ['city', 'country:CH'] } }),
  staleFor: () => cacheWith({ call: { staleFor: HOUR } }),
  'staleFor, softTimeout': () => cacheWith({ call: { staleFor: HOUR, softTimeout: 100 } }),
  hardTimeout: () => cacheWith({ call: { hardTimeout: 1000 } }),
  earlyRefresh: () => cacheWith({ call: { earlyRefresh: 1 } }),
  jitter: () => cacheWith({ call: { jitter: 0.1 } }),
  'events observed': async () => {
    const contestant = await cacheWith({});
    let seen = 0;
    contestant.cache.events.subscribe(() => seen++);
    return contestant;
  },
  [`stats read every ${HITS_PER_READING} hits`]: async () => {
    const { cache, call, ...contestant } = await cacheWith({});
    let hits = 0;
    return {
      ...contestant,
      call(index) {
        if (++hits % HITS_PER_READING === 0) cache.stats();
        return call(index);
      },
    };
  },
  'copy: none': () => cacheWith({ cache: { copy: 'none' } }),
  'copy: clone': () => cacheWith({ cache: { copy: 'clone' } }),
  namespace: () => cacheWith({ namespace: 'cities' }),
  'memory: ttl': () => cacheWith({ memory: { ttl: HOUR } }),
  'memory: idle': () => cacheWith({ memory: { idle: HOUR } }),
  'memory: maxBytes': () => cacheWith({ memory: { maxBytes: 1_000_000_000 } }),
  'coherence, with a Redis tier': (context) => coherent(context, {}),
  'coherence, tags': (context) => coherent(context, { tags: ['city', 'country:CH'] }),
};

async function cacheWith({ cache: options, memory, call, namespace, below = [] }) {
  const { createTieredCache, memoryTier } = await import('../../dist/core.js');
  const tiers = [memoryTier({ maxEntries: 2 * KEYS, ...memory }), ...below];
  const cache = createTieredCache({ ttl: HOUR, ...options, tiers });
  const used = namespace === undefined ? cache : cache.namespace(namespace);
  const hit = (index) => used.getOrCompute(keys[index], load, call);
  for (let index = 0; index < KEYS; index++) await hit(index);
  const { misses } = cache.stats();
  return {
    cache,
    call: hit,
    /** After each round. */
    figures() {
      const since = cache.stats().misses - misses;
      if (since === 0) return {};
      throw new Error(`There were ${since} misses.`);
    },
    end: () => cache.close(),
  };
}

/** Memory and Redis, which fails where a hit was not proved to be good. */
async function coherent({ redisUrl, prefix }, call) {
  const { redisTier } = await import('../../dist/redis.js');
  const below = [redisTier({ url: redisUrl })];
  const contestant = await cacheWith({ cache: { namespace: prefix }, call, below });
  return {
    ...contestant,
    figures() {
      const { verified, unverifiedHits } = contestant.cache.stats().coherence;
      if (verified && unverifiedHits === 0) return contestant.figures();
      throw new Error(`verified: ${verified}, unverified hits: ${unverifiedHits}`);
    },
  };
}
