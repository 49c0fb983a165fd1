import { LRUCache } from 'lru-cache';
import type { StorePlace } from '../../contract/capabilities.js';
import { systemClock, type Clock } from '../../contract/clock.js';
import type { Entry } from '../../contract/entry.js';
import { InProcessBackend } from '../in-process.backend.js';
import { BytesSlot, type Slot } from '../slot.js';
import { estimateSize } from './estimate-size.js';
import { checkMemoryOptions, type MemoryOptions } from './memory-options.js';
import { Places } from './places.js';

const DEFAULT_MAX_ENTRIES = 10_000;

/** Who is used again within this time is as lately used as before, in milliseconds. */
const USE_LASTS = 100;

/**
 * A bounded store in this process: what was not used for longest makes room for what is new. An expired entry
 * is dropped when it is asked for, when it is the one to make room, or by `cleanupExpired()`.
 *
 * @throws InvalidOptionError when an option is unknown, of the wrong type or out of range
 * @publicApi
 */
export class MemoryBackend extends InProcessBackend {
  readonly #lru: LRUCache<string, Slot>;
  readonly #places: Places;
  /** @internal */
  readonly useLasts: number;

  constructor(options: MemoryOptions = {}) {
    checkMemoryOptions(options);
    const clock = options.clock ?? systemClock;
    const places = new Places();
    const lru = new LRUCache<string, Slot>({
      max: options.maxEntries ?? DEFAULT_MAX_ENTRIES,
      dispose: (_slot, key) => places.empty(key),
      ...(options.maxBytes !== undefined && { maxSize: options.maxBytes, sizeCalculation: sizeOf }),
      ...(options.idle !== undefined && idleTime(options.idle, clock)),
    });
    super(options.name ?? 'memory', lru, clock, options.ttl);
    this.#lru = lru;
    this.#places = places;
    this.useLasts = options.idle === undefined ? USE_LASTS : 0;
  }

  /** How many bytes count towards `maxBytes` now; 0 without that option. */
  get bytes(): number {
    return this.#lru.calculatedSize;
  }

  /** @internal It is a `PlacedEntryStore`. */
  placeOf(key: string): StorePlace | undefined {
    const slot = this.#lru.peek(key);
    return slot === undefined || slot instanceof BytesSlot ? undefined : this.#places.of(key);
  }

  /** @internal */
  entryAt(place: StorePlace): Entry | undefined {
    return this.#places.holds(place) ? this.getEntry(place.key) : undefined;
  }

  override cleanupExpired(): number {
    const before = this.size;
    super.cleanupExpired();
    this.#lru.purgeStale();
    return before - this.size;
  }
}

/**
 * Idle time is the one thing for which the store's own ttl serves: it begins anew at each use. That it reads
 * the time itself is a price that only this option pays; what an entry's own time is stays with the entry.
 */
function idleTime(idle: number, clock: Clock): Partial<LRUCache.Options<string, Slot, unknown>> {
  const start = clock.now() - 1;
  return {
    ttl: idle,
    updateAgeOnGet: true,
    ttlResolution: 0,
    // From 1 on: the store takes a use at time 0 for one that never was.
    perf: { now: () => clock.now() - start },
  };
}

function sizeOf(slot: Slot, key: string): number {
  if (slot instanceof BytesSlot) return key.length + slot.bytes.byteLength;
  return key.length + estimateSize(slot.value);
}
