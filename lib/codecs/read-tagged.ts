import { UndecodableError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import { Tag, tagIn, type Notation } from './notation.js';

const SPECIAL_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/**
 * The value that `writeTagged` was given. The tree is taken over: its arrays and objects are filled in
 * place, because the notation has just made them for this.
 *
 * @throws UndecodableError when a tag is unknown or holds what it cannot
 */
export function readTagged(node: unknown, notation: Notation): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return readItems(node, notation);
  const keys = Object.keys(node);
  const tag = tagIn(keys);
  if (tag !== undefined) return readTag(tag, Reflect.get(node, tag), notation);
  for (const key of keys) {
    const item: unknown = Reflect.get(node, key);
    if (typeof item === 'object' && item !== null) {
      Reflect.set(node, key, readTagged(item, notation));
    }
  }
  return node;
}

function readTag(tag: string, held: unknown, notation: Notation): unknown {
  switch (tag) {
    case Tag.undefined:
      return undefined;
    case Tag.number:
      return SPECIAL_NUMBERS.get(held) ?? fail(tag);
    case Tag.bigint:
      return typeof held === 'string' && /^-?\d+$/.test(held) ? BigInt(held) : fail(tag);
    case Tag.date:
      return readDate(held);
    case Tag.map:
      return new Map(readPairs(tag, held, notation));
    case Tag.set:
      return new Set(Array.isArray(held) ? readItems(held, notation) : fail(tag));
    case Tag.buffer:
      return readBytes(tag, held, notation);
    case Tag.bytes:
      return new Uint8Array(readBytes(tag, held, notation));
    case Tag.text:
      return readBytes(tag, held, notation).toString('utf16le');
    case Tag.object:
      return readObject(tag, held, notation);
    default:
      return fail(tag);
  }
}

function readItems(items: unknown[], notation: Notation): unknown[] {
  for (const [index, item] of items.entries()) {
    if (typeof item === 'object' && item !== null) items[index] = readTagged(item, notation);
  }
  return items;
}

function readDate(held: unknown): Date {
  if (held === null) return new Date(NaN);
  const date = new Date(typeof held === 'number' ? held : NaN);
  return Number.isNaN(date.getTime()) ? fail(Tag.date) : date;
}

function readPairs(tag: string, held: unknown, notation: Notation): [unknown, unknown][] {
  if (!Array.isArray(held)) return fail(tag);
  return held.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) return fail(tag);
    return [readTagged(pair[0], notation), readTagged(pair[1], notation)];
  });
}

function readObject(tag: string, held: unknown, notation: Notation): object {
  const pairs = readPairs(tag, held, notation).map(([key, item]): [string, unknown] =>
    typeof key === 'string' ? [key, item] : fail(tag),
  );
  // Defines the properties: assigning to `__proto__` would set the prototype.
  return Object.fromEntries(pairs);
}

function readBytes(tag: string, held: unknown, notation: Notation): Buffer {
  return notation.readBytes(held) ?? fail(tag);
}

function fail(tag: string): never {
  throw new UndecodableError(`The stored value holds ${quote(tag)} in a form that is not ours`);
}
