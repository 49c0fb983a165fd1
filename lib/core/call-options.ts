import type { Awaitable } from '../contract/cache-backend.js';
import type { BatchLoadContext, LoadContext } from './loading/load-context.js';
import type { LoadPolicyOptions } from './loading/load-policy.js';
import type { Ttl } from './parse-ttl.js';
import type { ValueType } from './stored/value-type.js';

/**
 * How a value is read.
 *
 * @publicApi
 */
export interface GetOptions<T = unknown> {
  /** The class of the value, or how to make it of plain data; needed for what was stored with `type`. */
  readonly type?: ValueType<T>;
}

/**
 * How a value is stored.
 *
 * @publicApi
 */
export interface SetOptions<T = unknown>
  extends GetOptions<T>, Pick<LoadPolicyOptions, 'staleFor' | 'jitter'> {
  /** How long it is kept: milliseconds, '5m', or a strategy. Default: the cache's `ttl`. */
  readonly ttl?: Ttl;
  /**
   * What the value belongs to beside its key: `invalidateTags` of one of them voids it. At most 64 tags of at
   * most 256 characters. Default: nothing.
   */
  readonly tags?: readonly string[];
}

/**
 * How a key is removed.
 *
 * @publicApi
 */
export interface RemoveOptions {
  /**
   * For how long nobody may cache the key after its removal, in milliseconds: for loaders that read from a
   * replica which lags behind. Default: 0.
   */
  readonly holdFor?: number;
}

/**
 * How a value is loaded and kept.
 *
 * @publicApi
 */
export interface ComputeOptions<T = unknown> extends SetOptions<T>, LoadPolicyOptions {
  /** Answer the value, but do not keep it, when this says true. */
  readonly unless?: (value: T) => boolean;
}

/** Loads the value of a key; `undefined` means that there is none, `null` is a value. */
export type Loader<T> = (context: LoadContext) => Awaitable<T>;

/** Loads the values of many keys; a key that the answer lacks has none. */
export type BatchLoader<T> = (
  missing: readonly string[],
  context: BatchLoadContext,
) => Awaitable<Iterable<readonly [key: string, value: T]>>;
