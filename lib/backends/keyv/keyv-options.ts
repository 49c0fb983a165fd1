import type { KeyvStoreAdapter } from 'keyv';
import {
  checkFlag,
  checkOptionNames,
  checkText,
  readOption,
} from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';

/**
 * What tells an instance of `Keyv`. Its class is not named: to the compiler, a Keyv that is required is of another class
 * than one that is imported.
 */
export interface KeyvInstance {
  readonly opts: object;
  readonly hooks: object;
  readonly stats: object;
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  clear(): Promise<void>;
}

/** A store of Keyv 5: an instance of `Keyv`, a storage adapter, or a `Map`. */
export type KeyvStore = KeyvInstance | KeyvStoreAdapter | Map<string, unknown>;

/**
 * Which store a backend stands on.
 *
 * @publicApi
 */
export interface KeyvBackendOptions {
  /**
   * An instance of `Keyv`, with its namespace, serializer and compression; a storage adapter, with its own namespace or
   * that of Keyv, `keyv`; or a function that makes one of them. What the function makes is disconnected with the
   * backend; what is given is left to who made it.
   */
  readonly store: KeyvStore | (() => KeyvStore);
  /**
   * Whether this cache is alone in the Keyv's namespace. Where an adapter cannot go through its keys, `removePattern`,
   * and with it `clear`, then empties the namespace: more than was asked for is removed, and nothing is left. Default:
   * false.
   */
  readonly exclusive?: boolean;
  /** The name in stats, health and errors. Default: `keyv`. */
  readonly name?: string;
}

/** The names of the options. */
export const KEYV_OPTIONS: readonly string[] = ['store', 'exclusive', 'name'];

const METHODS = ['get', 'set', 'delete', 'clear'] as const;

/** @throws InvalidOptionError */
export function checkKeyvOptions(options: KeyvBackendOptions): void {
  checkOptionNames(options, KEYV_OPTIONS, 'keyv');
  checkText(options.name, 'keyv.name');
  checkFlag(options.exclusive, 'keyv.exclusive');
  if (typeof options.store !== 'function') assertStore(options.store);
}

/** The store, and whether it was made for whoever asks. @throws InvalidOptionError */
export function resolveStore({ store }: KeyvBackendOptions): { store: KeyvStore; owned: boolean } {
  if (typeof store !== 'function') return { store, owned: false };
  const made = readOption('keyv.store', store);
  assertStore(made);
  return { store: made, owned: true };
}

function assertStore(store: unknown): void {
  const isObject = typeof store === 'object' && store !== null;
  const lacking = readOption('keyv.store', () =>
    METHODS.find((method) => !isObject || typeof Reflect.get(store, method) !== 'function'),
  );
  if (lacking === undefined) return;
  throw new InvalidOptionError(
    'keyv.store',
    `is a Keyv, a storage adapter, or a function that makes one; ${isObject ? `it has no ${lacking}` : `got ${quote(store)}`}`,
  );
}
