import type { EventEmitter } from 'node:events';
import type { Keyv } from 'keyv';
import type { ComputeOptions, Loader } from '../core/call-options.js';
import type { TieredCache } from '../core/tiered-cache.js';
import { storeByTtl } from '../keyv/store-by-ttl.js';
import { Cache, type CacheItem, type RawValue } from './cache.js';
import { CallEvents, type EventName, type Listener } from './call-events.js';
import type { CacheManagerSettings } from './cache-options.js';
import { endOf, isEndless, toTtl } from './endless.js';
import { storableKey } from './storable-key.js';
import { keyvOf } from './tiered-store.js';
import { timeFor, wrapSettings, type WrapSettings } from './wrap-settings.js';

/** The arguments of `wrap`, whichever way it is called. */
type WrapArguments<T> = Parameters<typeof wrapSettings<T>>;

/**
 * The cache of cache-manager 7, over a `TieredCache`. Its ttl and `refreshThreshold` are those of calls that do not
 * say.
 */
export class TieredCacheManager extends Cache {
  readonly #events = new CallEvents();
  readonly #refreshing = new Set<string>();
  #keyv: Keyv | undefined;

  constructor(
    private readonly cache: TieredCache,
    private readonly settings: CacheManagerSettings = {},
  ) {
    super();
  }

