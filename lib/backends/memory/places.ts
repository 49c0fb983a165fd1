import type { StorePlace } from '../../contract/capabilities.js';

class Place implements StorePlace {
  promise: Promise<unknown> | undefined = undefined;
  goodUntil = -Infinity;
  judged = 0;
  /** Whether the entry still stands there. */
  isHeld = true;

  constructor(readonly key: string) {}
}

/** The places that somebody has asked for. */
export class Places {
  readonly #places = new Map<string, Place>();

  of(key: string): StorePlace {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = new Place(key);
      this.#places.set(key, place);
    }
    return place;
  }

  holds(place: StorePlace): boolean {
    return place instanceof Place && place.isHeld;
  }

  /** Told when the store lets go of what it has under a key, for whatever reason. */
  empty(key: string): void {
    if (this.#places.size === 0) return;
    const place = this.#places.get(key);
    if (place === undefined) return;
    place.isHeld = false;
    place.promise = undefined;
    this.#places.delete(key);
  }
}
