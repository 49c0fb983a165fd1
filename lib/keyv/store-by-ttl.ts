import { parseTtl } from '../core/parse-ttl.js';
import type { TieredCache } from '../core/tiered-cache.js';

/** A value to be stored, with its ttl in milliseconds where it is not the cache's; `undefined` for none. */
export interface TimedValue {
  readonly key: string;
  readonly value: unknown;
  readonly ttl: number | undefined;
}

/**
 * Stores many values, of one key the last: one round trip per tier for all values of one ttl. A key whose value is
 * `undefined` is removed. All that can be done is done, whatever else fails; then it rejects with the first failure.
 *
 * @throws InvalidTtlError before anything is stored
 */
export async function storeByTtl(cache: TieredCache, values: readonly TimedValue[]): Promise<void> {
  for (const { ttl } of values) if (ttl !== undefined) parseTtl(ttl, 'ttl');
  const absent: string[] = [];
  const groups = new Map<number | undefined, [string, unknown][]>();
  for (const { key, value, ttl } of new Map(values.map((timed) => [timed.key, timed])).values()) {
    if (value === undefined) {
      absent.push(key);
      continue;
    }
    const group = groups.get(ttl) ?? [];
    group.push([key, value]);
    groups.set(ttl, group);
  }
  const failures: unknown[] = [];
  const failed = (error: unknown): void => void failures.push(error);
  if (absent.length > 0) await cache.removeMany(absent).catch(failed);
  // One after the other: there may be as many as values, and a tier takes only so many calls at a time.
  for (const [ttl, group] of groups) await cache.setMany(group, { ttl }).catch(failed);
  if (failures.length > 0) throw failures[0];
}
