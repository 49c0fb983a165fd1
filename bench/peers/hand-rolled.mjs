import { LRUCache } from 'lru-cache';
import { HOUR } from './all.mjs';
import { connectRedis, mgetPerTurn } from './ioredis.mjs';

/**
 * What one would write oneself: lru-cache in front of ioredis, and one look-up per key at a time. With `mget`, the
 * look-ups of a turn of the event loop go as one MGET; with `bus`, others are told what changes, and so is this one.
 */
export async function both({ load, maxItems, prefix, mget, bus, ...options }) {
  const redis = await connectRedis(options);
  const read = mget ? mgetPerTurn(redis) : (name) => redis.get(name);
  const memory = new LRUCache({ max: maxItems, ttl: HOUR });
  const underWay = new Map();
  const counts = { reads: 0, below: 0 };
  const channel = bus ? await listen({ memory, name: `${prefix}:bus`, ...options }) : undefined;

  async function find(key) {
    const text = await read(prefix + key);
    if (text !== null) return JSON.parse(text);
    const value = await load(key);
    await redis.set(prefix + key, JSON.stringify(value), 'PX', HOUR);
    return value;
  }
  async function findOnce(key) {
    try {
      const value = await find(key);
      memory.set(key, value);
      return value;
    } finally {
      underWay.delete(key);
    }
  }
  return {
    counts,
    getOrSet(key) {
      counts.reads += 1;
      const held = memory.get(key) ?? underWay.get(key);
      if (held !== undefined) return held;
      counts.below += 1;
      const found = findOnce(key);
      underWay.set(key, found);
      return found;
    },
    async set(key, value) {
      await redis.set(prefix + key, JSON.stringify(value), 'PX', HOUR);
      memory.set(key, value);
      await channel?.tell(redis, key);
    },
    getMany: (keys, loadMissing) => getMany({ redis, memory, prefix }, keys, loadMissing),
    async end() {
      await channel?.end();
      await redis.quit();
    },
  };
}

/** In one MGET, and what is loaded in one pipeline. */
async function getMany({ redis, memory, prefix }, keys, loadMissing) {
  const values = new Map();
  const below = keys.filter((key) => {
    const held = memory.get(key);
    if (held !== undefined) values.set(key, held);
    return held === undefined;
  });
  const texts = await redis.mget(below.map((key) => prefix + key));
  const absent = below.filter((_, at) => texts[at] === null);
  below.forEach((key, at) => {
    if (texts[at] !== null) values.set(key, JSON.parse(texts[at]));
  });
  if (absent.length > 0) {
    const pipeline = redis.pipeline();
    for (const [key, value] of await loadMissing(absent)) {
      values.set(key, value);
      pipeline.set(prefix + key, JSON.stringify(value), 'PX', HOUR);
    }
    await pipeline.exec();
  }
  for (const key of below) memory.set(key, values.get(key));
  return values;
}

async function listen({ memory, name, redisUrl }) {
  const own = `${process.pid} `;
  const subscriber = await connectRedis({ redisUrl });
  await subscriber.subscribe(name);
  subscriber.on('message', (_channel, message) => {
    if (!message.startsWith(own)) memory.delete(message.slice(message.indexOf(' ') + 1));
  });
  return {
    tell: (redis, key) => redis.publish(name, own + key),
    end: () => subscriber.quit(),
  };
}
