import { types } from 'node:util';
import type { Codec } from '../../contract/codec.js';
import type { Stamp, Validators } from '../../contract/entry.js';
import { SerializationError, UndecodableError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { assertTtl, MAX_TTL } from '../../contract/ttl.js';

/** What is stored of an entry. */
export interface Envelope {
  /** `undefined` for an entry that says that there is nothing; then nothing is asked of the codec. */
  readonly value: unknown;
  /** The value was made plain by the option `type`, and is to be read with it. */
  readonly typed: boolean;
  /** The ttl given when it was stored, in milliseconds, before any tier's scale. */
  readonly ttl: number;
  /** How long it is kept beyond its ttl, in milliseconds, before any tier's scale. */
  readonly staleFor: number;
  /** By how much it is loaded anew before its ttl ends, in milliseconds. */
  readonly early: number;
  /** When it was stored, in milliseconds since 1970. */
  readonly storedAt: number;
  readonly stamp: Stamp | undefined;
  /** `undefined` where there are none. */
  readonly tags?: readonly string[] | undefined;
  readonly validators?: Validators | undefined;
}

/*
 * The layout of format 1; numbers are unsigned, the highest byte first. Golden payloads in the tests hold it
 * in place, and docs/values-and-codecs.md tells it to those who read it from elsewhere.
 *
 *    0  2  the magic 'CT'
 *    2  1  the version of the format
 *    3  1  flags
 *    4  1  the codec's id
 *    5  6  storedAt
 *   11  6  ttl
 *   17 16  with the flag STAMPED: epoch and position, each a float of 64 bits
 *          with the flag STALE: 6 staleFor, then 6 early
 *          with the flag TAGGED: 4 the length of the tags in bytes, then the tags in UTF-8, NUL between them
 *          with the flag VALIDATED: 4 the length in bytes of what follows: etag, NUL, lastModified, in UTF-8;
 *          what is missing is empty
 *          the codec's payload, unless the flag ABSENT is set
 */
const MAGIC = 0x4354;
const VERSION = 1;
const ABSENT = 1;
const STAMPED = 2;
const TYPED = 4;
const TAGGED = 8;
const STALE = 16;
const VALIDATED = 32;
const ALL_FLAGS = ABSENT | STAMPED | TYPED | TAGGED | STALE | VALIDATED;
const HEADER = 17;
const STAMP = 16;
const STALE_TIMES = 12;
const LENGTH = 4;
const NUL = '\0';
const MAX_TIME = 2 ** 48 - 1;

/**
 * An entry as bytes.
 *
 * @throws SerializationError when the codec cannot store the value
 * @throws InvalidTtlError
 */
export function encodeEnvelope(envelope: Envelope, codec: Codec): Uint8Array {
  const { value, stamp, ttl, tags, validators, staleFor, early } = envelope;
  assertTtl(ttl);
  const payload = value === undefined ? undefined : encodeValue(value, codec);
  const tagText = tags === undefined ? undefined : Buffer.from(tags.join(NUL));
  const validatorText = validators === undefined ? undefined : validatorsToText(validators);
  const isStale = staleFor > 0 || early > 0;
  const size =
    HEADER +
    (stamp === undefined ? 0 : STAMP) +
    (isStale ? STALE_TIMES : 0) +
    sizeOf(tagText) +
    sizeOf(validatorText);
  const bytes = Buffer.allocUnsafe(size + (payload?.length ?? 0));
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] =
    (payload === undefined ? ABSENT : 0) |
    (stamp === undefined ? 0 : STAMPED) |
    (envelope.typed ? TYPED : 0) |
    (tagText === undefined ? 0 : TAGGED) |
    (isStale ? STALE : 0) |
    (validatorText === undefined ? 0 : VALIDATED);
  bytes[4] = codec.id;
  // A clock that is set wrong by centuries is no reason to store nothing.
  bytes.writeUIntBE(Math.min(Math.max(Math.floor(envelope.storedAt), 0), MAX_TIME), 5, 6);
  bytes.writeUIntBE(ttl, 11, 6);
  let at = HEADER;
  if (stamp !== undefined) {
    at = bytes.writeDoubleBE(stamp.epoch, at);
    at = bytes.writeDoubleBE(stamp.position, at);
  }
  if (isStale) {
    at = bytes.writeUIntBE(staleFor, at, 6);
    at = bytes.writeUIntBE(Math.min(Math.round(early), MAX_TIME), at, 6);
  }
  for (const text of [tagText, validatorText]) {
    if (text === undefined) continue;
    at = bytes.writeUInt32BE(text.length, at);
    bytes.set(text, at);
    at += text.length;
  }
  if (payload !== undefined) bytes.set(payload, at);
  return bytes;
}

function sizeOf(text: Buffer | undefined): number {
  return text === undefined ? 0 : LENGTH + text.length;
}

