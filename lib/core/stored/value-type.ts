import { readOption } from '../../contract/check-options.js';
import { InvalidOptionError, SerializationError, UndecodableError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { Constructor } from '../../contract/tier-definition.js';
import {
  classChain,
  describeInstance,
  isBuiltIn,
  isPlainArray,
  isPlainObject,
  nameOfClass,
} from '../../contract/value-kind.js';

/**
 * How the instances of a class become data and come back, for classes whose state is not in their fields
 * alone (private `#fields`, fields that hold other instances).
 *
 * @publicApi
 */
export interface ValueMapper<T> {
  /** The data of which `fromPlain` makes an equal value. Never called with `null` or `undefined`. */
  toPlain(value: T): unknown;
  fromPlain(plain: unknown): T;
}

/** The items of an array type; anything where the type is not known. */
type ItemOf<T> = T extends readonly (infer Item)[] ? Item : unknown extends T ? unknown : never;

/**
 * What a cached value is made of, so that it comes back as it was: its class, its class in brackets for an
 * array of instances, or a pair of functions.
 *
 * A class stands for its own fields: they are stored, and come back in an object of that class. The
 * constructor is not run, and private `#fields` are not there afterwards. `null` and `undefined` are stored
 * as they are.
 *
 * @publicApi
 */
export type ValueType<T = unknown> =
  Constructor<T> | readonly [Constructor<NoInfer<ItemOf<T>>>] | ValueMapper<NonNullable<T>>;

/** Throws `InvalidOptionError` unless `type` is one; `undefined` passes. */
export function assertValueType(type: unknown): asserts type is ValueType | undefined {
  if (type !== undefined) readOption('type', () => checkValueType(type));
}

function checkValueType(type: unknown): void {
  if (isMapper(type)) return;
  const constructor: unknown = Array.isArray(type) && type.length === 1 ? type[0] : type;
  if (!isClass(constructor)) {
    throw new InvalidOptionError(
      'type',
      `is a class, an array with one class, or { toPlain, fromPlain }; got ${quote(type)}`,
    );
  }
  if (keepsHiddenState(constructor)) {
    throw new InvalidOptionError(
      'type',
      `instances of ${nameOf(constructor)} keep more than fields. Give { toPlain, fromPlain }; ` +
        'or nothing for what the codecs keep by themselves, such as a Date or a Map',
    );
  }
}

/**
 * The data that stands for `value` in a store.
 *
 * @throws SerializationError when the value is not what `type` says
 */
export function toStored(value: unknown, type: ValueType): unknown {
  if (value === null || value === undefined) return value;
  if (isMapper(type)) return callToPlain(value, type);
  if (typeof type === 'function') return toFields(value, type, 'The value');
  if (typeof value !== 'object' || !isPlainArray(value)) {
    throw new SerializationError(mismatch('The value', value, `an array of ${nameOf(type[0])}`));
  }
  return Array.from(value, (item, index) => toFields(item, type[0], `Item ${index} of the value`));
}

/**
 * The value that `toStored` was given, or its equal.
 *
 * @throws UndecodableError when the data is not that of a value of `type`
 */
export function fromStored(plain: unknown, type: ValueType): unknown {
  if (plain === null || plain === undefined) return plain;
  if (isMapper(type)) return callFromPlain(plain, type);
  if (typeof type === 'function') return fromFields(plain, type);
  if (!Array.isArray(plain)) {
    throw new UndecodableError(mismatch('What is stored', plain, `an array of ${nameOf(type[0])}`));
  }
  return plain.map((item: unknown) => fromFields(item, type[0]));
}

function toFields(value: unknown, constructor: Constructor<unknown>, subject: string): unknown {
  if (value === null || value === undefined) return value;
  // An instance of a class that extends it would come back as one of the class itself.
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== constructor.prototype) {
    throw new SerializationError(mismatch(subject, value, `an instance of ${nameOf(constructor)}`));
  }
  const fields = { ...value };
  if (Object.keys(fields).length === 0 && hasMembers(value)) {
    throw new SerializationError(
      `${subject} is an instance of ${nameOf(constructor)} without fields that could be stored: ` +
        'give the option "type" as { toPlain, fromPlain }',
    );
  }
  return fields;
}

function fromFields(plain: unknown, constructor: Constructor<unknown>): unknown {
  if (plain === null || plain === undefined) return plain;
  if (typeof plain !== 'object' || !isPlainObject(plain)) {
    throw new UndecodableError(
      mismatch('What is stored', plain, `the fields of ${nameOf(constructor)}`),
    );
  }
  // Unlike assignment, this runs no setter of the class, and keeps a field named `__proto__` a field.
  return Object.setPrototypeOf({ ...plain }, constructor.prototype);
}

function callToPlain(value: unknown, mapper: ValueMapper<unknown>): unknown {
  let plain: unknown;
  try {
    plain = mapper.toPlain(value);
  } catch (error) {
    throw new SerializationError('toPlain of the option "type" failed', { cause: error });
  }
  if (plain === undefined) {
    throw new SerializationError(
      'toPlain of the option "type" returned undefined, which says that there is no value',
    );
  }
  return plain;
}

function callFromPlain(plain: unknown, mapper: ValueMapper<unknown>): unknown {
  try {
    return mapper.fromPlain(plain);
  } catch (error) {
    throw new UndecodableError('fromPlain of the option "type" failed', { cause: error });
  }
}

function isMapper(type: unknown): type is ValueMapper<unknown> {
  return (
    typeof type === 'object' &&
    type !== null &&
    'toPlain' in type &&
    typeof type.toPlain === 'function' &&
    'fromPlain' in type &&
    typeof type.fromPlain === 'function'
  );
}

function isClass(type: unknown): type is Constructor<object> {
  return (
    typeof type === 'function' && typeof type.prototype === 'object' && type.prototype !== null
  );
}

/** Whether the class is a built-in one or extends one: what their instances hold is not in fields. */
function keepsHiddenState({ prototype }: Constructor<object>): boolean {
  return [prototype, ...classChain(prototype)].some(isBuiltIn);
}

/** Whether the class of an object has methods or accessors, which have something to work on. */
function hasMembers(value: object): boolean {
  return classChain(value).some((prototype) => Reflect.ownKeys(prototype).length > 1);
}

function nameOf(constructor: Constructor<unknown>): string {
  return nameOfClass(constructor) ?? 'a class without a name';
}

function mismatch(subject: string, value: unknown, expected: string): string {
  return `${subject} is ${describe(value)}, not ${expected} as the option "type" says`;
}

/** What a value is, without showing it: it may be secret. */
function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  if (isPlainArray(value)) return 'an array';
  return isPlainObject(value) ? 'a plain object' : describeInstance(value);
}
