export type { KeyvBackendOptions, KeyvInstance, KeyvStore } from './backends/keyv/keyv-options.js';
export { keyvTier, type KeyvTierOptions } from './backends/keyv/keyv-tier.js';
export { KeyvBackend } from './backends/keyv/keyv.backend.js';
export { TieredCacheKeyv, type TieredCacheKeyvOptions } from './keyv/tiered-cache-keyv.js';
