import { types } from 'node:util';
import { JsonCodec } from '../codecs/json.codec.js';
import type { Codec } from '../contract/codec.js';

/**
 * JSON that brings data back as it was, and makes data of what is more: instances of classes lose their class here, as
 * they do in any Keyv that serializes, and functions are left out. What stands beside them or in them is as it was.
 */
export class LenientJsonCodec implements Codec {
  readonly #strict = new JsonCodec();
  readonly name = this.#strict.name;
  readonly id = this.#strict.id;

  encode(value: unknown): Uint8Array {
    try {
      return this.#strict.encode(value);
    } catch (error) {
      let data: unknown;
      try {
        data = toData(value);
      } catch {
        // It has no end, as a cycle, or what it says by `toJSON` fails.
        throw error;
      }
      return this.#strict.encode(data);
    }
  }

  decode(bytes: Uint8Array): unknown {
    return this.#strict.decode(bytes);
  }
}

/**
 * A copy without classes and functions, as JSON would write it, but for what the strict codec brings back itself.
 *
 * @param asked whether it is what a `toJSON` has answered, which is not asked again
 */
function toData(value: unknown, asked = false): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (types.isDate(value)) return new Date(value.getTime());
  if (types.isMap(value))
    return new Map(Array.from(value, ([k, item]) => [toItem(k), toItem(item)]));
  if (types.isSet(value)) return new Set(Array.from(value, toItem));
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (types.isUint8Array(value)) return Uint8Array.from(value);
  const toJson: unknown = asked ? undefined : Reflect.get(value, 'toJSON');
  if (typeof toJson === 'function') return toData(Reflect.apply(toJson, value, []), true);
  if (Array.isArray(value)) return Array.from(value, toItem);
  if (types.isBoxedPrimitive(value)) return value.valueOf();
  const kept = Object.entries(value).filter(([, item]) => !isNoData(item));
  return Object.fromEntries(kept.map(([key, item]) => [key, toData(item)]));
}

function toItem(item: unknown): unknown {
  return isNoData(item) ? null : toData(item);
}

function isNoData(item: unknown): boolean {
  return typeof item === 'function' || typeof item === 'symbol';
}