function validatorsToText({ etag = '', lastModified = '' }: Validators): Buffer {
  return Buffer.from(`${etag}${NUL}${lastModified}`);
}

/**
 * The entry in `bytes`. The value may lie in them, where the codec's values do.
 *
 * @throws UndecodableError when they are not an envelope of this format with a value of this codec
 */
export function decodeEnvelope(bytes: Uint8Array, codec: Codec): Envelope {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = checkHeader(buffer, codec);
  const staleAt = (flags & STAMPED) === 0 ? HEADER : HEADER + STAMP;
  const isStale = (flags & STALE) !== 0;
  const tagsAt = isStale ? staleAt + STALE_TIMES : staleAt;
  const tags = (flags & TAGGED) === 0 ? undefined : readTexts(buffer, tagsAt);
  const validatorsAt = tags?.end ?? tagsAt;
  const validators = (flags & VALIDATED) === 0 ? undefined : readTexts(buffer, validatorsAt);
  const start = validators?.end ?? validatorsAt;
  if ((flags & ABSENT) !== 0 && buffer.length > start) {
    throw undecodable('it says that there is no value, and has one');
  }
  const ttl = buffer.readUIntBE(11, 6);
  if (ttl < 1 || ttl > MAX_TTL) throw undecodable(`its ttl is ${ttl} ms`);
  return {
    value: (flags & ABSENT) === 0 ? decodeValue(buffer.subarray(start), codec) : undefined,
    typed: (flags & TYPED) !== 0,
    ttl,
    staleFor: isStale ? buffer.readUIntBE(staleAt, 6) : 0,
    early: isStale ? buffer.readUIntBE(staleAt + 6, 6) : 0,
    storedAt: buffer.readUIntBE(5, 6),
    stamp: (flags & STAMPED) === 0 ? undefined : readStamp(buffer),
    tags: tags?.parts,
    validators: validators && validatorsOf(validators.parts),
  };
}

/** Checks what every envelope has, and returns its flags. */
function checkHeader(buffer: Buffer, codec: Codec): number {
  if (buffer.length < HEADER) throw undecodable(`${buffer.length} bytes are too few`);
  if (buffer.readUInt16BE(0) !== MAGIC) throw undecodable('it begins with other bytes');
  const version = buffer.readUInt8(2);
  if (version !== VERSION) throw undecodable(`its format is ${version}, not ${VERSION}`);
  const flags = buffer.readUInt8(3);
  if (flags > ALL_FLAGS) throw undecodable(`its flags are ${flags}`);
  const codecId = buffer.readUInt8(4);
  if (codecId !== codec.id) {
    throw undecodable(`it is of codec ${codecId}, not ${codec.id} (${quote(codec.name)})`);
  }
  const least =
    HEADER + ((flags & STAMPED) === 0 ? 0 : STAMP) + ((flags & STALE) === 0 ? 0 : STALE_TIMES);
  if (buffer.length < least) {
    throw undecodable(`${buffer.length} bytes are too few for its stamp and its times`);
  }
  return flags;
}

function readStamp(buffer: Buffer): Stamp {
  const stamp = { epoch: buffer.readDoubleBE(HEADER), position: buffer.readDoubleBE(HEADER + 8) };
  if (!Number.isFinite(stamp.epoch) || !Number.isFinite(stamp.position)) {
    throw undecodable('its stamp is not made of numbers');
  }
  return stamp;
}

function readTexts(buffer: Buffer, at: number): { parts: readonly string[]; end: number } {
  const from = at + LENGTH;
  const end = buffer.length < from ? Infinity : from + buffer.readUInt32BE(at);
  if (end > buffer.length) throw undecodable(`${buffer.length} bytes are too few for its texts`);
  return { parts: buffer.toString('utf8', from, end).split(NUL), end };
}

function validatorsOf([etag = '', lastModified = '']: readonly string[]): Validators {
  return { etag: etag || undefined, lastModified: lastModified || undefined };
}

function encodeValue(value: unknown, codec: Codec): Uint8Array {
  let payload: unknown;
  try {
    payload = codec.encode(value);
  } catch (error) {
    if (error instanceof SerializationError) throw error;
    throw new SerializationError(`Codec ${quote(codec.name)} failed to encode`, { cause: error });
  }
  if (!types.isUint8Array(payload)) {
    throw new SerializationError(
      `Codec ${quote(codec.name)} has to return a Uint8Array from encode; got ${quote(payload)}`,
    );
  }
  return payload;
}

function decodeValue(payload: Uint8Array, codec: Codec): unknown {
  try {
    return codec.decode(payload);
  } catch (error) {
    if (error instanceof UndecodableError) throw error;
    throw new UndecodableError(`Codec ${quote(codec.name)} failed to decode`, { cause: error });
  }
}

function undecodable(problem: string): UndecodableError {
  return new UndecodableError(`What is stored is not an envelope that can be read: ${problem}`);
}
