import { SerializationError } from './errors.js';
import { quote } from './quote.js';
import { MAX_DEPTH, propertyLabel, Refusal } from './refusal.js';
import {
  describeInstance,
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
} from './value-kind.js';

/** What is asked of a value beyond what all stores ask of it. */
export interface DataRules {
  /** What to do about an instance of a class, for the message. */
  readonly advice: string;
  /** Whether a string needs no tag; none does when this is absent. */
  keepsText?(text: string): boolean;
  /** Whether a property of this name needs no tag; none does when this is absent. */
  keepsKey?(key: string): boolean;
}

/**
 * Walks a value once. Refuses it unless it is data that can come back from a store as it was, and tells
 * whether it is plain: JSON's kinds of data alone, all of which `rules` keeps, so that nothing in it has to
 * be tagged.
 *
 * @throws SerializationError with the path of the part that cannot be stored
 */
export function assertSerializable(value: unknown, rules: DataRules): boolean {
  try {
    return isPlain(value, rules, 0);
  } catch (error) {
    const refusal = Refusal.from(error);
    throw new SerializationError(refusal.explain('$'), refusal.details);
  }
}

function isPlain(value: unknown, rules: DataRules, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return rules.keepsText === undefined || rules.keepsText(value);
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'boolean':
      return true;
    case 'undefined':
    case 'bigint':
      return false;
    case 'object':
      return value === null || isPlainContainer(value, rules, depth);
    default:
      throw new Refusal(`is a ${typeof value}: only data can be stored`);
  }
}

function isPlainContainer(value: object, rules: DataRules, depth: number): boolean {
  if (depth >= MAX_DEPTH) throw Refusal.tooDeep();
  if (isPlainArray(value)) return hasPlainItems(value, rules, depth);
  if (isPlainObject(value)) return hasPlainProperties(value, rules, depth);
  if (isPlainMap(value)) {
    checkEntries(value, rules, depth);
  } else if (isPlainSet(value)) {
    checkMembers(value, rules, depth);
  } else if (isPlainDate(value)) {
    refuseProperties(value);
  } else if (!isPlainBuffer(value) && !isPlainBytes(value)) {
    throw new Refusal(`is ${describeInstance(value)}: ${rules.advice}`);
  }
  return false;
}

function hasPlainProperties(
  value: Readonly<Record<string, unknown>>,
  rules: DataRules,
  depth: number,
): boolean {
  if (hasSymbolKeys(value)) throw new Refusal('has a property under a symbol, which would be lost');
  const keys = Object.keys(value);
  let plain = true;
  let at = '';
  try {
    for (const key of keys) {
      at = key;
      if (!isPlain(value[key], rules, depth + 1)) plain = false;
      if (rules.keepsKey !== undefined && !rules.keepsKey(key)) plain = false;
    }
  } catch (error) {
    throw Refusal.at(error, value, propertyLabel(at));
  }
  refuseToJson(value);
  return plain;
}

function hasPlainItems(items: readonly unknown[], rules: DataRules, depth: number): boolean {
  if (!isDense(items)) {
    throw new Refusal('is an array with holes or with properties beside its items');
  }
  refuseToJson(items);
  let plain = true;
  let at = 0;
  try {
    for (; at < items.length; at++) {
      if (!isPlain(items[at], rules, depth + 1)) plain = false;
    }
  } catch (error) {
    throw Refusal.at(error, items, propertyLabel(at));
  }
  return plain;
}

function checkEntries(map: ReadonlyMap<unknown, unknown>, rules: DataRules, depth: number): void {
  refuseProperties(map);
  let label = '';
  let index = 0;
  try {
    for (const [key, item] of map) {
      label = `.keys()[${index++}]`;
      isPlain(key, rules, depth + 1);
      label = `.get(${quote(key)})`;
      isPlain(item, rules, depth + 1);
    }
  } catch (error) {
    throw Refusal.at(error, map, label);
  }
}

function checkMembers(set: ReadonlySet<unknown>, rules: DataRules, depth: number): void {
  refuseProperties(set);
  let at = 0;
  try {
    for (const member of set) {
      isPlain(member, rules, depth + 1);
      at++;
    }
  } catch (error) {
    throw Refusal.at(error, set, `.values()[${at}]`);
  }
}

/** Bytes are spared: every index counts as a property, so it would cost more than all the rest. */
function refuseProperties(value: object): void {
  if (hasProperties(value)) {
    throw new Refusal('has properties of its own, which would be lost');
  }
}

/** `JSON.stringify` would store what the method returns; no other codec would. */
function refuseToJson(value: object): void {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    throw new Refusal('has a method toJSON: give what it returns');
  }
}
