import { setTimeout as sleep } from 'node:timers/promises';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier, type RedisTierOptions } from '../../lib/backends/redis/redis-tier.js';
import { createTieredCache, type TieredCacheOptions } from '../../lib/core/create-tiered-cache.js';
import type { SetOptions } from '../../lib/core/call-options.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import type { RedisServer } from '../support/redis-server.js';

/** Makes caches of memory and Redis, and closes them all. */
export class Instances {
  readonly #made: TieredCache[] = [];

  /** A cache with a memory of its own: an instance of an application. */
  create(
    url: string,
    redis: RedisTierOptions = {},
    options: Partial<TieredCacheOptions> = {},
  ): TieredCache {
    return this.add({ tiers: [memoryTier(), redisTier({ url, ...redis })], ...options });
  }

  add(options: TieredCacheOptions): TieredCache {
    const cache = createTieredCache(options);
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

/** Waits until the condition holds, which has to happen within the time. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  within = 5000,
): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come about within ${within} ms`);
    await sleep(5);
  }
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
    await cache.get(key);
    await eventually(() => cache.peek(key) !== undefined, 100);
  }
}
