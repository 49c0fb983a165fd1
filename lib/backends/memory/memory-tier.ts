import type { TierDefinition, TierPolicy } from '../../contract/tier-definition.js';
import { policyOf } from '../../contract/tier-policy.js';
import { checkMemoryOptions, MEMORY_TIER_OPTIONS, type MemoryOptions } from './memory-options.js';
import { MemoryBackend } from './memory.backend.js';

/** @publicApi */
export type MemoryTierOptions = Omit<MemoryOptions, 'clock'> & TierPolicy;

/**
 * A tier that keeps the most recently used values in this process, on the cache's own clock.
 *
 * @throws InvalidOptionError when an option is unknown, of the wrong type or out of range
 * @publicApi
 */
export function memoryTier(options: MemoryTierOptions = {}): TierDefinition {
  const policy = policyOf(options, MEMORY_TIER_OPTIONS, 'memory');
  const { name, maxEntries, maxBytes, ttl, idle } = options;
  const own: MemoryOptions = { name, maxEntries, maxBytes, ttl, idle };
  checkMemoryOptions(own);
  return {
    source: { create: ({ clock }) => new MemoryBackend({ ...own, clock }) },
    policy,
    defaultName: 'memory',
    backendClass: MemoryBackend,
  };
}
