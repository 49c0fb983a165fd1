import { TOKEN_LENGTH } from '../../contract/capabilities.js';

/*
 * How values are written in Redis. What was filled begins with the bytes C1 46 and the token. What was stored
 * without a token is written as it is; if it begins with C1 itself, C1 50 stands before it. So neither is ever
 * taken for the other, whatever its bytes.
 *
 * No UTF-8 text begins with C1, nor does MessagePack, nor an envelope of this library: foreign bytes are not
 * taken for ours.
 */
const MARK = 0xc1;
const FILLED = 0x46;
const PLAIN = 0x50;
const MARK_LENGTH = 2;
const HEADER = MARK_LENGTH + TOKEN_LENGTH;

/** @param token in printable ASCII */
export function packFilled(token: string, value: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(HEADER + value.length);
  stored[0] = MARK;
  stored[1] = FILLED;
  stored.write(token, MARK_LENGTH, 'latin1');
  stored.set(value, HEADER);
  return stored;
}

/** A copy, since it may be sent after its owner has gone on; a Buffer, since ioredis takes other arrays for text. */
export function packPlain(value: Uint8Array): Buffer {
  return value[0] === MARK ? Buffer.concat([Buffer.of(MARK, PLAIN), value]) : Buffer.from(value);
}

/** The value, whichever way it was stored. */
export function unpackValue(stored: Uint8Array): Uint8Array {
  if (stored[0] !== MARK) return stored;
  if (isFilled(stored)) return stored.subarray(HEADER);
  return stored[1] === PLAIN ? stored.subarray(MARK_LENGTH) : stored;
}

/** The token under which it was filled, or `undefined` when it was stored in another way. */
export function tokenOf(stored: Uint8Array): string | undefined {
  if (!isFilled(stored)) return undefined;
  return String.fromCharCode(...stored.subarray(MARK_LENGTH, HEADER));
}

function isFilled(stored: Uint8Array): boolean {
  return stored[0] === MARK && stored[1] === FILLED && stored.length >= HEADER;
}
