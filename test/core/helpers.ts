import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import type { CacheBackend } from '../../lib/contract/cache-backend.js';
import type { TierPolicy } from '../../lib/contract/tier-definition.js';
import type { CacheEvent } from '../../lib/core/watching/cache-events.js';
import { createTieredCache, type TieredCacheOptions } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

/** Lets a rejection that nobody handles come up while the test that caused it can still fail for it. */
export function guardRejections(): void {
  afterEach(async () => {
    await nextTurn();
    await nextTurn();
  });
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

/** A promise that is settled by hand, for a loader or a backend that takes its time. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let settled: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settled = { resolve, reject };
  });
  return {
    promise,
    resolve: (value) => settled?.resolve(value),
    reject: (error) => settled?.reject(error),
  };
}

/** A loader that counts its runs and answers what it is told to. */
export function counted<T>(answer: () => T | Promise<T>): {
  (): Promise<T>;
  readonly runs: number;
} {
  let runs = 0;
  const loader = async (): Promise<T> => {
    runs++;
    return answer();
  };
  return Object.defineProperty(loader, 'runs', { get: () => runs }) as typeof loader & {
    readonly runs: number;
  };
}

/** A loader for where none is to run. */
export function mustNotLoad(): never {
  throw new Error('the loader was called');
}

/** A store of bytes on a clock of its own choice, which answers later and can be disturbed. */
export function remoteBackend(clock: ManualClock, name = 'remote'): FaultyBackend {
  return new FaultyBackend(new MapBackend({ name, clock }), clock);
}

/** Only the five members that every backend has. */
export function plain(backend: CacheBackend): CacheBackend {
  return {
    name: backend.name,
    get: (key) => backend.get(key),
    setWithTtl: (key, value, ttl) => backend.setWithTtl(key, value, ttl),
    remove: (key) => backend.remove(key),
    healthCheck: () => backend.healthCheck(),
  };
}

/** Members that are taken over by others; what is left out is the backend's own. */
export function altered(backend: FaultyBackend, members: Partial<FaultyBackend>): FaultyBackend {
  return new Proxy(backend, {
    get(target, property) {
      const own: unknown = Reflect.get(members, property);
      const value: unknown = own ?? Reflect.get(target, property);
      return typeof value === 'function' && own === undefined ? value.bind(target) : value;
    },
  });
}

export type Options = Omit<Partial<TieredCacheOptions>, 'tiers' | 'clock'>;

/** A cache of memory and one store of bytes, on a clock that stands still. */
export interface TwoTiers {
  readonly cache: TieredCache;
  readonly clock: ManualClock;
  readonly remote: FaultyBackend;
  /** Another cache on the same remote store, with a memory of its own: another process, or what is stored already. */
  readonly neighbour: TieredCache;
}

export function twoTiers(options: Options = {}, policy: TierPolicy = {}): TwoTiers {
  const clock = new ManualClock();
  const remote = remoteBackend(clock);
  const create = (): TieredCache =>
    createTieredCache({
      clock,
      tiers: [memoryTier(), customTier({ useValue: remote, ...policy })],
      ...options,
    });
  return { cache: create(), neighbour: create(), clock, remote };
}

/** A cache of memory alone, on a clock that stands still. */
export function memoryOnly(options: Options = {}): { cache: TieredCache; clock: ManualClock } {
  const clock = new ManualClock();
  return { cache: createTieredCache({ clock, tiers: [memoryTier()], ...options }), clock };
}

/** A cache on the given backends, nearest first, each with its policy. */
export function chain(
  clock: ManualClock,
  tiers: readonly (readonly [CacheBackend, TierPolicy?])[],
  options: Options = {},
): TieredCache {
  return createTieredCache({
    clock,
    tiers: tiers.map(([useValue, policy]) => customTier({ useValue, ...policy })),
    ...options,
  });
}

/** Memory over two remote tiers, and a cache of the lowest tier alone that fills it. */
export function threeTiers(policies: readonly TierPolicy[] = [], random?: () => number) {
  const clock = new ManualClock();
  const memory = new MapBackend({ name: 'memory', clock });
  const middle = remoteBackend(clock, 'middle');
  const bottom = remoteBackend(clock, 'bottom');
  const [first, second, third] = policies;
  const tiers = [[memory, first] as const, [middle, second] as const, [bottom, third] as const];
  const cache = chain(clock, tiers, { random });
  return { cache, clock, memory, middle, bottom, below: chain(clock, [[bottom, third]]) };
}

/** How long a key of a cache has left in a store, in milliseconds. */
export async function timeLeft(backend: FaultyBackend, key: string): Promise<number | undefined> {
  return (await backend.getWithTtl?.(`default::${key}`))?.ttl;
}

/** The events of a cache, from now on. */
export function recordEvents(cache: TieredCache): CacheEvent[] {
  const events: CacheEvent[] = [];
  cache.events.subscribe((event) => events.push(event));
  return events;
}

/** How many keys a cache says it was asked for. */
export function asked(cache: TieredCache): number {
  const { hits, misses, coalesced } = cache.stats();
  return hits + misses + coalesced;
}

/** The counters of one tier. */
export function tierStats(cache: TieredCache, name: string) {
  const found = cache.stats().tiers.find((tier) => tier.name === name);
  if (found === undefined) throw new Error(`there is no tier ${name}`);
  return found;
}

/** How often a backend was asked to read. */
export function reads(backend: FaultyBackend): number {
  return backend.calls('get') + backend.calls('getWithTtl') + backend.calls('getMany');
}

/** How often a backend was asked to store. */
export function writes(backend: FaultyBackend): number {
  return backend.calls('setWithTtl') + backend.calls('setMany');
}
