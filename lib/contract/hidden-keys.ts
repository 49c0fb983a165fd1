import { types } from 'node:util';
import { readOption } from './check-options.js';
import type { EncryptionKey, EncryptionOptions } from './sealing-options.js';
import { isDense, isList } from './value-kind.js';

/**
 * A copy whose keys can be read and are not shown: neither by `util.inspect`, as in a log of a tier's definition,
 * nor by `JSON.stringify`. What is no list of keys is left as it is, for the chain to refuse.
 *
 * @param path of the options, for messages
 * @throws InvalidOptionError when they cannot be read
 */
export function hideKeys(encryption: EncryptionOptions, path: string): EncryptionOptions {
  return readOption(path, () => {
    const keys: unknown = Reflect.get(Object(encryption), 'keys');
    if (!isList(keys) || !isDense(keys)) return encryption;
    return { ...encryption, keys: Array.from(keys as readonly EncryptionKey[], hideKey) };
  });
}

function hideKey(given: EncryptionKey): EncryptionKey {
  if (typeof given !== 'object' || given === null) return given;
  const { id, key, ...others } = given;
  // The owner may wipe its bytes when the tier has been made.
  const own = types.isUint8Array(key) ? Uint8Array.from(key) : key;
  // By a getter, since who asks for everything is shown what is not enumerable, too.
  return Object.defineProperty({ id, key: own, ...others }, 'key', {
    get: () => own,
    enumerable: false,
  });
}
