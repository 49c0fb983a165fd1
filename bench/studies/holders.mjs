import { makeObject } from '../data/objects.mjs';
import { peerHolders } from './peer-holders.mjs';

const TTL = 3_600_000;

/**
 * By name, what prepares a cache of memory and Redis whose instances tell each other what is removed. It answers
 * `fill(key)`, `held(key)` (whether memory has it, without asking Redis where that can be), `remove(key)` and `end()`.
 */
export const holders = {
  'bare publish': (context) =>
    bareMap(context, (redis, channel, key) => redis.publish(channel, key)),
  'DEL + PUBLISH': (context) =>
    bareMap(context, async (redis, channel, key) => {
      // In one write, and in this order: who hears of it must not find the value any more.
      await redis.pipeline().del(key).publish(channel, key).exec();
    }),
  'nestjs-cache-tier': ours,
  ...peerHolders,
};

/** A Map, and the messages of a channel; Redis holds nothing unless the removal expects it. */
async function bareMap({ redisUrl }, remove) {
  const { Redis } = await import('ioredis');
  const channel = 'bench:removed';
  const redis = new Redis(redisUrl);
  const subscriber = new Redis(redisUrl);
  const map = new Map();
  subscriber.on('message', (_channel, key) => map.delete(key));
  await subscriber.subscribe(channel);
  return {
    async fill(key) {
      const value = makeObject(1);
      await redis.set(key, JSON.stringify(value), 'PX', TTL);
      map.set(key, value);
    },
    held: (key) => map.has(key),
    remove: (key) => remove(redis, channel, key),
    end: () => Promise.all([redis.quit(), subscriber.quit()]),
  };
}

async function ours({ redisUrl }) {
  const { createTieredCache, memoryTier } = await import('../../dist/core.js');
  const { redisTier } = await import('../../dist/redis.js');
  const tiers = [memoryTier(), redisTier({ url: redisUrl })];
  const cache = createTieredCache({ namespace: 'lag', ttl: TTL, tiers });
  return {
    fill: (key) => cache.getOrCompute(key, () => makeObject(1)),
    held: (key) => cache.peek(key) !== undefined,
    remove: (key) => cache.remove(key),
    end: () => cache.close(),
  };
}
