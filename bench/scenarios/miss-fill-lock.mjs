import { KEYS, makeObject } from '../data/objects.mjs';

const HOUR = 3_600_000;
const LOCKED_FOR = 10_000;

/**
 * The least that a lease can cost: one process loads a key at a time, in 3 round trips. Nobody waits for the lock
 * here, since each key is asked for once.
 */
export async function lockedFill({ redisUrl, prefix }) {
  const { LRUCache } = await import('lru-cache');
  const { connectRedis } = await import('../peers/ioredis.mjs');
  const redis = await connectRedis({ redisUrl });
  const memory = new LRUCache({ max: KEYS, ttl: HOUR });

  async function call(index) {
    const key = `${prefix}city:${index}`;
    const lock = `${key}:lock`;
    const held = memory.get(key) ?? (await redis.get(key));
    const taken = await redis.set(lock, process.pid, 'PX', LOCKED_FOR, 'NX');
    if (held !== null || taken !== 'OK') throw new Error(`${key} is not new`);
    const value = makeObject(index);
    await redis.pipeline().set(key, JSON.stringify(value), 'PX', HOUR).del(lock).exec();
    memory.set(key, value);
    return value;
  }
  return { call, end: () => redis.quit() };
}
