import { Packr } from 'msgpackr';
import type { Codec } from '../contract/codec.js';
import { UndecodableError } from '../contract/errors.js';
import { TYPE_ADVICE, type Notation } from './notation.js';
import { decodePayload, encodePayload } from './tagged-payload.js';

/**
 * Standard MessagePack, and none of the library's extensions to it: each payload has to be readable by
 * itself, by another process and by another language. `variableMapSize` allows more than 65,535 properties.
 */
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  // What it returns otherwise lies in the bytes that it read, which are the backend's.
  copyBuffers: true,
});

const msgpack: Notation = {
  name: 'MessagePack',
  advice: TYPE_ADVICE,
  // UTF-8 has no form for half a surrogate pair.
  keepsText: (text) => text.isWellFormed(),
  // The library renames the first when it reads, and calls the second when it writes.
  keepsKey: (key) => key !== '__proto__' && key !== 'toJSON' && key.isWellFormed(),
  // The library knows bytes by their class, which those of another realm do not have.
  writeBytes: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  readBytes: (held) => (Buffer.isBuffer(held) ? held : undefined),
  write(form, data) {
    const packed = packr.pack(data);
    const payload = Buffer.allocUnsafe(1 + packed.length);
    payload[0] = form;
    payload.set(packed, 1);
    return payload;
  },
  read(payload) {
    const data: unknown = packr.unpack(payload.subarray(1));
    if (isWritten(data)) return data;
    throw new UndecodableError('The stored value holds what is not of standard MessagePack');
  },
};

/** Whether `write` could have been given this: the library reads errors, dates and expressions too, of its extensions. */
function isWritten(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return true;
  if (Array.isArray(data)) return data.every(isWritten);
  if (Object.getPrototypeOf(data) !== Object.prototype) return Buffer.isBuffer(data);
  for (const name in data) if (!isWritten(Reflect.get(data, name))) return false;
  return true;
}

/**
 * MessagePack, by the package `msgpackr`: smaller than JSON, and much smaller for binary data. It brings back
 * and refuses exactly what `JsonCodec` does.
 *
 * @publicApi
 */
export class MsgpackCodec implements Codec {
  readonly name = 'msgpack';
  readonly id = 2;

  /** @throws SerializationError with the path of the part that cannot be stored */
  encode(value: unknown): Uint8Array {
    return encodePayload(value, msgpack);
  }

  /** @throws UndecodableError when the bytes are not what `encode` returns */
  decode(bytes: Uint8Array): unknown {
    return decodePayload(bytes, msgpack);
  }
}
