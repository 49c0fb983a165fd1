import { checkOptionNames } from './check-options.js';
import { hideKeys } from './hidden-keys.js';
import type { TierPolicy } from './tier-definition.js';

// A record, so that a member which is added to the policy cannot be forgotten here.
const POLICY: Readonly<Record<keyof TierPolicy, true>> = {
  name: true,
  preset: true,
  level: true,
  ttlScale: true,
  promotion: true,
  readTimeout: true,
  writeTimeout: true,
  writeMode: true,
  breaker: true,
  maxPending: true,
  maxEntryBytes: true,
  compression: true,
  encryption: true,
};

/**
 * The policy among a tier's options. The chain judges its values; the names of all options are judged here.
 *
 * @param own the names of the backend's options
 * @param path what the options are called in messages, such as `memory`
 * @throws InvalidOptionError when there is a name that is neither the backend's nor the policy's
 */
export function policyOf(options: TierPolicy, own: readonly string[], path: string): TierPolicy {
  const names = Object.keys(POLICY);
  checkOptionNames(options, [...own, ...names.filter((name) => !own.includes(name))], path);
  const { encryption } = options;
  return {
    ...Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name))),
    ...(encryption !== undefined && { encryption: hideKeys(encryption, `${path}.encryption`) }),
  };
}
