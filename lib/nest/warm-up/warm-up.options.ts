import type { InjectionToken } from '@nestjs/common';
import type { Awaitable } from '../../contract/cache-backend.js';
import { checkList, checkOptionNames } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { parseTtl, type Ttl } from '../../core/parse-ttl.js';
import type { TieredCache } from '../../core/tiered-cache.js';

/**
 * Warms up the cache, usually by `cache.warmUp` with the signal. It has ended when what it answers has resolved.
 *
 * @publicApi
 */
export type CacheWarmUp = (cache: TieredCache, signal: AbortSignal) => Awaitable<unknown>;

/**
 * A warm-up that needs other providers.
 *
 * @publicApi
 */
export interface CacheWarmUpOptions {
  /** What the factory is given: providers of any module of the application, none of them made for each request. */
  readonly inject?: readonly InjectionToken[];
  /** Makes the warm-up, when the application has been bootstrapped. */
  // Its parameters are what `inject` names; `never[]` accepts them without `any`.
  readonly useFactory: (...args: never[]) => Awaitable<CacheWarmUp>;
  /** For how long health waits for it, at most: milliseconds, '5m', or a strategy. Default: 5 minutes. */
  readonly timeout?: Ttl;
}

/** A warm-up with its defaults. */
export interface WarmUpPlan {
  readonly inject: readonly InjectionToken[];
  readonly useFactory: (...args: unknown[]) => Awaitable<CacheWarmUp>;
  /** In milliseconds. */
  readonly timeout: number;
}

const DEFAULT_TIMEOUT: Ttl = '5m';

/**
 * What the option `warmUp` asks for; `undefined` for nothing.
 *
 * @throws InvalidOptionError and InvalidTtlError
 */
export function warmUpPlan(
  option: CacheWarmUp | CacheWarmUpOptions | undefined,
): WarmUpPlan | undefined {
  if (option === undefined) return undefined;
  const options = typeof option === 'function' ? { useFactory: () => option } : option;
  checkOptionNames(options, ['inject', 'useFactory', 'timeout'], 'warmUp');
  const { inject = [], useFactory, timeout = DEFAULT_TIMEOUT } = options;
  if (typeof useFactory !== 'function') {
    throw new InvalidOptionError(
      'warmUp.useFactory',
      `is a function that makes the warm-up; got ${quote(useFactory)}`,
    );
  }
  checkList(inject, 'warmUp.inject');
  return {
    inject: [...inject],
    useFactory: useFactory as WarmUpPlan['useFactory'],
    timeout: parseTtl(timeout, 'warmUp.timeout'),
  };
}
