export { MapBackend, type MapOptions } from './backends/map/map.backend.js';
export { mapTier, type MapTierOptions } from './backends/map/map-tier.js';
export { MemoryBackend } from './backends/memory/memory.backend.js';
export type { MemoryOptions } from './backends/memory/memory-options.js';
export { memoryTier, type MemoryTierOptions } from './backends/memory/memory-tier.js';
export { JsonCodec } from './codecs/json.codec.js';
export type { Awaitable, CacheBackend } from './contract/cache-backend.js';
export {
  isBatch,
  isClosable,
  isEntryStore,
  isFenced,
  isTtlAware,
  type BatchBackend,
  type Closable,
  type EntryStore,
  TOKEN_LENGTH,
  type FencedBackend,
  type FencedValue,
  type LeaseAnswer,
  type StoredValue,
  type StoreRequest,
  type TtlAwareBackend,
} from './contract/capabilities.js';
export { systemClock, type Clock, type Timer } from './contract/clock.js';
export type { Codec } from './contract/codec.js';
export type { Entry, Stamp, Validators } from './contract/entry.js';
export {
  BackendError,
  BackendTimeoutError,
  BreakerOpenError,
  CacheTierError,
  ClosedError,
  InvalidationPendingError,
  InvalidKeyError,
  InvalidOptionError,
  InvalidPatternError,
  InvalidTtlError,
  LoadTimeoutError,
  MissingPeerError,
  SerializationError,
  TooManyCallsError,
  UndecodableError,
  UnsupportedError,
  type CacheTierErrorCode,
} from './contract/errors.js';
export type {
  BusCheck,
  BusStats,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from './contract/invalidation-bus.js';
export { compilePattern, escapePattern, type PatternMatcher } from './contract/pattern.js';
export type {
  CompressionAlgorithm,
  CompressionOptions,
  EncryptionKey,
  EncryptionOptions,
} from './contract/sealing-options.js';
export type {
  BackendContext,
  BackendSource,
  BreakerPolicy,
  BusContext,
  Constructor,
  TierDefinition,
  TierPolicy,
  TierPreset,
} from './contract/tier-definition.js';
export { assertTtl, MAX_TTL } from './contract/ttl.js';
export type { BreakerState, BreakerStats } from './core/tiers/breaker.js';
export type { CacheEvent, StaleReason } from './core/watching/cache-events.js';
export type { CacheHealth, CoherenceHealth, TierHealth } from './core/watching/cache-health.js';
export type { CacheStats, CoherenceStats, TierStats } from './core/watching/cache-stats.js';
export type {
  BatchLoader,
  ComputeOptions,
  GetOptions,
  Loader,
  RemoveOptions,
  SetOptions,
} from './core/call-options.js';
export type { CoherenceOptions } from './core/coherence/coherence-options.js';
export type { CopyMode } from './core/copy.js';
export type { CacheOptions } from './core/create-tiered-cache.js';
export {
  customTier,
  type CustomBackendSource,
  type CustomTierOptions,
} from './core/tiers/custom-tier.js';
export type {
  InvalidationRecord,
  InvalidationsOptions,
} from './core/coherence/invalidation-audit.js';
export type { KeyParts } from './core/key-space.js';
export type { LatencyBucket } from './core/watching/latency-histogram.js';
export type { BatchLoadContext, LoadContext, PreviousValue } from './core/loading/load-context.js';
export type { LoadPolicyOptions } from './core/loading/load-policy.js';
export {
  ttlStrategies,
  type DurationString,
  type Ttl,
  type TtlStrategy,
} from './core/parse-ttl.js';
export { TieredCache } from './core/tiered-cache.js';
export type { ValueMapper, ValueType } from './core/stored/value-type.js';
export type { WarmUpOptions } from './core/warm-up/warm-up-options.js';
export type { WarmUpFailure, WarmUpProgress } from './core/warm-up/warm-up-tally.js';
export { CacheTierModule } from './nest/cache-tier.module.js';
export type {
  CacheTierAsyncOptions,
  CacheTierModuleExtras,
  CacheTierModuleOptions,
  CacheTierOptionsFactory,
  CacheTierRootOptions,
} from './nest/cache-tier.options.js';
export {
  CacheDefaults,
  type CacheDefaultsOptions,
} from './nest/decorators/cache-defaults.decorator.js';
export { CacheEvict, type CacheEvictOptions } from './nest/decorators/cache-evict.decorator.js';
export { CachePut, type CachePutOptions } from './nest/decorators/cache-put.decorator.js';
export {
  Cached,
  type CacheableMethod,
  type CachedOptions,
} from './nest/decorators/cached.decorator.js';
export type {
  MethodCacheOptions,
  MethodKeepOptions,
  TagsOf,
} from './nest/decorators/method-options.js';
export { getBackendToken, getCacheToken, InjectBackend, InjectCache } from './nest/tokens.js';
export type { CacheWarmUp, CacheWarmUpOptions } from './nest/warm-up/warm-up.options.js';
