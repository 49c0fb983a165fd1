import { makeObject } from '../data/objects.mjs';
import { HOUR } from '../peers/all.mjs';

const PREFIX = 'lag';
const MAX_ENTRIES = 10_000;
const load = async () => makeObject(1);

/**
 * Peers as in `holders.mjs`, each with memory, Redis, and what tells its instances of removals, at the settings of
 * `bench/peers`. Where memory cannot be asked alone, `held` asks the whole cache: as long as memory has the key, Redis is
 * not asked, and when it has not, the time before that is what counts.
 */
export const peerHolders = {
  'layered-loader': async (context) => {
    const { Loader, RedisCache, createNotificationPair } = await import('layered-loader');
    const [redis, publisherRedis, consumerRedis] = await Promise.all([
      connect(context),
      connect(context),
      connect(context),
    ]);
    const { publisher, consumer } = createNotificationPair({
      channel: `${PREFIX}:bus`,
      consumerRedis,
      publisherRedis,
    });
    const loader = new Loader({
      inMemoryCache: { cacheType: 'lru-map', ttlInMsecs: HOUR, maxItems: MAX_ENTRIES },
      asyncCache: new RedisCache(redis, { json: true, ttlInMsecs: HOUR, prefix: PREFIX }),
      dataSourceGetOneFn: load,
      notificationPublisher: publisher,
      notificationConsumer: consumer,
    });
    await loader.init();
    return {
      fill: (key) => loader.get(key),
      held: (key) => loader.getInMemoryOnly(key) !== undefined,
      remove: (key) => loader.invalidateCacheFor(key),
      end() {
        for (const connection of [redis, publisherRedis, consumerRedis]) connection.disconnect();
      },
    };
  },
  bentocache: async (context) => {
    const { BentoCache, bentostore } = await import('bentocache');
    const { memoryDriver } = await import('bentocache/drivers/memory');
    const { redisBusDriver, redisDriver } = await import('bentocache/drivers/redis');
    const { hostname: host, port } = new URL(context.redisUrl);
    const values = bentostore()
      .useL1Layer(memoryDriver({ maxItems: MAX_ENTRIES }))
      .useL2Layer(redisDriver({ connection: await connect(context) }))
      .useBus(redisBusDriver({ connection: { host, port: Number(port) } }));
    const bento = new BentoCache({
      default: 'values',
      ttl: HOUR,
      prefix: PREFIX,
      stores: { values },
    });
    return {
      fill: (key) => bento.getOrSet({ key, factory: load }),
      held: async (key) => (await bento.get({ key })) !== undefined,
      remove: (key) => bento.delete({ key }),
      end: () => bento.disconnectAll(),
    };
  },
  cacheable: async ({ redisUrl }) => {
    const { createKeyv: createKeyvRedis } = await import('@keyv/redis');
    const { Cacheable, createKeyv } = await import('cacheable');
    const { RedisMessageProvider } = await import('@qified/redis');
    const provider = new RedisMessageProvider({ uri: redisUrl });
    const cache = new Cacheable({
      ttl: HOUR,
      stats: false,
      primary: createKeyv({ lruSize: MAX_ENTRIES, useClone: false, ttl: HOUR }),
      secondary: createKeyvRedis(redisUrl, { namespace: PREFIX }),
      sync: { qified: provider },
    });
    return {
      fill: (key) => cache.getOrSet(key, load),
      held: async (key) => (await cache.primary.get(key)) !== undefined,
      remove: (key) => cache.delete(key),
      async end() {
        await provider.disconnect();
        await cache.disconnect();
      },
    };
  },
  'redis client-side cache': async ({ redisUrl }) => {
    const { createClient } = await import('redis');
    const clientSideCache = { ttl: HOUR, maxEntries: MAX_ENTRIES, evictPolicy: 'LRU' };
    const client = createClient({ url: redisUrl, RESP: 3, clientSideCache });
    await client.connect();
    return {
      async fill(key) {
        await client.set(`${PREFIX}:${key}`, JSON.stringify(await load()), { PX: HOUR });
        await client.get(`${PREFIX}:${key}`);
      },
      held: async (key) => (await client.get(`${PREFIX}:${key}`)) !== null,
      remove: (key) => client.del(`${PREFIX}:${key}`),
      end: () => client.close(),
    };
  },
};

/** Imported only where it is used, as all packages are. */
async function connect(context) {
  const { connectRedis } = await import('../peers/ioredis.mjs');
  return connectRedis(context);
}
