import { assertSerializable } from '../contract/assert-serializable.js';
import { SerializationError } from '../contract/errors.js';
import { cloneData } from './copy-clone.js';
import { freezeData } from './copy-freeze.js';

/**
 * What the memory tiers do so that one caller's changes to a value do not reach another:
 *
 * - `freeze` (the default) keeps the value itself, and freezes the plain objects and arrays in it, so that a
 *   change throws. Class instances, Dates, Maps, Sets and bytes cannot be frozen and stay as they are.
 * - `clone` keeps a copy, and hands a copy to each caller. It takes the data that the codecs take.
 * - `none` keeps the value itself, and trusts its callers.
 *
 * @publicApi
 */
export type CopyMode = 'freeze' | 'clone' | 'none';

const CLONE_RULES = { advice: "the option copy: 'clone' copies data alone" };

/**
 * The value as memory keeps it.
 *
 * @throws SerializationError when it cannot be frozen or cloned
 */
export function copyIn<T>(value: T, mode: CopyMode): T {
  if (mode === 'freeze') return freezeData(value);
  if (mode === 'none') return value;
  assertSerializable(value, CLONE_RULES);
  try {
    return cloneData(value);
  } catch (error) {
    throw new SerializationError('The value cannot be copied', { cause: error });
  }
}

/** The value as a caller gets it, of what `copyIn` has returned. */
export function copyOut<T>(value: T, mode: CopyMode): T {
  return mode === 'clone' ? cloneData(value) : value;
}
