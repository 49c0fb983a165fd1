import { SerializationError, UndecodableError } from '../contract/errors.js';
import { assertSerializable } from '../contract/assert-serializable.js';
import type { Notation } from './notation.js';
import { readTagged } from './read-tagged.js';
import { writeTagged } from './write-tagged.js';

/** The first byte of a payload: whether the data after it holds tags. */
const PLAIN = 0;
const TAGGED = 1;

/**
 * A value in a notation, after a byte that says whether it holds tags. Plain data is handed to the notation
 * as it is: most values cost one walk beside what the notation itself costs.
 *
 * @throws SerializationError with the path of the part that cannot be stored
 */
export function encodePayload(value: unknown, notation: Notation): Uint8Array {
  const plain = assertSerializable(value, notation);
  try {
    return plain
      ? notation.write(PLAIN, value)
      : notation.write(TAGGED, writeTagged(value, notation));
  } catch (cause) {
    throw new SerializationError(`The value cannot be written as ${notation.name}`, { cause });
  }
}

/** @throws UndecodableError when the bytes are not what `encodePayload` returns */
export function decodePayload(bytes: Uint8Array, notation: Notation): unknown {
  const payload = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const form = payload[0];
  if (form !== PLAIN && form !== TAGGED) {
    throw new UndecodableError(`The stored value does not begin as our ${notation.name} does`);
  }
  try {
    const data = notation.read(payload);
    return form === PLAIN ? data : readTagged(data, notation);
  } catch (error) {
    if (error instanceof UndecodableError) throw error;
    throw new UndecodableError(`The stored value is not ${notation.name}`, { cause: error });
  }
}
