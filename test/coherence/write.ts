/** Ways to make a change known to the caches. */
export type WriteKind =
  'remove' | 'removeMany' | 'expire' | 'tag' | 'clear' | 'pattern' | 'set' | 'update';

/** What an instance is told to do after a change has been committed at the origin. */
export interface Write {
  readonly kind: WriteKind;
  /** The indexes of all keys that it covers. */
  readonly keys: readonly number[];
  /** The version to store: of `set` and `update`, which have one key. */
  readonly version?: number;
  /** Of `tag`. */
  readonly tag?: string;
  /** Of `clear` and `pattern`. */
  readonly namespace?: string;
  /** Of `pattern`. */
  readonly pattern?: string;
}
