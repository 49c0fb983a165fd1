import { Redis } from 'ioredis';

/** A connection of ioredis that is ready. */
export async function connectRedis({ redisUrl, autoPipelining = false }) {
  const redis = new Redis(redisUrl, { enableAutoPipelining: autoPipelining });
  await redis.ping();
  return redis;
}

/** A GET whose keys are collected until the callers of this turn have had their say, and go as one MGET. */
export function mgetPerTurn(redis) {
  let waiting = [];
  async function send() {
    const batch = waiting;
    waiting = [];
    try {
      const values = await redis.mgetBuffer(batch.map(({ name }) => name));
      batch.forEach(({ resolve }, at) => resolve(values[at]));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
  return (name) =>
    new Promise((resolve, reject) => {
      waiting.push({ name, resolve, reject });
      if (waiting.length === 1) setImmediate(() => void send());
    });
}
