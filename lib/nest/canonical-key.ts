import { createHash } from 'node:crypto';
import { InvalidKeyError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import { Refusal } from '../contract/refusal.js';
import { isIdentifier } from '../contract/value-kind.js';
import { canonicalText } from './canonical-key-text.js';

/** Keys that would be longer hold a hash of the arguments. In UTF-16 units, as `string.length` counts. */
export const MAX_CANONICAL_KEY = 1024;

/** Makes the key of a call of one method of its arguments. */
export type CanonicalKeyMaker = (args: readonly unknown[]) => string;

/**
 * The default key of a cached method: its class, its name and its arguments, such as
 * `CityService.near(48.85,2.35,{"limit":5})`. Two calls have the same key if and only if their arguments are
 * equal: of the same number, and each the same value (`Object.is`) or equal data. The order of an object's
 * properties does not matter, that of arrays, Maps and Sets does; a property that is `undefined` is another
 * object than one which lacks it.
 *
 * @throws InvalidKeyError when an argument is nothing that can be told from others by what it holds
 */
export function canonicalKey(
  className: string,
  methodName: string | symbol,
  args: readonly unknown[],
  maxLength = MAX_CANONICAL_KEY,
): string {
  return canonicalKeyMaker(className, methodName, maxLength)(args);
}

/** `canonicalKey` for a method that is called often. */
export function canonicalKeyMaker(
  className: string,
  methodName: string | symbol,
  maxLength = MAX_CANONICAL_KEY,
): CanonicalKeyMaker {
  const method = describeMethod(className, methodName);
  const begin = `${method}(`;
  return (args) => {
    const text = describeArguments(method, args);
    const key = `${begin}${text})`;
    if (key.length <= maxLength) return key;
    return `${method}(sha256:${createHash('sha256').update(text).digest('hex')})`;
  };
}

function describeArguments(method: string, args: readonly unknown[]): string {
  let text = '';
  let index = 0;
  try {
    for (; index < args.length; index++) {
      text += index === 0 ? canonicalText(args[index]) : `,${canonicalText(args[index])}`;
    }
    return text;
  } catch (error) {
    const refusal = Refusal.from(error);
    throw new InvalidKeyError(
      `No default key for this call of ${method}: ${refusal.explain(`argument ${index + 1}`)}. ` +
        'Give the option "key"',
      refusal.details,
    );
  }
}

function describeMethod(className: string, methodName: string | symbol): string {
  const owner = isIdentifier(className) ? className : JSON.stringify(className);
  if (typeof methodName === 'string') {
    return isIdentifier(methodName)
      ? `${owner}.${methodName}`
      : `${owner}[${JSON.stringify(methodName)}]`;
  }
  const name = Symbol.keyFor(methodName);
  if (name === undefined) {
    throw new InvalidKeyError(
      `No default key for the method ${quote(String(methodName))} of ${owner}: two symbols may read alike. ` +
        'Give the option "key", or name the method by Symbol.for',
    );
  }
  return `${owner}[Symbol.for(${JSON.stringify(name)})]`;
}
