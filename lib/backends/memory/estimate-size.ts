import { types } from 'node:util';

/** The size of a pointer, a small number, or a field of an object. */
const SLOT = 8;
/** The head of an object, an array or a string: its class, and where its contents are. */
const HEAD = 24;
/** A buffer, a date, a function: what stands in the heap beside its contents. */
const BOX = 96;
/** An entry of a Map or Set, beside the slots of its key and value: the chain, and the room it grows into. */
const HASH_ENTRY = 24;
/** Objects with more fields than this are hash tables. */
const MOST_FIELDS = 128;

/** How many members of a collection are looked at; the others are taken to be like them. */
const SAMPLE = 16;
/** How many objects are looked into in all; those not reached are taken to be like the others. */
const MOST_OBJECTS = 2_048;

/** A value to look at, and how many values like it it stands for. */
interface Sampled {
  readonly value: unknown;
  readonly weight: number;
}

/**
 * Roughly the bytes that `value` and all that hangs from it take in memory, at least 1. The time is bounded
 * whatever the value: of a large collection only some members are looked at, and of a long chain only the
 * beginning. What is reached twice counts once, getters are not called, and what functions and private fields
 * hold is not seen.
 */
export function estimateSize(value: unknown): number {
  const seen = new Set<unknown>();
  // Level by level, so that what is left is mostly like what was looked into last.
  const objects: Sampled[] = [{ value, weight: 1 }];
  let bytes = SLOT;
  let reached = 0;
  let next = 0;
  for (; next < Math.min(objects.length, MOST_OBJECTS); next++) {
    const object = objects[next];
    if (object === undefined || seen.has(object.value)) continue;
    seen.add(object.value);
    reached += object.weight;
    const { size, members } = look(object.value);
    bytes += size * object.weight;
    for (const member of members) {
      const weight = member.weight * object.weight;
      if (typeof member.value === 'object') objects.push({ value: member.value, weight });
      else bytes += ownSize(member.value) * weight;
    }
  }
  const left = objects.slice(next).reduce((sum, { weight }) => sum + weight, 0);
  return Math.ceil(bytes + left * (bytes / reached));
}

function look(value: unknown): { readonly size: number; readonly members: readonly Sampled[] } {
  try {
    return { size: ownSize(value), members: sampleMembers(value) };
  } catch {
    // A proxy may let nobody look into it.
    return { size: BOX, members: [] };
  }
}

/** The bytes of the value itself, with the slots for its members but without the members. */
function ownSize(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return HEAD + value.length * bytesPerCharacter(value);
    case 'number':
      return Number.isInteger(value) ? 0 : 2 * SLOT;
    case 'bigint':
      return HEAD + value.toString(16).length / 2;
    case 'object':
      return value === null ? 0 : objectSize(value);
    case 'function':
    case 'symbol':
      return BOX;
    default:
      return 0;
  }
}

function objectSize(value: object): number {
  if (Array.isArray(value)) return HEAD + SLOT + value.length * SLOT;
  if (ArrayBuffer.isView(value)) return BOX + value.byteLength;
  if (types.isAnyArrayBuffer(value)) return BOX + value.byteLength;
  if (types.isMap(value)) return BOX + value.size * (HASH_ENTRY + 2 * SLOT);
  if (types.isSet(value)) return BOX + value.size * (HASH_ENTRY + SLOT);
  if (types.isDate(value)) return BOX;
  const fields = Object.keys(value);
  if (fields.length <= MOST_FIELDS) return HEAD + fields.length * SLOT;
  const names = fields.slice(0, SAMPLE).reduce((sum, name) => sum + ownSize(name), 0) / SAMPLE;
  return BOX + fields.length * (HASH_ENTRY + 2 * SLOT + names);
}

function sampleMembers(value: unknown): readonly Sampled[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  if (Array.isArray(value)) return sampleArray(value);
  if (types.isMap(value)) {
    return [...sampleFirst(value.keys(), value.size), ...sampleFirst(value.values(), value.size)];
  }
  if (types.isSet(value)) return sampleFirst(value.values(), value.size);
  return sampleFields(value);
}

function sampleArray(array: readonly unknown[]): Sampled[] {
  const count = Math.min(array.length, SAMPLE);
  const weight = array.length / count;
  // Evenly spread: the ends of a sorted list are rarely like the middle.
  const sample = Array.from({ length: count }, (_, at) => array[Math.floor(at * weight)]);
  // An array of numbers alone holds them in its slots.
  if (sample.every((value) => typeof value === 'number')) return [];
  return sample.map((value) => ({ value, weight }));
}

function sampleFields(value: object): Sampled[] {
  const fields = Object.keys(value);
  const sample = fields.slice(0, SAMPLE);
  const weight = fields.length / sample.length;
  return sample.map((name) => ({
    value: Object.getOwnPropertyDescriptor(value, name)?.value as unknown,
    weight,
  }));
}

function sampleFirst(values: Iterable<unknown>, size: number): Sampled[] {
  const count = Math.min(size, SAMPLE);
  const sample: Sampled[] = [];
  for (const value of values) {
    if (sample.length === count) break;
    sample.push({ value, weight: size / count });
  }
  return sample;
}

/** One, unless a character at the beginning needs two; then all of them take two. */
function bytesPerCharacter(text: string): number {
  return /[\u0100-\uffff]/.test(text.slice(0, 256)) ? 2 : 1;
}
