import { InvalidKeyError, InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';

const NAMESPACE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const NUL = '\0';

/** A key taken apart: the names of the namespaces below the cache's own, joined by ':', and the caller's key. */
export interface KeyParts {
  readonly namespace: string;
  readonly key: string;
}

/**
 * The keys of one namespace. Inside the process, the root's keys are the caller's own strings, so that a hit
 * builds none; a namespace's keys are `NUL path NUL key`, and a caller's key may not begin with NUL.
 */
export class KeySpace {
  readonly #prefix: string;

  constructor(
    readonly path: string,
    readonly maxKeyLength: number,
  ) {
    this.#prefix = path === '' ? '' : `${NUL}${path}${NUL}`;
  }

  /** The key space of a namespace in this one. */
  child(name: string): KeySpace {
    assertNamespace(name, 'namespace');
    return new KeySpace(this.path === '' ? name : `${this.path}:${name}`, this.maxKeyLength);
  }

  /**
   * The key by which the tiers know the caller's key; `undefined` when it is none. Runs on every hit, so it
   * compares only what is at hand.
   */
  tryInternal(key: string): string | undefined {
    // charCodeAt of '' is NaN: one comparison refuses both the empty key and one that begins with NUL.
    if (typeof key !== 'string' || !(key.charCodeAt(0) > 0) || key.length > this.maxKeyLength) {
      return undefined;
    }
    return this.#prefix === '' ? key : this.#prefix + key;
  }

  /**
   * The same, for where a bad key has to be told. It also refuses half a surrogate pair, which has no bytes of
   * its own: memory alone could keep such a key, and what it does not refuse is found in no tier.
   *
   * @throws InvalidKeyError
   */
  toInternal(key: string): string {
    const internal = this.tryInternal(key);
    if (internal === undefined || !key.isWellFormed()) throw invalidKey(key, this.maxKeyLength);
    return internal;
  }

  /** Whether an internal key is directly in this namespace. */
  holds(internal: string): boolean {
    return this.#prefix === '' ? !internal.startsWith(NUL) : internal.startsWith(this.#prefix);
  }

  /** Whether an internal key is in this namespace or one inside it. */
  covers(internal: string): boolean {
    if (this.path === '') return true;
    return this.holds(internal) || internal.startsWith(`${NUL}${this.path}:`);
  }
}

/** Takes an internal key apart. */
export function keyParts(internal: string): KeyParts {
  if (!internal.startsWith(NUL)) return { namespace: '', key: internal };
  const end = internal.indexOf(NUL, 1);
  return { namespace: internal.slice(1, end), key: internal.slice(end + 1) };
}

/**
 * The key in a backend of bytes: `root:path::key`. Names hold no ':', so the first '::' ends the path, and
 * two different keys never meet.
 */
export function storedKey(root: string, internal: string): string {
  const { namespace, key } = keyParts(internal);
  return storedPrefix(root, namespace) + key;
}

/** The key in this process behind a stored key; `undefined` when that is of another cache. */
export function internalKey(root: string, stored: string): string | undefined {
  const rest = stored.startsWith(`${root}:`) ? stored.slice(root.length) : '';
  const end = rest.indexOf('::');
  if (end === -1) return undefined;
  const key = rest.slice(end + 2);
  return end === 0 ? key : `${NUL}${rest.slice(1, end)}${NUL}${key}`;
}

/** What the stored keys of one namespace begin with. */
export function storedPrefix(root: string, namespace: string): string {
  return namespace === '' ? `${root}::` : `${root}:${namespace}::`;
}

/** Refuses a namespace's name that is not 1 to 64 of the characters A-Z, a-z, 0-9, '_', '.', '-'. */
export function assertNamespace(name: unknown, option: string): void {
  if (typeof name !== 'string' || !NAMESPACE_NAME.test(name)) {
    throw new InvalidOptionError(
      option,
      `is 1 to 64 characters of A-Z, a-z, 0-9, "_", "." and "-"; got ${quote(name)}`,
    );
  }
}

function invalidKey(key: unknown, maxKeyLength: number): InvalidKeyError {
  if (typeof key !== 'string') {
    return new InvalidKeyError(`A key is a non-empty string; got ${quote(key)}`);
  }
  if (key === '') return new InvalidKeyError('A key is a non-empty string; got ""');
  if (key.length > maxKeyLength) {
    return new InvalidKeyError(
      `A key has at most ${maxKeyLength} characters (option "maxKeyLength"); got ${quote(key)}`,
    );
  }
  if (key.startsWith(NUL)) {
    return new InvalidKeyError(`A key does not begin with U+0000; got ${quote(key)}`);
  }
  return new InvalidKeyError(`A key is well-formed Unicode; got ${quote(key)}`);
}
