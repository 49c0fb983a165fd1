import { Keyv, type KeyvEntry, type StoredData } from 'keyv';
import type { TieredCache } from '../core/tiered-cache.js';
import { TieredCacheKeyv } from '../keyv/tiered-cache-keyv.js';
import type { RawValue } from './cache.js';

type Find = (key: string) => Promise<RawValue<unknown> | undefined>;

/** A Keyv that finds what the cache holds, under the same keys, and stores as the cache does. */
export function keyvOf(cache: TieredCache, find: Find): Keyv {
  return new Keyv({
    store: new TieredStore(cache, find),
    namespace: undefined,
    useKeyPrefix: false,
    serialize: undefined,
    deserialize: undefined,
  });
}

/** Keyv gives and expects values in a record with their end; the cache knows that end itself. */
class TieredStore extends TieredCacheKeyv {
  readonly #find: Find;

  constructor(cache: TieredCache, find: Find) {
    super(cache);
    this.#find = find;
  }

  override async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return (await this.#find(key)) as StoredData<Value> | undefined;
  }

  override getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    return Promise.all(keys.map((key) => this.get<Value>(key)));
  }

  override set(key: string, record: unknown, ttl?: number): Promise<boolean> {
    return super.set(key, valueOf(record), ttl);
  }

  override setMany(entries: KeyvEntry[]): Promise<void> {
    return super.setMany(entries.map((entry) => ({ ...entry, value: valueOf(entry.value) })));
  }
}

function valueOf(record: unknown): unknown {
  return (record as RawValue<unknown>).value;
}