  async get<T>(key: string): Promise<T | undefined> {
    const found = await this.#read('get', { key }, async () => ({
      value: await this.cache.get<T>(this.#keyOf(key)),
    }));
    if (found?.value !== undefined) this.#events.emit('get', { key, value: found.value });
    return found?.value;
  }

  async mget<T>(keys: string[]): Promise<(T | undefined)[]> {
    const values = await this.#read('mget', { keys }, async () => {
      const stored = keys.map((key) => this.#keyOf(key));
      const found = await this.cache.getMany<T>(stored);
      return stored.map((key) => found.get(key));
    });
    if (values === undefined) return keys.map(() => undefined);
    this.#events.emit('mget', { keys, values });
    return values;
  }

  async ttl(key: string): Promise<number | undefined> {
    const found = await this.#read('ttl', { key }, () => this.#find(key));
    if (found !== undefined) this.#events.emit('ttl', { key, value: found });
    return found?.expires;
  }

  async set<T>(key: string, value: T, ttl?: number): Promise<T> {
    await this.#change('set', { key, value }, () => this.#store(key, value, ttl));
    return value;
  }

  async mset<T>(items: CacheItem<T>[]): Promise<CacheItem<T>[]> {
    const list = items.map(({ key, value, ttl }) => ({
      key,
      value,
      ttl: ttl ?? this.settings.ttl,
    }));
    await this.#change('mset', { list }, () => this.#storeMany(list));
    return list;
  }

  async del(key: string): Promise<boolean> {
    await this.#change('del', { key }, () => this.cache.remove(this.#keyOf(key)));
    return true;
  }

  async mdel(keys: string[]): Promise<boolean> {
    await this.#change('mdel', { keys }, () =>
      this.cache.removeMany(keys.map((key) => this.#keyOf(key))),
    );
    return true;
  }

  async clear(): Promise<boolean> {
    await this.#change('clear', undefined, () => this.cache.clear());
    return true;
  }

  async wrap<T>(
    key: string,
    fnc: () => T | Promise<T>,
    ...how: [WrapArguments<T>[0]?, WrapArguments<T>[1]?]
  ): Promise<T & RawValue<T>> {
    const settings = wrapSettings<T>(how[0], how[1]);
    const threshold = settings.refreshThreshold ?? this.settings.refreshThreshold;
    if (settings.raw || (threshold !== undefined && threshold !== 0)) {
      const found = await this.#find<T>(key);
      if (found !== undefined) {
        this.#refreshWhenDue(key, found, fnc, settings);
        return answerOf(found, settings);
      }
    }
    const value = await this.#compute(key, fnc, settings);
    if (!settings.raw) return answerOf({ value }, settings);
    // Where storing is not waited for, it may not be there yet.
    const found = await this.#find<T>(key);
    return answerOf(found ?? { value, expires: this.#endFor(value, settings) }, settings);
  }

  on(event: EventName, listener: Listener): EventEmitter {
    return this.#events.on(event, listener);
  }

  off(event: EventName, listener: Listener): EventEmitter {
    return this.#events.off(event, listener);
  }

  async disconnect(): Promise<undefined> {
    await this.cache.close();
    return undefined;
  }

  cacheId(): string {
    return this.settings.cacheId ?? this.cache.name;
  }

  get stores(): Keyv[] {
    this.#keyv ??= keyvOf(this.cache, (key) => this.#find(key), this.#usualTtl);
    return [this.#keyv];
  }

  async #find<T>(key: string): Promise<RawValue<T> | undefined> {
    const found = await this.cache.getWithEnd<T>(this.#keyOf(key));
    if (found === undefined) return undefined;
    return { value: found.value, expires: endOf(found.endsAt, this.cache.clock.wallTime()) };
  }

  /** `undefined` is no value: whoever stores it finds nothing, as in cache-manager. */
  #store(key: string, value: unknown, ttl: number | undefined): Promise<void> {
    const stored = this.#keyOf(key);
    if (value === undefined) return this.cache.remove(stored);
    return this.cache.set(stored, value, { ttl: toTtl(ttl ?? this.settings.ttl) });
  }

  async #storeMany(list: readonly CacheItem[]): Promise<void> {
    const stored = list.map(({ key, value, ttl }) => ({
      key: this.#keyOf(key),
      value,
      ttl: toTtl(ttl),
    }));
    await storeByTtl(this.cache, stored);
  }

  /** What is found; `undefined` where it fails, which is emitted. */
  async #read<T>(event: EventName, data: object, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#events.emit(event, { ...data, error });
      return undefined;
    }
  }

  /** Does what changes the cache, and emits it; without waiting where that was asked for. */
  async #change(
    event: EventName,
    data: object | undefined,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const done = this.#events.around(event, data, work);
    // Its event tells of a failure, and nobody is there to be told what a listener throws.
    if (this.settings.nonBlocking === true) done.catch(() => undefined);
    else await done;
  }

  async #compute<T>(key: string, fnc: () => T | Promise<T>, settings: WrapSettings<T>): Promise<T> {
    const load = this.#loader(fnc, settings);
    let loaded = false;
    const value = await this.cache.getOrCompute<T>(
      this.#keyOf(key),
      async (context) => {
        const result = await load(context);
        loaded = true;
        return result;
      },
      this.#computeOptions(settings),
    );
    if (loaded) this.#events.emit('set', { key, value });
    return value;
  }

  #loader<T>(fnc: () => T | Promise<T>, { ttl }: WrapSettings<T>): Loader<T> {
    return async (context) => {
      const value = await fnc();
      // What is absent is kept by `negativeTtl`, and a function of the value could not say for how long.
      const own = value === undefined ? undefined : toTtl(timeFor(ttl, value) ?? this.settings.ttl);
      if (own !== undefined) context.setTtl(own);
      return value;
    };
  }

  /** A function that finds nothing is not run again, either, before the ttl has ended; but without an end it is. */
  #computeOptions<T>({ ttl }: WrapSettings<T>): ComputeOptions<T> {
    const negativeTtl = toTtl(typeof ttl === 'function' ? undefined : ttl) ?? this.#usualTtl;
    return { negativeTtl: isEndless(negativeTtl) ? false : negativeTtl };
  }

  /** Computes a value anew in the background, once, where it is about to end. */
  #refreshWhenDue<T>(
    key: string,
    { value, expires }: RawValue<T>,
    fnc: () => T | Promise<T>,
    settings: WrapSettings<T>,
  ): void {
    // A function of the value could say nothing of none.
    if (value === undefined || expires === undefined || this.#refreshing.has(key)) return;
    const threshold = timeFor(settings.refreshThreshold, value) ?? this.settings.refreshThreshold;
    if (threshold === undefined) return;
    if (expires - this.cache.clock.wallTime() >= threshold) return;
    this.#refreshing.add(key);
    // What a listener throws is its own business.
    this.#refresh(key, value, fnc, settings).catch(() => undefined);
  }

  async #refresh<T>(
    key: string,
    old: T | undefined,
    fnc: () => T | Promise<T>,
    settings: WrapSettings<T>,
  ): Promise<void> {
    let value: T;
    try {
      const load = this.#loader(fnc, settings);
      value = await this.cache.refresh<T>(this.#keyOf(key), load, this.#computeOptions(settings));
    } catch (error) {
      this.#events.emit('refresh', { key, value: old, error });
      return;
    } finally {
      this.#refreshing.delete(key);
    }
    this.#events.emit('set', { key, value });
    this.#events.emit('refresh', { key, value });
  }

  /** When a value ends that was computed now; what is absent has no time of its own. */
  #endFor<T>(value: T, { ttl }: WrapSettings<T>): number | undefined {
    if (value === undefined) return undefined;
    const now = this.cache.clock.wallTime();
    return endOf(now + (toTtl(timeFor(ttl, value)) ?? this.#usualTtl), now);
  }

  /** How long a value is kept when a call does not say. */
  get #usualTtl(): number {
    return toTtl(this.settings.ttl) ?? this.cache.keepDefaults.ttl;
  }

  #keyOf(key: string): string {
    return storableKey(key, this.cache.maxKeyLength);
  }
}

/** Which of the two it is, the overloads of `wrap` tell. */
function answerOf<T>(found: RawValue<T>, { raw }: WrapSettings<T>): T & RawValue<T> {
  return (raw ? found : found.value) as T & RawValue<T>;
}
