import {
  isEntryStore,
  isPlaced,
  type EntryStore,
  type PlacedEntryStore,
  type StorePlace,
} from '../contract/capabilities.js';
import type { Clock } from '../contract/clock.js';
import type { Entry } from '../contract/entry.js';
import type { Coherence } from './coherence/coherence.js';
import { keyParts } from './key-space.js';
import { isDue } from './loading/early-refresh.js';
import { isFresh } from './tiers/cache-entry.js';
import type { Tier } from './tiers/tier.js';
import type { CacheEvents } from './watching/cache-events.js';
import type { CacheCounters, TierCounters } from './watching/cache-stats.js';

/** What the hits take from the cache. */
export interface MemoryHitsContext {
  readonly coherence: Coherence;
  readonly clock: Clock;
  readonly events: CacheEvents;
  readonly counters: CacheCounters;
  readonly random: () => number;
  /** Whether every caller gets a copy of its own. */
  readonly clones: boolean;
  /** What a caller is given of a value that is kept. */
  readonly give: <T>(value: T) => T;
  /** The store threw: no reason for a read to fail. */
  readonly failed: (error: unknown) => void;
}

/**
 * What the first tier answers at once, where it keeps entries in this process: the way of a hit, which makes nothing of
 * its own but, once, the promise that is kept with the entry. Keys are internal.
 */
export class MemoryHits {
  #memory: EntryStore | undefined;
  /** The same, where it finds entries again without a look-up. */
  #places: PlacedEntryStore | undefined;
  readonly #tier: string;
  readonly #tierCounters: TierCounters;
  readonly #coherence: Coherence;
  readonly #clock: Clock;
  readonly #events: CacheEvents;
  readonly #clones: boolean;

  constructor(
    { name, backend, counters }: Tier,
    private readonly context: MemoryHitsContext,
  ) {
    this.#memory = isEntryStore(backend) ? backend : undefined;
    this.#places = isEntryStore(backend) && isPlaced(backend) ? backend : undefined;
    this.#tier = name;
    this.#tierCounters = counters;
    this.#coherence = context.coherence;
    this.#clock = context.clock;
    this.#events = context.events;
    this.#clones = context.clones;
  }

  /** From now on memory has nothing. */
  close(): void {
    this.#memory = undefined;
    this.#places = undefined;
  }

  /** What memory holds of a key, counted for a caller. */
  find(key: string): Entry | undefined {
    if (this.#memory === undefined) return undefined;
    const entry = this.look(key);
    if (entry === undefined) {
      this.#tierCounters.misses++;
      return undefined;
    }
    this.#count(key);
    return entry;
  }

  /** What memory holds, unless it is stale or void, or has not been proved for too long. It is not counted. */
  look(key: string): Entry | undefined {
    try {
      const entry = this.#memory?.getEntry(key);
      return entry !== undefined && this.#isGood(key, entry) ? entry : undefined;
    } catch (error) {
      this.context.failed(error);
      return undefined;
    }
  }

  /** What a caller is given who asks for an entry that was found. */
  promiseOf<T>(held: Entry): Promise<T> {
    if (this.#clones) return Promise.resolve(this.context.give(held.value as T));
    held.promise ??= Promise.resolve(held.value);
    return held.promise as Promise<T>;
  }

  /** Whether an entry is to be loaded ahead of its time; who asks draws. */
  isDue({ freshUntil, early }: Entry): boolean {
    return early > 0 && isDue(freshUntil, early, this.#clock.now(), this.context.random);
  }

  /** Where memory keeps the value of a key, for `at`; `undefined` when it does not. */
  placeOf(key: string): StorePlace | undefined {
    return this.#places?.placeOf(key);
  }

  /** What memory holds at a place. Where it has no answer it counts nothing, and `find` may have one. */
  at<T>(place: StorePlace): Promise<T> | undefined {
    const places = this.#places;
    if (places === undefined) return undefined;
    const { promise } = place;
    const now = this.#clock.now();
    if (
      promise === undefined ||
      now >= place.goodUntil ||
      !this.#coherence.stands(place.judged, now)
    ) {
      return this.#atAnew(places, place, now);
    }
    this.#count(place.key);
    return promise as Promise<T>;
  }

  /** What memory holds where nothing else answers, though nothing proves it. */
  bear(key: string, silent: boolean): Entry | undefined {
    const entry = this.#memory?.getEntry(key);
    if (entry === undefined || !this.#coherence.bears(key, entry)) return undefined;
    if (silent || !isFresh(entry, this.#clock.now())) return entry;
    this.context.counters.unverified++;
    this.#count(key);
    return entry;
  }

  /** The entry of a place is looked at, and what it says for a while is noted there. */
  #atAnew<T>(places: PlacedEntryStore, place: StorePlace, now: number): Promise<T> | undefined {
    const held = this.#goodAt(places, place);
    // What may be loaded ahead of its time is left to `find` and `isDue`, so that it is drawn once whether it is.
    if (held === undefined || held.early > 0) return undefined;
    this.#count(place.key);
    const promise = this.promiseOf<T>(held);
    if (this.#clones) return promise;
    const end = held.staleFor > 0 ? Math.min(held.freshUntil, held.expiresAt) : held.expiresAt;
    place.promise = promise;
    place.goodUntil = Math.min(end, now + places.useLasts);
    place.judged = held.judged;
    return promise;
  }

  #goodAt(places: PlacedEntryStore, place: StorePlace): Entry | undefined {
    try {
      const entry = places.entryAt(place);
      return entry !== undefined && this.#isGood(place.key, entry) ? entry : undefined;
    } catch {
      // Whoever looks for the key meets it too, and counts it.
      return undefined;
    }
  }

  #isGood(key: string, entry: Entry): boolean {
    // What is not kept beyond its ttl is not found after it, and no clock has to be read.
    if (entry.staleFor > 0 && entry.freshUntil <= this.#clock.now()) return false;
    return this.#coherence.trusts(key, entry);
  }

  #count(key: string): void {
    this.#tierCounters.hits++;
    if (this.#events.observed) {
      this.#events.emit({ type: 'hit', tier: this.#tier, ...keyParts(key) });
    }
  }
}
