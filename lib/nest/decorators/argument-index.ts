import type { EntryPlace } from '../../contract/capabilities.js';

/** How many arguments are known at most; then it begins anew. */
export const MAX_INDEXED = 16_384;

/** Longer strings are not indexed, so that the index stays small: it keeps them. In UTF-16 units. */
export const MAX_INDEXED_TEXT = 256;

type Indexed = string | number;

/**
 * Where memory keeps the answers of calls with one argument, a string or a number: no key has to be made to find them.
 * It holds places, no values, so it cannot answer what memory would not. A `Map` tells `'1'` from `1`, as default keys
 * do, and finds `NaN`.
 */
export class ArgumentIndex {
  readonly #places = new Map<Indexed, EntryPlace>();

  get size(): number {
    return this.#places.size;
  }

  find(args: readonly unknown[]): EntryPlace | undefined {
    return isIndexed(args) ? this.#places.get(args[0]) : undefined;
  }

  add(args: readonly unknown[], place: EntryPlace): void {
    if (!isIndexed(args)) return;
    if (this.#places.size >= MAX_INDEXED) this.#places.clear();
    this.#places.set(args[0], place);
  }
}

/** Whether the arguments are of the kind that can be indexed. `-0` is not: a `Map` takes it for `0`. */
export function isIndexed(args: readonly unknown[]): args is readonly [Indexed] {
  if (args.length !== 1) return false;
  // Not taken out by a pattern: that would ask the list for an iterator at each call.
  const argument = args[0];
  return typeof argument === 'string'
    ? argument.length <= MAX_INDEXED_TEXT
    : typeof argument === 'number' && !Object.is(argument, -0);
}
