import { checkOptionNames } from '../../contract/check-options.js';
import { assertNamespace } from '../../core/key-space.js';
import {
  LOAD_POLICY_OPTIONS,
  loadPolicy,
  type LoadPolicyOptions,
} from '../../core/loading/load-policy.js';
import { parseTtl, type Ttl } from '../../core/parse-ttl.js';

const DEFAULTS = Symbol('nestjs-cache-tier:defaults');

/**
 * What the decorated methods of a class have in common.
 *
 * @publicApi
 */
export interface CacheDefaultsOptions extends LoadPolicyOptions {
  /** The namespace of their keys. Default: the cache's root. */
  readonly namespace?: string;
  /** How long their values are kept. Default: the cache's `ttl`. */
  readonly ttl?: Ttl;
}

const OPTIONS = ['namespace', 'ttl', ...Object.keys(LOAD_POLICY_OPTIONS)];

/**
 * Sets the defaults of `@Cached`, `@CachePut` and `@CacheEvict` on the methods of a class and of the classes
 * that extend it. One of these may have defaults of its own: what they leave out is inherited.
 *
 * @throws InvalidOptionError and InvalidTtlError
 * @publicApi
 */
export function CacheDefaults(options: CacheDefaultsOptions): ClassDecorator {
  checkOptionNames(options, OPTIONS, '@CacheDefaults');
  if (options.namespace !== undefined)
    assertNamespace(options.namespace, '@CacheDefaults.namespace');
  if (options.ttl !== undefined) parseTtl(options.ttl, '@CacheDefaults.ttl');
  loadPolicy(options, '@CacheDefaults.');
  return (target) =>
    Reflect.defineMetadata(DEFAULTS, { ...cacheDefaultsOf(target), ...options }, target);
}

/** The defaults of a class, its own or inherited. */
export function cacheDefaultsOf(target: object): CacheDefaultsOptions {
  return (Reflect.getMetadata(DEFAULTS, target) as CacheDefaultsOptions | undefined) ?? {};
}
