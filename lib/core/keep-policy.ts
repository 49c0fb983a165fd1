import { checkOptionNames, checkWholeNumber } from '../contract/check-options.js';
import type { ComputeOptions, GetOptions, RemoveOptions, SetOptions } from './call-options.js';
import { assertFunction } from './check-arguments.js';
import { LOAD_POLICY_OPTIONS, loadPolicy, type LoadPolicy } from './loading/load-policy.js';
import { parseTtl } from './parse-ttl.js';
import { checkTags } from './coherence/tags.js';
import { assertValueType, type ValueType } from './stored/value-type.js';

/** How a value that a caller brings is kept; times in milliseconds. */
export interface StorePolicy extends Pick<LoadPolicy, 'staleFor' | 'jitter'> {
  readonly ttl: number;
  readonly type: ValueType | undefined;
  /** What the value belongs to beside its key. */
  readonly tags: readonly string[] | undefined;
}

/** How a value is loaded, and how it is kept. */
export interface KeepPolicy extends StorePolicy, LoadPolicy {
  /** Values that are answered but not kept. */
  readonly unless: ((value: unknown) => boolean) | undefined;
}

/** The policy of calls without options of their own, made once. */
export function defaultPolicy(policy: LoadPolicy, ttl: number): KeepPolicy {
  return { ...policy, ttl, type: undefined, unless: undefined, tags: undefined };
}

/** How long a loaded value is kept, in milliseconds; `undefined` for not at all. */
export function keptTtl(
  value: unknown,
  { ttl, negativeTtl, unless }: KeepPolicy,
  ownTtl: number = ttl,
): number | undefined {
  const kept = value === undefined ? negativeTtl : ownTtl;
  return kept === undefined || unless?.(value) === true ? undefined : kept;
}

// Records, so that a member which is added to the options cannot be forgotten here.
const SET_OPTIONS: Readonly<Record<keyof SetOptions, true>> = {
  ttl: true,
  staleFor: true,
  jitter: true,
  type: true,
  tags: true,
};
/** The names of the options of a call that loads. */
export const COMPUTE_OPTIONS: Readonly<Record<keyof ComputeOptions, true>> = {
  ...SET_OPTIONS,
  ...LOAD_POLICY_OPTIONS,
  unless: true,
};

const SET_NAMES = Object.keys(SET_OPTIONS);
const COMPUTE_NAMES = Object.keys(COMPUTE_OPTIONS);

/**
 * The options of a call that loads, checked, with the cache's defaults in the place of what is missing.
 *
 * @throws InvalidOptionError and InvalidTtlError
 */
export function keepPolicy<T>(
  options: ComputeOptions<T> | undefined,
  defaults: KeepPolicy,
): KeepPolicy {
  if (options === undefined) return defaults;
  checkOptionNames(options, COMPUTE_NAMES, 'options');
  const { unless } = options;
  if (unless !== undefined) assertFunction(unless, 'unless');
  return {
    ...loadPolicy(options, '', defaults),
    ...valuePolicy(options, defaults),
    unless: unless as KeepPolicy['unless'],
  };
}

/** The same for a call that stores what the caller brings. @throws InvalidOptionError and InvalidTtlError */
export function storePolicy<T>(
  options: SetOptions<T> | undefined,
  defaults: KeepPolicy,
): StorePolicy {
  if (options === undefined) return defaults;
  checkOptionNames(options, SET_NAMES, 'options');
  const { staleFor, jitter } = loadPolicy(options, '', defaults);
  return { staleFor, jitter, ...valuePolicy(options, defaults) };
}

function valuePolicy<T>(
  { ttl, type, tags }: SetOptions<T>,
  defaults: KeepPolicy,
): Pick<StorePolicy, 'ttl' | 'type' | 'tags'> {
  assertValueType(type);
  return {
    ttl: ttl === undefined ? defaults.ttl : parseTtl(ttl, 'ttl'),
    type,
    tags: tags === undefined ? undefined : checkTags(tags, 'tags'),
  };
}

/** For how long the removed keys are held empty, in milliseconds. @throws InvalidOptionError */
export function checkRemoveOptions(options: RemoveOptions | undefined): number | undefined {
  if (options === undefined) return undefined;
  checkOptionNames(options, ['holdFor'], 'options');
  const { holdFor } = options;
  checkWholeNumber(holdFor, 0, 'holdFor');
  return holdFor === 0 ? undefined : holdFor;
}

/** The type that the options of a read name. @throws InvalidOptionError */
export function readType<T>(options: GetOptions<T> | undefined): ValueType | undefined {
  if (options === undefined) return undefined;
  checkOptionNames(options, ['type'], 'options');
  const { type } = options;
  assertValueType(type);
  return type;
}
