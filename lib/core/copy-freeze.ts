import { SerializationError } from '../contract/errors.js';
import { isPlainArray, isPlainObject } from '../contract/value-kind.js';

/**
 * What was found frozen, and is so to its ends. That an object is frozen says nothing about what it holds: its owner may
 * have frozen the object alone. So what is found frozen is walked all the same, the first time. What is frozen here is
 * not noted: most values are new each time, and to note them all costs the garbage collector more than the freezing.
 */
const frozenThroughout = new WeakSet<object>();

/**
 * Freezes the plain objects and arrays that `value` is made of, and returns it. Whatever is not data is left
 * as it is, with all that it holds; cycles are fine, at any depth.
 *
 * @throws SerializationError when an object lets nobody freeze it, or an accessor throws
 */
export function freezeData<T>(value: T): T {
  try {
    if (isFreezable(value)) freezeFrom(value);
    return value;
  } catch (error) {
    throw new SerializationError(
      "The value cannot be frozen: give the option copy as 'clone' or 'none'",
      { cause: error },
    );
  }
}

function freezeFrom(root: object): void {
  const pending = [root];
  let foundFrozen: Set<object> | undefined;
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (!Object.isFrozen(item)) {
      Object.freeze(item);
    } else if (frozenThroughout.has(item) || foundFrozen?.has(item) === true) {
      continue;
    } else {
      // By its owner, or a moment ago, by a cycle; the second time that it comes up is the last.
      foundFrozen ??= new Set();
      foundFrozen.add(item);
    }
    for (const child of Object.values(item)) if (isFreezable(child)) pending.push(child);
  }
  for (const item of foundFrozen ?? []) frozenThroughout.add(item);
}

function isFreezable(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && (isPlainArray(value) || isPlainObject(value))
  );
}
