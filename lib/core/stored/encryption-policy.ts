import { readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { isDense, isList } from '../../contract/value-kind.js';
import { Encryption, type NamedKey } from './encryption.js';
import { secretKeyOf } from './secret-key.js';

const ID = /^[\w.-]{1,32}$/;

/**
 * The encryption that the options ask for. Nothing that was given is shown in a message: a key may stand in the wrong
 * place.
 *
 * @param path of the options, for messages
 * @throws InvalidOptionError
 */
export function encryptionOf(options: unknown, path: string): Encryption | undefined {
  if (options === undefined) return undefined;
  const keys = membersOf(options, ['keys'], path)['keys'];
  if (!isList(keys) || !readOption(`${path}.keys`, () => isDense(keys))) {
    throw new InvalidOptionError(`${path}.keys`, 'is a list of keys, [{ id, key }]');
  }
  const given = readOption(`${path}.keys`, () => [...keys]);
  const [first, ...others] = given.map((key, index) => namedKeyOf(key, `${path}.keys[${index}]`));
  if (first === undefined) {
    throw new InvalidOptionError(`${path}.keys`, 'needs one key at least; the first encrypts');
  }
  const ids = [first, ...others].map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice !== -1) {
    throw new InvalidOptionError(`${path}.keys[${twice}].id`, 'belongs to another key already');
  }
  return new Encryption(first, others);
}

function namedKeyOf(given: unknown, path: string): NamedKey {
  const { id, key } = membersOf(given, ['id', 'key'], path);
  if (typeof id !== 'string' || !ID.test(id)) {
    throw new InvalidOptionError(
      `${path}.id`,
      'is 1 to 32 characters of A-Z, a-z, 0-9, "_", "." and "-"',
    );
  }
  const secret = secretKeyOf(key);
  if (secret === undefined) {
    throw new InvalidOptionError(
      `${path}.key`,
      'is 32 bytes, as a Uint8Array, or as text in base64 or hex',
    );
  }
  return { id, key: secret };
}

/** The members of an object that may have these and no others. */
function membersOf(
  given: unknown,
  names: readonly string[],
  path: string,
): Readonly<Record<string, unknown>> {
  const isObject = typeof given === 'object' && given !== null && !isList(given);
  const own = isObject ? readOption(path, () => Object.keys(given)) : undefined;
  if (!isObject || !own?.every((name) => names.includes(name))) {
    throw new InvalidOptionError(path, `is an object of ${names.join(' and ')}, and no more`);
  }
  return readOption(path, () =>
    Object.fromEntries(names.map((name) => [name, Reflect.get(given, name) as unknown])),
  );
}
