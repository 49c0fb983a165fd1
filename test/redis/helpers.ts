import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier, type RedisTierOptions } from '../../lib/backends/redis/redis-tier.js';
import { createTieredCache, type TieredCacheOptions } from '../../lib/core/create-tiered-cache.js';
import type { SetOptions } from '../../lib/core/call-options.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import type { RedisServer } from '../support/redis-server.js';
import { eventually, NEVER_STALE, PATIENT } from '../support/patience.js';

/** How long the caches of a test wait for Redis, and trust what they have in memory, in milliseconds. */
interface Limits {
  readonly timeout: number;
  readonly staleness: number;
}

/** For tests of what happens while Redis is away: caches notice it, and a slow machine is not taken for it. */
export const WATCHFUL: Limits = { timeout: 2000, staleness: 1000 };

/** Makes caches of memory and Redis, and closes them all. */
export class Instances {
  readonly #made: TieredCache[] = [];

  /** @param limits by default such that a slow machine keeps within them */
  constructor(private readonly limits: Limits = { ...PATIENT, staleness: NEVER_STALE }) {}

  /** A cache with a memory of its own: an instance of an application. */
  create(
    url: string,
    redis: RedisTierOptions = {},
    options: Partial<TieredCacheOptions> = {},
  ): TieredCache {
    const { timeout } = this.limits;
    return this.add({ tiers: [memoryTier(), redisTier({ url, timeout, ...redis })], ...options });
  }

  add(options: TieredCacheOptions): TieredCache {
    const { staleness } = this.limits;
    const cache = createTieredCache({
      ...options,
      coherence: { staleness, ...options.coherence },
    });
    this.#made.push(cache);
    return cache;
  }

  async close(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((cache) => cache.close()));
  }
}

/** How often each command was called since the last `CONFIG RESETSTAT`, by its name in lower case. */
export async function commandCalls(server: RedisServer): Promise<ReadonlyMap<string, number>> {
  const info = String(await server.call('INFO', 'commandstats'));
  const lines = info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return new Map(Array.from(lines, ([, name = '', calls]) => [name, Number(calls)]));
}

/** What Redis holds under a key of the cache, by the default prefix and namespace. */
export function storedName(key: string, namespace = 'default'): string {
  return `cache-tier:{${namespace}::${key}}`;
}

function received(cache: TieredCache): number {
  return cache.stats().coherence.received;
}

/** Has every one of the caches hold a value in memory, and no message of it be under way any more. */
export async function share(
  caches: readonly TieredCache[],
  key: string,
  value: unknown,
  options: SetOptions = {},
): Promise<void> {
  const before = caches.map(received);
  await caches[0]?.set(key, value, options);
  await eventually(() => caches.every((cache, index) => received(cache) > (before[index] ?? 0)));
  for (const cache of caches) {
    await eventually(async () => {
      await cache.get(key);
      return cache.peek(key) !== undefined;
    });
  }
}
