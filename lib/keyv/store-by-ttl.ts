import type { TieredCache } from '../core/tiered-cache.js';

/** A value to be stored, with its ttl in milliseconds where it is not the cache's. */
export interface TimedValue {
  readonly key: string;
  readonly value: unknown;
  readonly ttl: number | undefined;
}

/** Stores many values, of one key the last: one round trip per tier for all values of one ttl. */
export async function storeByTtl(cache: TieredCache, values: readonly TimedValue[]): Promise<void> {
  const groups = new Map<number | undefined, [string, unknown][]>();
  const last = new Map(values.map((timed) => [timed.key, timed]));
  for (const { key, value, ttl } of last.values()) {
    const group = groups.get(ttl) ?? [];
    group.push([key, value]);
    groups.set(ttl, group);
  }
  for (const [ttl, group] of groups) await cache.setMany(group, { ttl });
}
