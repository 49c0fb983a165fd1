import type { TierDefinition, TierPolicy } from '../../contract/tier-definition.js';
import { policyOf } from '../../contract/tier-policy.js';
import { MapBackend, type MapOptions } from './map.backend.js';

/** @publicApi */
export type MapTierOptions = Omit<MapOptions, 'clock'> & TierPolicy;

/**
 * A tier that keeps everything in this process until it expires, on the cache's own clock.
 *
 * @throws InvalidOptionError when an option is unknown or of the wrong type
 * @publicApi
 */
export function mapTier(options: MapTierOptions = {}): TierDefinition {
  const policy = policyOf(options, ['name'], 'map');
  const { name } = options;
  return {
    source: { create: ({ clock }) => new MapBackend({ name, clock }) },
    policy,
    defaultName: 'map',
    backendClass: MapBackend,
  };
}
