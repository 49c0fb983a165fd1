import type { StorePlace } from '../../contract/capabilities.js';
import type { Clock } from '../../contract/clock.js';
import type { Entry } from '../../contract/entry.js';

/** For how long a use counts as one: who is used again within that time is as lately used as before, in milliseconds. */
export const USE_LASTS = 100;

/** Where an entry stands, until it is dropped or replaced. */
class Place implements StorePlace {
  constructor(
    readonly key: string,
    public entry: Entry | undefined,
    /** When the store was last told of a use, in `Clock.now()`. */
    public usedAt: number,
  ) {}
}

/** The places that somebody has asked for. They hold an entry only as long as its store does. */
export class Places {
  readonly #places = new Map<string, Place>();

  constructor(
    private readonly clock: Clock,
    /** Whether uses need not all be told to the store. */
    private readonly mayCountLater: boolean,
  ) {}

  placeOf(key: string, entry: Entry): StorePlace {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = new Place(key, entry, this.clock.now());
      this.#places.set(key, place);
    }
    return place;
  }

  /** What stands there; `undefined` when it has been dropped or has ended; `ask` when the store is to be told of the use. */
  entryAt(place: StorePlace): Entry | 'ask' | undefined {
    if (!(place instanceof Place)) return undefined;
    const { entry } = place;
    if (entry === undefined) return undefined;
    const now = this.clock.now();
    if (entry.expiresAt <= now) return undefined;
    if (this.mayCountLater && now - place.usedAt < USE_LASTS) return entry;
    place.usedAt = now;
    return 'ask';
  }

  /** Told when the store lets go of what it has under a key, for whatever reason. */
  empty(key: string): void {
    if (this.#places.size === 0) return;
    const place = this.#places.get(key);
    if (place === undefined) return;
    place.entry = undefined;
    this.#places.delete(key);
  }
}
