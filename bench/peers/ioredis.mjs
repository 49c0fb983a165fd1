import { Redis } from 'ioredis';

/** A connection of ioredis that is ready. */
export async function connectRedis({ redisUrl, autoPipelining = false }) {
  const redis = new Redis(redisUrl, { enableAutoPipelining: autoPipelining });
  await redis.ping();
  return redis;
}
