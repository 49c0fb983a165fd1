import type { TierDefinition, TierPolicy } from '../../contract/tier-definition.js';
import { policyOf } from '../../contract/tier-policy.js';
import { checkKeyvOptions, KEYV_OPTIONS, type KeyvBackendOptions } from './keyv-options.js';
import { KeyvBackend } from './keyv.backend.js';

/** @publicApi */
export type KeyvTierOptions = KeyvBackendOptions & TierPolicy;

/**
 * A tier on a store of Keyv 5. The store is disconnected with the cache where it is given as a function that makes it.
 *
 * @throws InvalidOptionError when an option is unknown or of the wrong type
 * @publicApi
 */
export function keyvTier(options: KeyvTierOptions): TierDefinition {
  const policy = policyOf(options, KEYV_OPTIONS, 'keyv');
  const { store, exclusive, name } = options;
  const own: KeyvBackendOptions = { store, exclusive, name };
  checkKeyvOptions(own);
  return {
    source: { create: () => new KeyvBackend(own) },
    policy,
    defaultName: 'keyv',
    backendClass: KeyvBackend,
  };
}
