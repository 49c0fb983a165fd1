import type { Keyv } from 'keyv';
import type {
  Closable,
  StoredValue,
  StoreRequest,
  TtlAwareBackend,
} from '../../contract/capabilities.js';
import { systemClock, type Timer } from '../../contract/clock.js';
import { BackendError, ClosedError, InvalidOptionError } from '../../contract/errors.js';
import { compilePattern } from '../../contract/pattern.js';
import { assertTtl } from '../../contract/ttl.js';
import { decodeKey, encodeKey, FORBIDDEN_NAMESPACE } from './keyv-keys.js';
import { checkKeyvOptions, resolveStore, type KeyvBackendOptions } from './keyv-options.js';
import { KeyvFailures } from './keyv-failures.js';
import { canBatch, storedKeys } from './keyv-store.js';
import { openKeyv } from './open-keyv.js';
import { packValue, unpackValue } from './keyv-values.js';

/** What health writes and reads: no key of the cache is the empty one. */
const PROBE = '';
const PROBE_VALUE = 'probe';
const PROBE_TTL = 60_000;

/** In milliseconds. */
const DISCONNECTS_WITHIN = 1_000;

/**
 * A backend on any store of Keyv 5. It has batches (`getMany`, `setMany`, `removeMany`) where the storage adapter has
 * them, and `removePattern` where the adapter can go through its keys, or is said to be `exclusive`.
 *
 * Calls reject with `BackendError` when the store fails, whether it throws or only emits an error, and with
 * `ClosedError` after `close`. Values are stored as base64 text, which every serializer brings back as it is.
 *
 * @publicApi
 */
export class KeyvBackend implements TtlAwareBackend, Closable {
  readonly name: string;
  /** The values of many keys in one call of the store's `getMany`. */
  readonly getMany?: (keys: readonly string[]) => Promise<readonly (StoredValue | undefined)[]>;
  /** Stores many values in one call of the store's `setMany`. @throws InvalidTtlError before anything is stored */
  readonly setMany?: (items: readonly StoreRequest[]) => Promise<void>;
  /** Removes many keys in one call of the store's `deleteMany`. */
  readonly removeMany?: (keys: readonly string[]) => Promise<void>;
  /** Goes through all keys of the Keyv's namespace, or empties it (`exclusive`). @throws InvalidPatternError */
  readonly removePattern?: (pattern: string) => Promise<void>;
  readonly #keyv: Keyv;
  readonly #owned: boolean;
  readonly #stopListening: () => void;
  readonly #failures: KeyvFailures;
  #closing: Promise<void> | undefined;

