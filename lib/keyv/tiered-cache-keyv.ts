import type { KeyvEntry, KeyvStoreAdapter, StoredData } from 'keyv';
import { checkOptionNames } from '../contract/check-options.js';
import { InvalidOptionError } from '../contract/errors.js';
import { escapePattern } from '../contract/pattern.js';
import { quote } from '../contract/quote.js';
import { MAX_TTL } from '../contract/ttl.js';
import { parseTtl, type Ttl } from '../core/parse-ttl.js';
import { TieredCache } from '../core/tiered-cache.js';
import { storeByTtl } from './store-by-ttl.js';

/** @publicApi */
export interface TieredCacheKeyvOptions {
  /**
   * How long what Keyv gives no ttl is kept: milliseconds, '5m', or a strategy. Default: the cache's own `ttl`, which
   * is 5 minutes where nothing else is said.
   */
  readonly ttl?: Ttl;
}

/**
 * A storage adapter of Keyv 5 over a cache: `new Keyv({ store: new TieredCacheKeyv(cache) })`. What Keyv stores is kept
 * in all tiers, under its keys. Keyv writes its namespace on the adapter, so each Keyv needs one of its own.
 *
 * A tier that fails is a miss where something is read. What is written or removed rejects then, which Keyv emits as an
 * `error`. It cannot go through its keys, so it has no `iterator`.
 *
 * @publicApi
 */
export class TieredCacheKeyv implements KeyvStoreAdapter {
  /** Keyv's own notes on the adapter. */
  opts: Record<string, unknown> = {};
  /** Set by Keyv: keys begin with it and ':', whether Keyv puts it there or leaves that to the adapter. */
  namespace?: string | undefined;
  readonly #cache: TieredCache;
  readonly #ttl: number | undefined;

  /** @throws InvalidOptionError and InvalidTtlError */
  constructor(cache: TieredCache, options: TieredCacheKeyvOptions = {}) {
    if (!(cache instanceof TieredCache)) {
      throw new InvalidOptionError('cache', `is a TieredCache; got ${quote(cache)}`);
    }
    checkOptionNames(options, ['ttl'], 'options');
    this.#cache = cache;
    this.#ttl = options.ttl === undefined ? undefined : parseTtl(options.ttl, 'ttl');
  }

  get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return this.#cache.get<StoredData<Value>>(this.#keyOf(key));
  }

  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    const stored = keys.map((key) => this.#keyOf(key));
    const found = await this.#cache.getMany<StoredData<Value>>(stored);
    return stored.map((key) => found.get(key));
  }

  async has(key: string): Promise<boolean> {
    return (await this.#cache.get(this.#keyOf(key))) !== undefined;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const stored = keys.map((key) => this.#keyOf(key));
    const found = await this.#cache.getMany(stored);
    return stored.map((key) => found.has(key));
  }

  /** @param ttl milliseconds; a value without one is kept as long as the options say */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.#cache.set(this.#keyOf(key), value, { ttl: this.#ttlOf(ttl) });
    return true;
  }

  /** One round trip per tier for the values of one ttl. Where some fail, all others are stored. */
  async setMany(entries: KeyvEntry[]): Promise<void> {
    await storeByTtl(
      this.#cache,
      entries.map(({ key, value, ttl }) => ({
        key: this.#keyOf(key),
        value,
        ttl: this.#ttlOf(ttl),
      })),
    );
  }

  /** @returns whether there was a value, for which the tiers are asked first */
  async delete(key: string): Promise<boolean> {
    const had = await this.has(key);
    await this.#cache.remove(this.#keyOf(key));
    return had;
  }

  /** @returns whether there was a value of one of the keys */
  async deleteMany(keys: string[]): Promise<boolean> {
    const had = await this.hasMany(keys);
    await this.#cache.removeMany(keys.map((key) => this.#keyOf(key)));
    return had.includes(true);
  }

  /**
   * Removes the keys of Keyv's namespace, for which the tiers scan theirs; without one, everything in the cache, or in
   * the namespace of it that was given.
   *
   * @throws UnsupportedError when there is a namespace, and a tier has no `removePattern`
   */
  async clear(): Promise<void> {
    const { namespace } = this;
    if (namespace === undefined || namespace === '') await this.#cache.clear();
    else await this.#cache.removePattern(`${escapePattern(`${namespace}:`)}*`);
  }

  /** It emits nothing of its own: what fails rejects, and Keyv emits that. */
  on(): this {
    return this;
  }

  /** Does nothing: the cache is closed by who made it, and others may use it. */
  async disconnect(): Promise<void> {}

  /** Keyv has put its namespace before the key, unless it leaves that to the adapter (`useKeyPrefix: false`). */
  #keyOf(key: string): string {
    const { namespace } = this;
    if (namespace === undefined || namespace === '' || typeof key !== 'string') return key;
    return key.startsWith(`${namespace}:`) ? key : `${namespace}:${key}`;
  }

  #ttlOf(ttl: number | undefined): number | undefined {
    return ttl === undefined ? this.#ttl : Math.min(ttl, MAX_TTL);
  }
}
