import { connectRedis, mgetPerTurn } from '../peers/ioredis.mjs';

/** Bare ioredis with values that it can decode at once, in Redis under a prefix of their own. */
export function bareRedis({ codec, names, make, autoPipelining = false, mget = false }) {
  return async ({ redisUrl, prefix }) => {
    const redis = await connectRedis({ redisUrl, autoPipelining });
    const { encode, read, decode } = await codecs[codec](redis);
    const stored = names.map((name) => prefix + name);
    for (let at = 0; at < stored.length; at += 100) {
      const batch = stored.slice(at, at + 100);
      await redis.mset(new Map(batch.map((name, i) => [name, encode(make(at + i))])));
    }
    const get = mget ? mgetPerTurn(redis) : read;
    return {
      call: async (index) => decode(await get(stored[index])),
      end: () => redis.quit(),
    };
  };
}

const codecs = {
  /** The codec that this library uses unless another is given, and nothing around it. */
  async ours(redis) {
    const { JsonCodec } = await import('../../dist/core.js');
    const codec = new JsonCodec();
    return {
      encode: (value) => codec.encode(value),
      read: (name) => redis.getBuffer(name),
      decode: (bytes) => codec.decode(bytes),
    };
  },
  async json(redis) {
    return { encode: JSON.stringify, read: (name) => redis.get(name), decode: JSON.parse };
  },
};
