export type { RedisClient, RedisNode } from './backends/redis/redis-client.js';
export type { RedisConnectionOptions } from './backends/redis/redis-connection-options.js';
export { RedisBus } from './bus/redis/redis-bus.js';
export type { LogOptions, RedisBusOptions } from './bus/redis/redis-bus-options.js';
export type { RedisBackendOptions } from './backends/redis/redis-options.js';
export { redisTier, type RedisTierOptions } from './backends/redis/redis-tier.js';
export { RedisBackend } from './backends/redis/redis.backend.js';
