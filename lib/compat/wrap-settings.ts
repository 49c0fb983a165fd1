import type { WrapOptions } from './cache.js';

/** A time in milliseconds, or what gives it for a value. */
type Timing<T> = number | ((value: T) => number) | undefined;

/** How one call of `wrap` is to be done. */
export interface WrapSettings<T> {
  readonly ttl: Timing<T>;
  readonly refreshThreshold: Timing<T>;
  readonly raw: boolean;
}

/** What follows the function in a call of `wrap`: two times, or an object of options. */
export function wrapSettings<T>(
  ttlOrOptions: Timing<T> | (WrapOptions<T> & { readonly raw?: boolean }),
  refreshThreshold: Timing<T>,
): WrapSettings<T> {
  if (typeof ttlOrOptions !== 'object' || ttlOrOptions === null) {
    return { ttl: ttlOrOptions, refreshThreshold, raw: false };
  }
  const { ttl, raw = false } = ttlOrOptions;
  return { ttl, refreshThreshold: ttlOrOptions.refreshThreshold, raw };
}

/** The time for a value. */
export function timeFor<T>(timing: Timing<T>, value: T): number | undefined {
  return typeof timing === 'function' ? timing(value) : timing;
}
