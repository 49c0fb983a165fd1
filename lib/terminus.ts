export {
  CacheTierHealthIndicator,
  type CacheCoherenceDetail,
  type CacheHealthDetail,
  type CacheHealthOptions,
} from './nest/terminus/cache-tier.health.js';
export { CacheTierHealthModule } from './nest/terminus/cache-tier-health.module.js';
export type { CacheWarmUpDetail } from './nest/warm-up/warm-up-health.js';
