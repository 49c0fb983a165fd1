import { KEYS, keys, makeObject } from '../data/objects.mjs';

const load = ({ key }) => makeObject(keys.indexOf(key));

/** A hit in Redis with nothing in memory, with so many calls under way. */
export function l2Hit(concurrency) {
  const plain = 'ioredis GET + JSON.parse';
  const pipelined = 'ioredis GET + JSON.parse, auto-pipelined';
  return {
    name: `l2-hit-c${concurrency}`,
    title: `A hit in Redis, memory always cold: ${KEYS} keys, zipf, objects of 1 KB, ${concurrency} under way`,
    // Auto-pipelining costs where there is nothing to put together.
    floor: concurrency === 1 ? plain : pipelined,
    concurrency,
    callsPerLook: 10,
    needsRedis: true,
    contestants: {
      [plain]: (context) => bareRedis(context, false),
      [pipelined]: (context) => bareRedis(context, true),
      get: async (context) => {
        const cache = await fullRedisCache(context, 'get');
        return { call: (index) => cache.get(keys[index]), end: () => cache.close() };
      },
      getOrCompute: async (context) => {
        const cache = await fullRedisCache(context, 'get-or-compute');
        return {
          call: (index) => cache.getOrCompute(keys[index], load),
          end: () => cache.close(),
        };
      },
    },
  };
}

async function bareRedis({ redisUrl }, enableAutoPipelining) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl, { enableAutoPipelining });
  const prefix = `bare-${enableAutoPipelining}:`;
  await redis.mset(
    Object.fromEntries(keys.map((key, index) => [prefix + key, JSON.stringify(makeObject(index))])),
  );
  return {
    call: async (index) => JSON.parse(await redis.get(prefix + keys[index])),
    end: () => redis.quit(),
  };
}

async function fullRedisCache({ redisUrl }, namespace) {
  const { createTieredCache } = await import('../../dist/core.js');
  const { redisTier } = await import('../../dist/redis.js');
  const cache = createTieredCache({ namespace, ttl: '1h', tiers: [redisTier({ url: redisUrl })] });
  for (let start = 0; start < KEYS; start += 1000) {
    const batch = keys.slice(start, start + 1000);
    await cache.setMany(batch.map((key, at) => [key, makeObject(start + at)]));
  }
  return cache;
}
