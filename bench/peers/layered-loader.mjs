import { Loader, RedisCache, createNotificationPair } from 'layered-loader';
import { HOUR } from './all.mjs';
import { connectRedis } from './ioredis.mjs';

const inMemory = (maxItems) => ({ cacheType: 'lru-map', ttlInMsecs: HOUR, maxItems });

export function l1({ load, maxItems, keyOf }) {
  const loader = new Loader({
    inMemoryCache: inMemory(maxItems),
    dataSourceGetOneFn: load,
    ...(keyOf && { cacheKeyFromLoadParamsResolver: keyOf }),
  });
  return peer(loader);
}

export async function l2(options) {
  const redis = await connectRedis(options);
  const loader = new Loader({
    inMemoryCache: false,
    asyncCache: redisCache(redis, options),
    dataSourceGetOneFn: options.load,
  });
  return {
    getOrSet: (key) => loader.get(key),
    set: (key, value) => loader.forceSetValue(key, value),
    end: () => redis.quit(),
  };
}

/** With `bus`, it tells other instances what changes. */
export async function both(options) {
  const redis = await connectRedis(options);
  const listeners = options.bus ? await notifications(options) : undefined;
  const loader = new Loader({
    inMemoryCache: inMemory(options.maxItems),
    asyncCache: redisCache(redis, options),
    dataSourceGetOneFn: options.load,
    dataSourceGetManyFn: options.loadMany,
    ...(options.keyOfValue && { cacheKeyFromValueResolver: options.keyOfValue }),
    ...listeners?.pair,
  });
  await loader.init();
  return {
    ...peer(loader),
    async end() {
      await loader.close();
      await listeners?.end();
      redis.disconnect();
    },
  };
}

async function notifications(options) {
  const [consumerRedis, publisherRedis] = await Promise.all([
    connectRedis(options),
    connectRedis(options),
  ]);
  const { publisher: notificationPublisher, consumer: notificationConsumer } =
    createNotificationPair({
      channel: `${options.prefix}:bus`,
      consumerRedis,
      publisherRedis,
    });
  return {
    pair: { notificationPublisher, notificationConsumer },
    async end() {
      consumerRedis.disconnect();
      publisherRedis.disconnect();
    },
  };
}

function redisCache(redis, { prefix }) {
  return new RedisCache(redis, { json: true, ttlInMsecs: HOUR, prefix });
}

/** Memory is asked synchronously first, as the documentation advises for heavy load. */
function peer(loader) {
  return {
    getOrSet: (parameters) => loader.getInMemoryOnly(parameters) ?? loader.getAsyncOnly(parameters),
    get: (parameters) => loader.getInMemoryOnly(parameters),
    set: (key, value) => loader.forceSetValue(key, value),
    getMany: (keys) => loader.getMany(keys),
  };
}
