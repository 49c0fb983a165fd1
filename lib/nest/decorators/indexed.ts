/** Longer strings are not indexed, so that an index stays small: it keeps them. In UTF-16 units. */
export const MAX_INDEXED_TEXT = 256;

/** What a `Map` tells apart as default keys do: `'1'` from `1`, and `NaN` from nothing. `-0` is not: it takes it for `0`. */
export function isIndexed(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.length <= MAX_INDEXED_TEXT;
    case 'number':
      return !Object.is(value, -0);
    case 'boolean':
    case 'undefined':
      return true;
    default:
      return value === null;
  }
}
