import { checkOptionNames, checkText } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { ComputeOptions } from '../../core/call-options.js';
import { assertNamespace } from '../../core/key-space.js';
import { parseTtl } from '../../core/parse-ttl.js';
import {
  LOAD_POLICY_OPTIONS,
  loadPolicy,
  type LoadPolicyOptions,
} from '../../core/loading/load-policy.js';
import { checkTags } from '../../core/coherence/tags.js';
import { assertValueType } from '../../core/stored/value-type.js';
import type { CacheDefaultsOptions } from './cache-defaults.decorator.js';

/**
 * What all method decorators take.
 *
 * @publicApi
 */
export interface MethodCacheOptions {
  /** The name of the cache. Default: the unnamed one. */
  readonly cache?: string;
  /** The namespace of the keys. Default: that of `@CacheDefaults`, or the cache's root. */
  readonly namespace?: string;
}

/** Tags, or how to make them of a call's arguments. */
export type TagsOf<A extends unknown[]> = readonly string[] | ((...args: A) => readonly string[]);

/** How a method's answer is kept: as in a call of the cache, but that tags may depend on the arguments. */
export interface MethodKeepOptions<T, A extends unknown[]> extends Omit<ComputeOptions<T>, 'tags'> {
  /**
   * What the answer belongs to beside its key: `invalidateTags` of one of them voids it. At most 64 tags of at most
   * 256 characters, or how to make them of the call's arguments. Default: nothing.
   */
  readonly tags?: TagsOf<A>;
}

/** Refuses options that a method decorator does not take. @throws InvalidOptionError naming the decorated method */
export function checkMethodOptions(
  options: MethodCacheOptions,
  known: readonly string[],
  label: string,
): void {
  checkOptionNames(options, known, label);
  checkText(options.cache, `${label}: cache`);
  if (options.namespace !== undefined) assertNamespace(options.namespace, `${label}: namespace`);
}

/** Refuses what is there under one of the names, and is not a function. @throws InvalidOptionError */
export function checkFunctions(options: object, names: readonly string[], label: string): void {
  for (const name of names) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined && typeof value !== 'function') {
      throw new InvalidOptionError(
        `${label}: ${name}`,
        `is a function of the method's arguments; got ${quote(value)}`,
      );
    }
  }
}

/** Refuses what no value could be kept by. @throws InvalidOptionError and InvalidTtlError */
export function checkKeepOptions<T, A extends unknown[]>(
  options: MethodKeepOptions<T, A>,
  label: string,
): void {
  if (options.ttl !== undefined) parseTtl(options.ttl, `${label}: ttl`);
  loadPolicy(options, `${label}: `);
  if (options.type !== undefined) assertValueType(options.type);
  if (options.unless !== undefined && typeof options.unless !== 'function') {
    throw new InvalidOptionError(
      `${label}: unless`,
      `is a function of the value; got ${quote(options.unless)}`,
    );
  }
  const { tags } = options;
  if (tags !== undefined && typeof tags !== 'function') checkTags(tags, `${label}: tags`);
}

const POLICY = Object.keys(LOAD_POLICY_OPTIONS) as (keyof LoadPolicyOptions)[];

/** The tags of a call of a method of `self`. */
export function tagsOfCall<A extends unknown[]>(
  tags: TagsOf<A>,
  self: object,
  args: A,
): readonly string[] {
  return typeof tags === 'function' ? tags.apply(self, args) : tags;
}

/** The options of a call of a method of `self`: the decorator's, then the class's. */
export function withDefaults<T, A extends unknown[]>(
  { ttl, type, unless, tags, ...options }: MethodKeepOptions<T, A>,
  defaults: CacheDefaultsOptions,
  self: object,
  args: A,
): ComputeOptions {
  return {
    ...Object.fromEntries(
      POLICY.map((name) => [name, options[name] ?? defaults[name]]).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    ttl: ttl ?? defaults.ttl,
    type,
    unless: unless?.bind(self) as ComputeOptions['unless'],
    tags: tags === undefined ? undefined : tagsOfCall(tags, self, args),
  };
}