  /** @throws InvalidOptionError */
  constructor(options: KeyvBackendOptions) {
    checkKeyvOptions(options);
    const { store, owned } = resolveStore(options);
    this.name = options.name ?? 'keyv';
    this.#owned = owned;
    const { keyv, stopListening } = openKeyv(store);
    this.#keyv = keyv;
    this.#stopListening = stopListening;
    this.#failures = new KeyvFailures(this.name, this.#keyv);
    if (this.#keyv.namespace === FORBIDDEN_NAMESPACE) {
      throw new InvalidOptionError('keyv.store', 'its namespace is "~": give it another');
    }
    if (canBatch(this.#keyv)) {
      this.getMany = (keys) => this.#getMany(keys);
      this.setMany = (items) => this.#setMany(items);
      this.removeMany = (keys) => this.#removeMany('removeMany', keys.map(encodeKey));
    }
    const keys = storedKeys(this.#keyv);
    if (keys !== undefined) this.removePattern = (pattern) => this.#removePattern(keys, pattern);
    else if (options.exclusive === true) this.removePattern = (pattern) => this.#empty(pattern);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return (await this.#read('get', key))?.value;
  }

  getWithTtl(key: string): Promise<StoredValue | undefined> {
    return this.#read('getWithTtl', key);
  }

  /** @throws InvalidTtlError */
  async setWithTtl(key: string, value: Uint8Array, ttl: number): Promise<void> {
    assertTtl(ttl);
    await this.#write('setWithTtl', key, packValue(value), ttl);
  }

  async remove(key: string): Promise<void> {
    await this.#run('remove', () => this.#keyv.delete(encodeKey(key)));
  }

  /** Writes a value and reads it: a store that swallows its failures would answer a mere question with a miss. */
  async healthCheck(): Promise<boolean> {
    try {
      await this.connect();
      return true;
    } catch {
      return false;
    }
  }

  /** Rejects when the store cannot be reached now; later calls may well succeed. */
  async connect(): Promise<void> {
    await this.#write('connect', PROBE, PROBE_VALUE, PROBE_TTL);
    const found: unknown = await this.#run('connect', () => this.#keyv.get(encodeKey(PROBE)));
    if (found !== PROBE_VALUE) {
      throw new BackendError(this.name, 'connect', 'what was stored is not found again');
    }
  }

  /**
   * Disconnects the store, if it was made for this backend. It waits for that a second at most. A store that was given
   * is not listened to any more.
   */
  close(): Promise<void> {
    this.#closing ??= this.#owned ? this.#disconnect() : this.#leave();
    return this.#closing;
  }

  /** A store of its own is listened to until the end: an error that nobody hears would be thrown. */
  async #leave(): Promise<void> {
    this.#stopListening();
  }

  /** The client of a store that is away may wait for its answers for ever. */
  async #disconnect(): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = systemClock.setTimer(DISCONNECTS_WITHIN, resolve);
    });
    try {
      await Promise.race([this.#keyv.disconnect(), late]);
    } finally {
      timer?.cancel();
    }
  }

  async #read(operation: string, key: string): Promise<StoredValue | undefined> {
    const found = await this.#run(
      operation,
      () => this.#keyv.get<unknown>(encodeKey(key), { raw: true }),
      (answer) => answer !== undefined,
    );
    return unpackValue(this.name, operation, found);
  }

  async #write(operation: string, key: string, value: string, ttl: number): Promise<void> {
    const stored = await this.#run(operation, () => this.#keyv.set(encodeKey(key), value, ttl));
    if (!stored) throw new BackendError(this.name, operation, 'the store has refused the value');
  }

  async #getMany(keys: readonly string[]): Promise<readonly (StoredValue | undefined)[]> {
    if (keys.length === 0) return [];
    const found = await this.#run(
      'getMany',
      () => this.#keyv.getMany<unknown>(keys.map(encodeKey), { raw: true }),
      (answers) => !answers.includes(undefined),
    );
    return keys.map((_, index) => unpackValue(this.name, 'getMany', found[index]));
  }

  async #setMany(items: readonly StoreRequest[]): Promise<void> {
    for (const { ttl } of items) assertTtl(ttl);
    if (items.length === 0) return;
    const entries = items.map(({ key, value, ttl }) => ({
      key: encodeKey(key),
      value: packValue(value),
      ttl,
    }));
    const stored: unknown = await this.#run('setMany', () => this.#keyv.setMany(entries));
    // Adapters answer a list, or nothing.
    if (Array.isArray(stored) && stored.includes(false)) {
      throw new BackendError(this.name, 'setMany', 'the store has refused a value');
    }
  }

  async #removeMany(operation: string, stored: readonly string[]): Promise<void> {
    if (stored.length > 0) await this.#run(operation, () => this.#keyv.deleteMany([...stored]));
  }

  async #removePattern(keys: () => AsyncIterable<unknown>, pattern: string): Promise<void> {
    const matches = compilePattern(pattern);
    const found = new Set<string>();
    await this.#run('removePattern', async () => {
      for await (const stored of keys()) {
        const key = decodeKey(stored);
        if (key !== undefined && matches(key)) found.add(encodeKey(key));
      }
    });
    await this.#removeMany('removePattern', [...found]);
  }

  async #empty(pattern: string): Promise<void> {
    compilePattern(pattern);
    await this.#run('removePattern', () => this.#keyv.clear());
  }

  #run<T>(operation: string, call: () => Promise<T>, isProof?: (answer: T) => boolean): Promise<T> {
    if (this.#closing !== undefined) {
      throw new ClosedError(`Cache backend "${this.name}" was used after close()`);
    }
    return this.#failures.watch(operation, call, isProof);
  }
}
