import type { DataRules } from '../contract/assert-serializable.js';

/**
 * How one codec writes data: what of it the bare notation brings back as it was, and how it holds bytes.
 * What the notation has no form for is tagged (`Tag`), by rules that all codecs share.
 */
export interface Notation extends DataRules {
  /** For messages, such as `JSON`. */
  readonly name: string;
  /** Bytes as the notation holds them. */
  writeBytes(bytes: Uint8Array): unknown;
  /** Those bytes again, in memory of their own; `undefined` when `held` is nothing that `writeBytes` returns. */
  readBytes(held: unknown): Buffer | undefined;
  /** `data` in the notation, after one byte that says which `form` of the notation it is. */
  write(form: number, data: unknown): Buffer;
  /** The data that `payload` holds after its first byte. */
  read(payload: Buffer): unknown;
}

/**
 * The tags. A value for which the notation has no form is written as an object with a single property, named
 * by its tag. An object of the user's that could be taken for one of these is written as `$object`.
 *
 * They are stored in caches that outlive a process: a tag may be added, none may change its meaning.
 */
export const Tag = {
  undefined: '$undefined',
  /** NaN, Infinity, -Infinity or -0, by name. */
  number: '$number',
  /** In decimal digits. */
  bigint: '$bigint',
  /** Milliseconds since 1970; `null` for an invalid date. */
  date: '$date',
  /** A list of pairs. */
  map: '$map',
  set: '$set',
  buffer: '$buffer',
  /** A Uint8Array that is not a Buffer. */
  bytes: '$bytes',
  /** A string that the notation does not keep, as bytes of UTF-16, the lower byte first. */
  text: '$text',
  /** A list of pairs of name and value. */
  object: '$object',
} as const;

/** The one property of a tagged value, or of what could be taken for one; `undefined` for all else. */
export function tagIn(keys: readonly string[]): string | undefined {
  const [key] = keys;
  return keys.length === 1 && key?.startsWith('$') === true ? key : undefined;
}

/** What to do about an instance of a class. */
export const TYPE_ADVICE = 'give the `type` option or a codec';
