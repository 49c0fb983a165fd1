import type { EntryPlace, PlacedEntryStore } from '../../contract/capabilities.js';
import { systemClock, type Clock } from '../../contract/clock.js';
import { InProcessBackend } from '../in-process.backend.js';
import { BytesSlot, type Slot } from '../slot.js';
import type { Entry } from '../../contract/entry.js';
import { estimateSize } from './estimate-size.js';
import { LruStore, Place } from './lru-store.js';
import { checkMemoryOptions, type MemoryOptions } from './memory-options.js';

const DEFAULT_MAX_ENTRIES = 10_000;

/**
 * A bounded store in this process: what was not used for longest makes room for what is new. An expired entry
 * is dropped when it is asked for, when it is the one to make room, or by `cleanupExpired()`.
 *
 * @throws InvalidOptionError when an option is unknown, of the wrong type or out of range
 * @publicApi
 */
export class MemoryBackend extends InProcessBackend implements PlacedEntryStore {
  readonly #store: LruStore;
  readonly #clock: Clock;

  constructor(options: MemoryOptions = {}) {
    checkMemoryOptions(options);
    const { maxEntries = DEFAULT_MAX_ENTRIES, maxBytes = Infinity, idle } = options;
    const clock = options.clock ?? systemClock;
    const store = new LruStore({ maxEntries, maxBytes, sizeOf, idle }, clock);
    super(options.name ?? 'memory', store, clock, options.ttl);
    this.#store = store;
    this.#clock = clock;
  }

  /** How many bytes count towards `maxBytes` now; 0 without that option. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** @internal */
  placeOf(key: string): EntryPlace | undefined {
    return this.#store.placeOf(key);
  }

  /** @internal */
  entryAt(place: EntryPlace): Entry | undefined {
    if (!(place instanceof Place)) return undefined;
    const slot = this.#store.use(place);
    if (slot === undefined || slot.expiresAt <= this.#clock.now()) return undefined;
    return slot instanceof BytesSlot ? undefined : slot;
  }

  override cleanupExpired(): number {
    const before = this.size;
    super.cleanupExpired();
    this.#store.dropIdle();
    return before - this.size;
  }
}

function sizeOf(slot: Slot, key: string): number {
  if (slot instanceof BytesSlot) return key.length + slot.bytes.byteLength;
  return key.length + Math.ceil(slot.size > 0 ? slot.size : estimateSize(slot.value));
}
