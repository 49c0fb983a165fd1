import type { EntryPlace } from '../../contract/capabilities.js';
import type { Clock } from '../../contract/clock.js';
import type { Slot, SlotMap } from '../slot.js';
import { LastUses } from './last-uses.js';

/** Where a slot stands. Who keeps it finds there what is stored under the key, without a look-up. */
export class Place implements EntryPlace {
  /** Of the slot, where slots are measured. */
  size = 0;
  /** When it was last used, in `Clock.now()`, where idle time counts. */
  usedAt = 0;

  constructor(
    readonly key: string,
    /** `undefined` once it has been dropped; if the key is stored again, it has another place. */
    public slot: Slot | undefined,
    readonly index: number,
  ) {}
}

/** The bounds of a store. */
export interface LruBounds {
  readonly maxEntries: number;
  /** How much all slots may measure together, by `sizeOf`; infinite where nothing is measured. */
  readonly maxBytes: number;
  sizeOf(slot: Slot, key: string): number;
  /** How long something may go unused, in milliseconds. */
  readonly idle: number | undefined;
}

/** Slots by their keys: what was not used for longest makes room for what is new. To store is a use. */
export class LruStore implements SlotMap {
  readonly #places = new Map<string, Place>();
  readonly #byIndex: (Place | undefined)[] = [];
  readonly #uses = new LastUses();
  readonly #bounds: LruBounds;
  readonly #idle: number | undefined;
  readonly #clock: Clock;
  #bytes = 0;

  constructor(bounds: LruBounds, clock: Clock) {
    this.#bounds = bounds;
    this.#idle = bounds.idle;
    this.#clock = clock;
  }

  get size(): number {
    return this.#places.size;
  }

  /** How much all slots measure together; 0 where nothing is measured. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Slot | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.use(place);
  }

  placeOf(key: string): Place | undefined {
    return this.#places.get(key);
  }

  /** What stands in a place, which is used by that; `undefined` when it has been dropped. */
  use(place: Place): Slot | undefined {
    const { slot } = place;
    // First of all: the index of a place that is empty may be another's by now.
    if (slot === undefined) return undefined;
    if (this.#idle !== undefined) {
      if (this.#isIdle(place, this.#idle)) {
        this.#drop(place);
        return undefined;
      }
      place.usedAt = this.#clock.now();
    }
    this.#uses.use(place.index);
    return slot;
  }

  set(key: string, slot: Slot): void {
    const { maxEntries, maxBytes } = this.#bounds;
    const size = maxBytes === Infinity ? 0 : this.#bounds.sizeOf(slot, key);
    if (size > maxBytes) {
      this.delete(key);
      return;
    }
    const place = this.#put(key, slot);
    this.#bytes += size - place.size;
    place.size = size;
    if (this.#idle !== undefined) place.usedAt = this.#clock.now();
    while (this.size > maxEntries || this.#bytes > maxBytes) this.#dropOldest();
  }

  delete(key: string): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#drop(place);
    return true;
  }

  keys(): Iterable<string> {
    return this.#places.keys();
  }

  *entries(): Iterable<readonly [string, Slot]> {
    for (const [key, { slot }] of this.#places) {
      if (slot !== undefined) yield [key, slot];
    }
  }

  clear(): void {
    for (const place of Array.from(this.#places.values())) this.#drop(place);
  }

  /** Drops what was not used for too long. */
  dropIdle(): void {
    const idle = this.#idle;
    if (idle === undefined) return;
    const unused = Array.from(this.#places.values()).filter((place) => this.#isIdle(place, idle));
    for (const place of unused) this.#drop(place);
  }

  #put(key: string, slot: Slot): Place {
    const known = this.#places.get(key);
    if (known !== undefined) {
      known.slot = slot;
      this.#uses.use(known.index);
      return known;
    }
    const place = new Place(key, slot, this.#uses.join());
    this.#places.set(key, place);
    this.#byIndex[place.index] = place;
    return place;
  }

  #isIdle({ usedAt }: Place, idle: number): boolean {
    return this.#clock.now() - usedAt > idle;
  }

  #dropOldest(): void {
    const index = this.#uses.oldest();
    const place = index === undefined ? undefined : this.#byIndex[index];
    if (place !== undefined) this.#drop(place);
  }

  #drop(place: Place): void {
    this.#places.delete(place.key);
    this.#byIndex[place.index] = undefined;
    this.#uses.leave(place.index);
    this.#bytes -= place.size;
    place.slot = undefined;
  }
}
