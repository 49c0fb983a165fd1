import { Keyv, type KeyvEntry, type StoredData } from 'keyv';
import { MAX_TTL } from '../contract/ttl.js';
import type { TieredCache } from '../core/tiered-cache.js';
import { TieredCacheKeyv } from '../keyv/tiered-cache-keyv.js';
import type { RawValue } from './cache.js';
import { storableKey } from './storable-key.js';

type Find = (key: string) => Promise<RawValue<unknown> | undefined>;

/**
 * A Keyv that finds what the cache holds, under the same keys, and stores as the cache does.
 *
 * @param ttl how long a value is kept when a call does not say, in milliseconds
 */
export function keyvOf(cache: TieredCache, find: Find, ttl: number): Keyv {
  return new Keyv({
    store: new TieredStore(cache, find),
    namespace: undefined,
    useKeyPrefix: false,
    serialize: undefined,
    deserialize: undefined,
    ttl,
  });
}

/** Keyv gives and expects values in a record with their end; the cache knows that end itself. */
class TieredStore extends TieredCacheKeyv {
  readonly #find: Find;
  readonly #maxKeyLength: number;

  constructor(cache: TieredCache, find: Find) {
    // Keyv has a ttl of its own for what is given none. What comes without one was given 0, which is no end.
    super(cache, { ttl: MAX_TTL });
    this.#find = find;
    this.#maxKeyLength = cache.maxKeyLength;
  }

  override async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return (await this.#find(key)) as StoredData<Value> | undefined;
  }

  override getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    return Promise.all(keys.map((key) => this.get<Value>(key)));
  }

  override has(key: string): Promise<boolean> {
    return super.has(this.#keyOf(key));
  }

  override hasMany(keys: string[]): Promise<boolean[]> {
    return super.hasMany(keys.map((key) => this.#keyOf(key)));
  }

  override async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.setMany([{ key, value, ttl }]);
    return true;
  }

  override setMany(entries: KeyvEntry[]): Promise<void> {
    return super.setMany(
      entries.map(({ key, value, ttl }) => ({ key: this.#keyOf(key), value: valueOf(value), ttl })),
    );
  }

  override delete(key: string): Promise<boolean> {
    return super.delete(this.#keyOf(key));
  }

  override deleteMany(keys: string[]): Promise<boolean> {
    return super.deleteMany(keys.map((key) => this.#keyOf(key)));
  }

  #keyOf(key: string): string {
    return storableKey(key, this.#maxKeyLength);
  }
}

function valueOf(record: unknown): unknown {
  return (record as RawValue<unknown>).value;
}
