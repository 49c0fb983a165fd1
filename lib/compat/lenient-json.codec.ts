import { JsonCodec } from '../codecs/json.codec.js';
import type { Codec } from '../contract/codec.js';
import { SerializationError } from '../contract/errors.js';

/**
 * JSON that brings data back as it was, and makes data of what is more: instances of classes lose their class here, as
 * they do in any Keyv that serializes.
 */
export class LenientJsonCodec implements Codec {
  readonly #strict = new JsonCodec();
  readonly name = this.#strict.name;
  readonly id = this.#strict.id;

  encode(value: unknown): Uint8Array {
    try {
      return this.#strict.encode(value);
    } catch (error) {
      const text = error instanceof SerializationError ? asJson(value) : undefined;
      if (text === undefined) throw error;
      return this.#strict.encode(JSON.parse(text));
    }
  }

  decode(bytes: Uint8Array): unknown {
    return this.#strict.decode(bytes);
  }
}

/** `undefined` where it has none, as a function or a cycle. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
