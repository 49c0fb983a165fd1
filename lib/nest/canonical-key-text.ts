import { MAX_DEPTH, propertyLabel, Refusal } from '../contract/refusal.js';
import {
  hasProperties,
  hasSymbolKeys,
  isDense,
  isPlainArray,
  isPlainBuffer,
  isPlainBytes,
  isPlainDate,
  isPlainMap,
  isPlainObject,
  isPlainSet,
} from '../contract/value-kind.js';
import { fieldsOf } from './canonical-key-fields.js';
import { propertyOrder, quoted } from './canonical-key-order.js';

/**
 * A value as text that no other value has. A string is in quotes, so that nothing in it can be taken for what
 * is around it, and each kind of object begins with a word or a bracket of its own.
 *
 * @throws Refusal when the value cannot be told from others by what it holds
 */
export function canonicalText(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : objectText(value, depth);
    default:
      throw new Refusal(`is a ${typeof value}`);
  }
}

function objectText(value: object, depth: number): string {
  if (depth >= MAX_DEPTH) throw Refusal.tooDeep();
  if (isPlainObject(value)) {
    if (hasSymbolKeys(value)) throw new Refusal('has a property under a symbol');
    return propertiesText(value, Object.keys(value), depth);
  }
  if (isPlainArray(value)) {
    if (!isDense(value)) throw new Refusal('is an array with holes or properties of its own');
    return itemsText(value, value, depth);
  }
  if (isPlainBuffer(value)) return `Buffer(${base64(value)})`;
  if (isPlainBytes(value)) return `Uint8Array(${base64(value)})`;
  if (isPlainDate(value) || isPlainMap(value) || isPlainSet(value))
    return builtInText(value, depth);
  const { className, names } = fieldsOf(value);
  return className + propertiesText(value, names, depth);
}

function builtInText(
  value: Date | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>,
  depth: number,
): string {
  if (hasProperties(value)) throw new Refusal('has properties of its own');
  if (isPlainMap(value)) return `Map${itemsText(value, [...value], depth)}`;
  if (isPlainSet(value)) return `Set${itemsText(value, [...value], depth)}`;
  return `Date(${Number.isNaN(value.getTime()) ? 'NaN' : value.toISOString()})`;
}

/** The named properties of an object, in the order of their names. */
function propertiesText(value: object, names: readonly string[], depth: number): string {
  const { sorted, labels } = propertyOrder(names);
  const properties = value as Readonly<Record<string, unknown>>;
  let text = '{';
  let at = '';
  try {
    for (let index = 0; index < sorted.length; index++) {
      at = sorted[index] ?? '';
      text += (labels[index] ?? '') + canonicalText(properties[at], depth + 1);
    }
  } catch (error) {
    throw Refusal.at(error, value, propertyLabel(at));
  }
  return `${text}}`;
}

function itemsText(holder: object, items: readonly unknown[], depth: number): string {
  let text = '';
  let at = 0;
  try {
    for (; at < items.length; at++) {
      text += `${at === 0 ? '' : ','}${canonicalText(items[at], depth + 1)}`;
    }
  } catch (error) {
    throw Refusal.at(error, holder, propertyLabel(at));
  }
  return `[${text}]`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
