import {
  isPlainArray,
  isPlainBuffer,
  isPlainBytes,
  isPlainDate,
  isPlainMap,
  isPlainObject,
  isPlainSet,
} from '../contract/value-kind.js';

/**
 * A deep copy of data that `assertSerializable` has passed. It differs from `structuredClone`, which makes a
 * Uint8Array of a Buffer: what memory answers and what the codecs bring back are alike.
 */
export function cloneData<T>(value: T): T;
export function cloneData(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isPlainArray(value)) return value.map((item) => cloneData(item));
  if (isPlainObject(value)) return cloneProperties(value);
  if (isPlainDate(value)) return new Date(value.getTime());
  if (isPlainMap(value)) return new Map(cloneData([...value]));
  if (isPlainSet(value)) return new Set(cloneData([...value]));
  if (isPlainBuffer(value)) return Buffer.from(value);
  return isPlainBytes(value) ? new Uint8Array(value) : value;
}

function cloneProperties(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // Each property is there before it is assigned to, so that one named `__proto__` stays a property.
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) copy[key] = cloneData(copy[key]);
  return copy;
}
