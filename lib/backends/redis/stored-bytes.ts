import { TOKEN_LENGTH } from '../../contract/capabilities.js';

/*
 * How values are written in Redis. What was filled begins with the bytes C1 46, the token, and in six bytes, the highest
 * first, when it ends by the server's clock, in milliseconds since 1970; 0 where whoever filled did not know that
 * clock. What was stored without a token is written as it is; if it begins with C1 itself, C1 50 stands before it. So
 * neither is ever taken for the other, whatever its bytes.
 *
 * No UTF-8 text begins with C1, nor does MessagePack, nor an envelope of this library: foreign bytes are not
 * taken for ours.
 */
const MARK = 0xc1;
const FILLED = 0x46;
const PLAIN = 0x50;
const MARK_LENGTH = 2;
const TOKEN_END = MARK_LENGTH + TOKEN_LENGTH;
const END_LENGTH = 6;
const HEADER = TOKEN_END + END_LENGTH;

/** What was filled, taken apart. */
export interface Filled {
  readonly token: string;
  readonly value: Uint8Array;
  /** When it ends by the server's clock, in milliseconds since 1970; 0 where that is not known. */
  readonly endsAt: number;
}

/**
 * A copy, whose end is not known yet.
 *
 * @param token in printable ASCII
 */
export function packFilled(token: string, value: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(HEADER + value.length);
  stored[0] = MARK;
  stored[1] = FILLED;
  stored.write(token, MARK_LENGTH, 'latin1');
  stored.fill(0, TOKEN_END, HEADER);
  stored.set(value, HEADER);
  return stored;
}

/** @param endsAt in milliseconds since 1970, by the server's clock */
export function writeEnd(filled: Buffer, endsAt: number): void {
  filled.writeUIntBE(endsAt, TOKEN_END, END_LENGTH);
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

/** What was filled; `undefined` when it was stored in another way. */
export function unpackFilled(stored: Uint8Array): Filled | undefined {
  if (!isFilled(stored)) return undefined;
  const bytes = Buffer.isBuffer(stored)
    ? stored
    : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  return {
    token: bytes.toString('latin1', MARK_LENGTH, TOKEN_END),
    value: bytes.subarray(HEADER),
    endsAt: bytes.readUIntBE(TOKEN_END, END_LENGTH),
  };
}

function isFilled(stored: Uint8Array): boolean {
  return stored[0] === MARK && stored[1] === FILLED && stored.length >= HEADER;
}
