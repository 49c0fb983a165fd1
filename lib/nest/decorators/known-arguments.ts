import type { StorePlace } from '../../contract/capabilities.js';
import { isIndexed } from './indexed.js';
import { KnownObjects } from './known-objects.js';

/** How many plain arguments are known at most; then it begins anew. */
export const MAX_INDEXED = 16_384;

/** How many nodes the tree of objects has at most; an object takes one per property, less what it shares with others. */
export const MAX_NODES = 65_536;

/** When there are more arguments than it may know, of how many calls one is made known: that costs more than a key. */
const ONE_OF = 16;

/**
 * Where memory keeps the answers of calls with one argument, a string, a number or a small plain object: no key has to
 * be made to find them. It holds places, no values, so it cannot answer what memory would not. Other calls it leaves
 * to their keys.
 */
export class KnownArguments {
  readonly #places = new Map<unknown, StorePlace>();
  readonly #objects = new KnownObjects();
  #wasFull = false;
  #calls = 0;

  /** How much it holds: plain arguments, and nodes of the tree of objects. */
  get size(): number {
    return this.#places.size + this.#objects.size;
  }

  find(args: readonly unknown[]): StorePlace | undefined {
    if (args.length !== 1) return undefined;
    // Not taken out by a pattern: that would ask the list for an iterator at each call.
    const argument = args[0];
    if (typeof argument !== 'object' || argument === null) {
      return isIndexed(argument) ? this.#places.get(argument) : undefined;
    }
    try {
      return this.#objects.find(argument);
    } catch {
      // It cannot be read, which is told when its key is made.
      return undefined;
    }
  }

  /** Makes arguments known that have just been found by their key. */
  add(args: readonly unknown[], findPlace: () => StorePlace | undefined): void {
    if (args.length !== 1) return;
    if (this.#wasFull && ++this.#calls % ONE_OF !== 0) return;
    const argument = args[0];
    const place = findPlace();
    if (place === undefined) return;
    if (typeof argument === 'object' && argument !== null) {
      this.#addObject(argument, place);
    } else if (isIndexed(argument)) {
      this.#places.set(argument, place);
    }
    this.#bound();
  }

  #addObject(argument: object, place: StorePlace): void {
    try {
      this.#objects.add(argument, place);
    } catch {
      // An accessor or a proxy that could be read a moment ago: its call has its answer already.
    }
  }

  #bound(): void {
    if (this.#places.size <= MAX_INDEXED && this.#objects.size <= MAX_NODES) return;
    this.#wasFull = true;
    this.#places.clear();
    this.#objects.clear();
  }
}
