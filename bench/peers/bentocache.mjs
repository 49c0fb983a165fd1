import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { HOUR } from './all.mjs';
import { connectRedis } from './ioredis.mjs';

export function l1({ load, maxItems }) {
  return peer(bentostore().useL1Layer(memoryDriver({ maxItems, serialize: false })), load);
}

export async function l2(options) {
  const connection = await connectRedis(options);
  return peer(bentostore().useL2Layer(redisDriver({ connection })), options.load, options.prefix);
}

/**
 * Memory keeps strings here, as by default: with values by reference it crashes when two callers want one key. With `bus`,
 * it tells other instances what changes.
 */
export async function both(options) {
  const connection = await connectRedis(options);
  const layers = bentostore()
    .useL1Layer(memoryDriver({ maxItems: options.maxItems }))
    .useL2Layer(redisDriver({ connection }));
  const { hostname: host, port } = new URL(options.redisUrl);
  const store = options.bus
    ? layers.useBus(redisBusDriver({ connection: { host, port: Number(port) } }))
    : layers;
  return peer(store, options.load, options.prefix);
}

function peer(store, load, prefix) {
  const bento = new BentoCache({ default: 'values', ttl: HOUR, prefix, stores: { values: store } });
  return {
    getOrSet: (key) => bento.getOrSet({ key, factory: () => load(key) }),
    get: (key) => bento.get({ key }),
    set: (key, value) => bento.set({ key, value }),
    end: () => bento.disconnectAll(),
  };
}
