import type { Codec } from '../contract/codec.js';
import { TYPE_ADVICE, type Notation } from './notation.js';
import { decodePayload, encodePayload } from './tagged-payload.js';

const json: Notation = {
  name: 'JSON',
  advice: TYPE_ADVICE,
  writeBytes(bytes) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  },
  readBytes(held) {
    if (typeof held !== 'string') return undefined;
    const bytes = Buffer.from(held, 'base64');
    // What is not base64 is skipped without a word, and then the length is another.
    return Math.ceil(bytes.length / 3) * 4 === held.length ? bytes : undefined;
  },
  write(form, data) {
    const text = JSON.stringify(data);
    const payload = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
    payload[0] = form;
    payload.write(text, 1);
    return payload;
  },
  read: (payload): unknown => JSON.parse(payload.toString('utf8', 1)),
};

/**
 * The codec that is used when none is given: JSON, with tags for what JSON has no form for. It brings back
 * JSON's own data, `undefined`, Date, Map, Set, BigInt, Buffer, Uint8Array, NaN, the infinities and -0, in one
 * another up to 1000 levels deep, and refuses everything else.
 *
 * @publicApi
 */
export class JsonCodec implements Codec {
  readonly name = 'json';
  readonly id = 1;

  /** @throws SerializationError with the path of the part that cannot be stored */
  encode(value: unknown): Uint8Array {
    return encodePayload(value, json);
  }

  /** @throws UndecodableError when the bytes are not what `encode` returns */
  decode(bytes: Uint8Array): unknown {
    return decodePayload(bytes, json);
  }
}
