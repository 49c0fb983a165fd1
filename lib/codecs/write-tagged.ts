import { Refusal } from '../contract/refusal.js';
import {
  isPlainArray,
  isPlainBuffer,
  isPlainBytes,
  isPlainDate,
  isPlainMap,
  isPlainObject,
  isPlainSet,
} from '../contract/value-kind.js';
import { Tag, tagIn, type Notation } from './notation.js';

/** A copy of a value that `assertSerializable` has passed, with all that is not plain under tags. */
export function writeTagged(value: unknown, notation: Notation): unknown {
  switch (typeof value) {
    case 'string':
      return writeText(value, notation);
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [Tag.number]: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { [Tag.undefined]: true };
    case 'bigint':
      return { [Tag.bigint]: String(value) };
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : writeContainer(value, notation);
    default:
      throw changed();
  }
}

function writeText(text: string, notation: Notation): unknown {
  if (notation.keepsText === undefined || notation.keepsText(text)) return text;
  return { [Tag.text]: notation.writeBytes(Buffer.from(text, 'utf16le')) };
}

function writeContainer(value: object, notation: Notation): unknown {
  if (isPlainArray(value)) return writeItems(value, notation);
  if (isPlainObject(value)) return writeObject(value, notation);
  if (isPlainDate(value)) {
    const time = value.getTime();
    return { [Tag.date]: Number.isNaN(time) ? null : time };
  }
  if (isPlainMap(value)) return { [Tag.map]: writePairs(value, notation) };
  if (isPlainSet(value)) return { [Tag.set]: writeItems([...value], notation) };
  if (isPlainBuffer(value)) return { [Tag.buffer]: notation.writeBytes(value) };
  if (isPlainBytes(value)) return { [Tag.bytes]: notation.writeBytes(value) };
  throw changed();
}

/** An accessor gave something else than it had given to `assertSerializable`. */
function changed(): Refusal {
  return new Refusal('changed while it was written');
}

function writeItems(items: readonly unknown[], notation: Notation): unknown[] {
  return items.map((item) => writeTagged(item, notation));
}

function writePairs(pairs: Iterable<readonly [unknown, unknown]>, notation: Notation): unknown[] {
  return Array.from(pairs, ([key, item]) => [
    writeTagged(key, notation),
    writeTagged(item, notation),
  ]);
}

function writeObject(
  value: Readonly<Record<string, unknown>>,
  notation: Notation,
): Record<string, unknown> {
  const keys = Object.keys(value);
  if (!keepsKeys(keys, notation)) {
    return { [Tag.object]: writePairs(Object.entries(value), notation) };
  }
  // Each property is there before it is assigned to, so that one named `__proto__` stays a property.
  const written: Record<string, unknown> = { ...value };
  for (const key of keys) written[key] = writeTagged(written[key], notation);
  return written;
}

/** Whether an object with these properties can be written as it is, and is not taken for a tagged value. */
function keepsKeys(keys: readonly string[], notation: Notation): boolean {
  return tagIn(keys) === undefined && keys.every((key) => notation.keepsKey?.(key) ?? true);
}
