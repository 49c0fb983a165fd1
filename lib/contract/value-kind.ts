import { types } from 'node:util';

/*
 * The kinds of data that can be stored, copied and compared. An instance of a class is none of them, and
 * neither is an instance of a class that extends Array, Map or another of these: what the class adds would
 * be lost without a word.
 *
 * Objects of another realm are recognised, because test runners run code in one of its own: there, what
 * `fetch` answers has a prototype which is not the `Object.prototype` that the code sees.
 */

/** An object literal, or one without a prototype. */
export function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return !Array.isArray(value);
  return isPrototypeOf('Object', prototype) && !Array.isArray(value);
}

/** `Array.isArray`, but that it throws for a proxy that has been revoked. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export function isPlainArray(value: object): value is readonly unknown[] {
  return Array.isArray(value) && isDirectInstance(value, Array);
}

export function isPlainDate(value: object): value is Date {
  return types.isDate(value) && isDirectInstance(value, Date);
}

export function isPlainMap(value: object): value is ReadonlyMap<unknown, unknown> {
  return types.isMap(value) && isDirectInstance(value, Map);
}

export function isPlainSet(value: object): value is ReadonlySet<unknown> {
  return types.isSet(value) && isDirectInstance(value, Set);
}

export function isPlainBuffer(value: object): value is Buffer {
  return types.isUint8Array(value) && Object.getPrototypeOf(value) === Buffer.prototype;
}

/** A Uint8Array that is not a Buffer. */
export function isPlainBytes(value: object): value is Uint8Array {
  return types.isUint8Array(value) && isDirectInstance(value, Uint8Array);
}

/** Whether an object has enumerable properties under symbols, which no stored form of it can keep. */
export function hasSymbolKeys(value: object): boolean {
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) return true;
  }
  return false;
}

/** Whether an array has an item at each index, and no properties beside them. */
export function isDense(items: readonly unknown[]): boolean {
  const keys = Object.keys(items);
  // Indices come first, so the last key is the last index unless there are other properties.
  return (
    keys.length === items.length && (keys.length === 0 || keys.at(-1) === String(keys.length - 1))
  );
}

/** Whether a Date, Map or Set has properties beyond its contents. */
export function hasProperties(value: object): boolean {
  return Object.keys(value).length > 0 || hasSymbolKeys(value);
}

/** What a value is an instance of, for a message. */
export function describeInstance(value: object): string {
  const name = classNameOf(value);
  return name === undefined ? 'an instance of a class without a name' : `an instance of ${name}`;
}

/** The name of an object's class, if it has one that can be written in a program. */
export function classNameOf(value: object): string | undefined {
  const constructor = ownConstructor(Object.getPrototypeOf(value));
  return constructor === undefined ? undefined : nameOfClass(constructor);
}

/** The name of a class, as above. A class may have a static member of that name, which can be anything. */
export function nameOfClass(constructor: object): string | undefined {
  try {
    const name: unknown = Reflect.get(constructor, 'name');
    return typeof name === 'string' && isIdentifier(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The prototypes of an object from its own upwards, without the last, which all objects share. */
export function classChain(value: object): object[] {
  const chain: object[] = [];
  let prototype: unknown = Object.getPrototypeOf(value);
  while (typeof prototype === 'object' && prototype !== null) {
    const next: unknown = Object.getPrototypeOf(prototype);
    if (next !== null) chain.push(prototype);
    prototype = next;
  }
  return chain;
}

/** Whether a prototype belongs to a class of the language itself. */
export function isBuiltIn(prototype: object): boolean {
  const constructor = ownConstructor(prototype);
  return constructor !== undefined && isNative(constructor);
}

/** Whether `text` can stand in a program as a name, and so needs no quotes. */
export function isIdentifier(text: string): boolean {
  return text.length <= 100 && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text);
}

interface AnyClass {
  (): unknown;
  readonly name: string;
  readonly prototype: unknown;
}

function isDirectInstance(value: object, builtIn: Pick<AnyClass, 'name' | 'prototype'>): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === builtIn.prototype || isPrototypeOf(builtIn.name, prototype);
}

/** Whether `prototype` is that of the built-in class of this name, in whichever realm it was made. */
function isPrototypeOf(name: string, prototype: unknown): boolean {
  const constructor = ownConstructor(prototype);
  return (
    constructor !== undefined &&
    constructor.name === name &&
    constructor.prototype === prototype &&
    isNative(constructor)
  );
}

/** No function that is written in JavaScript, such as a class of the name of a built-in one, ends like this. */
function isNative(constructor: AnyClass): boolean {
  return Function.prototype.toString.call(constructor).endsWith('{ [native code] }');
}

function ownConstructor(prototype: unknown): AnyClass | undefined {
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return isFunction(constructor) ? constructor : undefined;
}

function isFunction(value: unknown): value is AnyClass {
  return typeof value === 'function';
}
