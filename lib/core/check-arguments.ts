import { types } from 'node:util';
import type { CacheBackend } from '../contract/cache-backend.js';
import { checkText, readOption } from '../contract/check-options.js';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import { isList } from '../contract/value-kind.js';

/** @throws InvalidOptionError */
export function assertFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') {
    throw new InvalidOptionError(name, `is a function; got ${quote(value)}`);
  }
}

/**
 * Refuses what lacks a method that it is to have: the mistake would come up late, or never where a failure
 * counts as a miss.
 *
 * @throws InvalidOptionError
 */
export function assertMethods(
  value: unknown,
  methods: readonly string[],
  name: string,
): asserts value is object {
  const isObject = typeof value === 'object' && value !== null;
  const lacking = readOption(name, () =>
    methods.find((method) => !isObject || typeof Reflect.get(value, method) !== 'function'),
  );
  if (lacking !== undefined) {
    const problem = isObject ? `it has no ${lacking}` : `got ${quote(value)}`;
    throw new InvalidOptionError(
      name,
      `is an object with the methods ${methods.join(', ')}; ${problem}`,
    );
  }
}

/** @throws InvalidOptionError */
export function assertBackend(backend: unknown, name: string): asserts backend is CacheBackend {
  assertMethods(backend, ['get', 'setWithTtl', 'remove', 'healthCheck'], name);
  const backendName = readOption(`${name}.name`, () => Reflect.get(backend, 'name') as unknown);
  checkText(backendName ?? '', `${name}.name`);
}

/** @throws InvalidOptionError */
export function assertCodec(codec: unknown, name: string): void {
  assertMethods(codec, ['encode', 'decode'], name);
  const id: unknown = readOption(`${name}.id`, () => Reflect.get(codec, 'id') as unknown);
  if (!Number.isInteger(id) || Number(id) < 0 || Number(id) > 255) {
    throw new InvalidOptionError(`${name}.id`, `is a whole number from 0 to 255; got ${quote(id)}`);
  }
}

/** The items of a list, one by one: who takes them may refuse one before the next is read. @throws InvalidOptionError */
export function* itemsOf(list: unknown, name: string): Generator {
  assertIterable(list, name);
  try {
    yield* list;
  } catch (error) {
    throw new InvalidOptionError(name, 'cannot be read to its end', { cause: error });
  }
}

/** The pairs of a list, one by one. @throws InvalidOptionError */
export function* pairsOf(list: unknown, name: string): Generator<readonly [unknown, unknown]> {
  for (const item of itemsOf(list, name)) {
    if (!isList(item)) {
      throw new InvalidOptionError(name, `its items are pairs [key, value]; got ${quote(item)}`);
    }
    yield readOption(name, () => [item[0], item[1]] as const);
  }
}

/** A string is iterable too, and would be taken for as many keys as it has characters. */
function assertIterable(list: unknown, name: string): asserts list is Iterable<unknown> {
  const isIterable =
    typeof list === 'object' &&
    list !== null &&
    readOption(name, () => typeof Reflect.get(list, Symbol.iterator) === 'function');
  if (!isIterable) {
    throw new InvalidOptionError(name, `is an array, or another iterable; got ${quote(list)}`);
  }
}

/** Refuses what cannot be stored by hand, in whichever tiers. @throws InvalidOptionError */
export function assertValue(value: unknown): void {
  if (value === undefined) {
    throw new InvalidOptionError(
      'value',
      'undefined means absent and is not stored: remove the key, or store null',
    );
  }
  assertSettled(value, 'value');
}

/** Refuses a value that is still to come, or would pass for one when it is awaited. @throws InvalidOptionError */
export function assertSettled(value: unknown, name: string): void {
  if (types.isPromise(value)) {
    throw new InvalidOptionError(name, 'is a promise: await it, and store what it comes to');
  }
  if (Object(value) !== value) return;
  // Whoever awaits the answer would be given what the method gives, if it ever does.
  if (
    typeof readOption(name, () => Reflect.get(value as object, 'then') as unknown) === 'function'
  ) {
    throw new InvalidOptionError(name, 'has a method "then", by which it passes for a promise');
  }
}
