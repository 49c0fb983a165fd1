import {
  createTieredCache,
  memoryTier,
  type ComputeOptions,
  type LoadContext,
  type TieredCache,
} from '../../../lib/core.js';
import { redisTier } from '../../../lib/redis.js';
import { NAMESPACES, type CheckedKey } from '../checked-key.js';
import type { Outcome, ReadKind } from '../history/history.js';
import type { WorkerSettings } from '../worker/messages.js';
import type { Write } from '../write.js';
import type { Load, Subject, Versioned } from './subject.js';

const TTL = 60_000;
/** Of values that are answered when their time is over, where their load is slow or fails. */
const STALE = { ttl: 700, staleFor: TTL };

/** How what is kept stale is loaded: nobody waits for long, and many loads begin before they have to. */
const LENIENT: ComputeOptions<Versioned> = {
  ...STALE,
  softTimeout: 30,
  hardTimeout: 400,
  failSafeThrottle: 200,
  earlyRefresh: 5,
  jitter: 0.2,
};

/** The library's cache: memory in front of Redis. */
export class TieredSubject implements Subject {
  readonly #cache: TieredCache;
  readonly #namespaces: ReadonlyMap<string, TieredCache>;
  /** How often the figures were asked for, and how often there was a proof then. */
  #asked = 0;
  #proved = 0;

  constructor(
    settings: WorkerSettings,
    private readonly keys: readonly CheckedKey[],
  ) {
    const { url, staleness, whenUnverified, maxUnverified, instance } = settings;
    this.#cache = createTieredCache({
      namespace: 'check',
      ttl: TTL,
      tiers: [memoryTier(), redisTier({ url, origin: instance })],
      coherence: { staleness, whenUnverified, maxUnverified },
    });
    this.#namespaces = new Map(
      NAMESPACES.map((name) => [name, name === '' ? this.#cache : this.#cache.namespace(name)]),
    );
  }

  async read(
    keys: readonly CheckedKey[],
    how: ReadKind,
    load: Load,
  ): Promise<readonly (Versioned | undefined)[]> {
    const [key] = keys;
    if (key === undefined) return [];
    const cache = this.#of(key.namespace);
    switch (how) {
      case 'get':
        return [await cache.get<Versioned>(key.name)];
      case 'peek':
        return [cache.peek<Versioned>(key.name)];
      case 'getOrCompute':
        return [await cache.getOrCompute(key.name, loaderOf(key, load), optionsOf(key))];
      case 'getMany':
        return this.#readMany(keys, (group, names) => group.getMany(names));
      case 'getOrComputeMany':
        return this.#readMany(keys, (group, names, tags) =>
          group.getOrComputeMany(
            names,
            async (missing) =>
              Promise.all(
                keys
                  .filter((one) => missing.includes(one.name))
                  .map(async (one) => [one.name, await load(one)] as const),
              ),
            { ...(key.keptStale && LENIENT), tags },
          ),
        );
    }
  }

  async write({ kind, keys, version, tag, namespace = '', pattern = '' }: Write): Promise<void> {
    const covered = keys.flatMap((index) => this.keys[index] ?? []);
    const [key] = covered;
    if (tag !== undefined) return this.#cache.invalidateTags([tag]);
    if (kind === 'clear') return this.#of(namespace).clear();
    if (kind === 'pattern') return this.#of(namespace).removePattern(pattern);
    if (key === undefined) return undefined;
    const cache = this.#of(key.namespace);
    if (version !== undefined) {
      const value: Versioned = { key: key.index, version };
      const options = { ...(key.keptStale && STALE), tags: [key.tag] };
      return kind === 'update'
        ? cache.update(key.name, value, options)
        : cache.set(key.name, value, options);
    }
    if (kind === 'expire') return cache.expire(key.name);
    if (kind === 'remove') return cache.remove(key.name);
    const removals = NAMESPACES.map((name) => {
      const names = covered.filter((one) => one.namespace === name).map((one) => one.name);
      return this.#of(name).removeMany(names);
    });
    await allSettled(removals);
  }

  outcomeOf(error: unknown): Outcome {
    return Reflect.get(Object(error), 'code') === 'INVALIDATION_PENDING' ? 'pending' : 'failed';
  }

  isSettled(): boolean {
    const { verified, pending } = this.#cache.stats().coherence;
    return verified && pending === 0;
  }

  counts(): Readonly<Record<string, number>> {
    const { tiers, coherence, fenced, coalesced, staleServed, refreshedAhead } =
      this.#cache.stats();
    const { received, gaps, resyncs, resets, verified, fillsRejected, waits } = coherence;
    this.#asked++;
    if (verified) this.#proved++;
    const [memory, redis] = tiers;
    return {
      memoryHits: memory?.hits ?? 0,
      redisHits: redis?.hits ?? 0,
      fenced,
      coalesced,
      staleServed,
      refreshedAhead,
      received,
      gaps,
      resyncs,
      resets,
      fillsRejected,
      waits,
      asked: this.#asked,
      proved: this.#proved,
    };
  }

  close(): Promise<void> {
    return this.#cache.close();
  }

  #of(namespace: string): TieredCache {
    return this.#namespaces.get(namespace) ?? this.#cache;
  }

  /** One call per namespace and tag, as each call has tags of its own. */
  async #readMany(
    keys: readonly CheckedKey[],
    read: (
      cache: TieredCache,
      names: readonly string[],
      tags: readonly string[],
    ) => Promise<ReadonlyMap<string, Versioned>>,
  ): Promise<readonly (Versioned | undefined)[]> {
    return Promise.all(
      keys.map(async (key) => {
        const alike = keys.filter(
          ({ namespace, tag, keptStale }) =>
            namespace === key.namespace && tag === key.tag && keptStale === key.keptStale,
        );
        const names = alike.map(({ name }) => name);
        return (await read(this.#of(key.namespace), names, [key.tag])).get(key.name);
      }),
    );
  }
}

function loaderOf(key: CheckedKey, load: Load): (context: LoadContext) => Promise<Versioned> {
  return async (context) => {
    const value = await load(key);
    if (key.tagFromLoader) context.addTags(key.tag);
    const previous = context.previous?.value as Versioned | undefined;
    return previous?.version === value.version ? context.notModified() : value;
  };
}

function optionsOf(key: CheckedKey): ComputeOptions<Versioned> {
  return { ...(key.keptStale && LENIENT), ...(!key.tagFromLoader && { tags: [key.tag] }) };
}

/** Waits for all, and fails as the first that has failed. */
async function allSettled(calls: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
