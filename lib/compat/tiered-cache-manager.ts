import { EventEmitter } from 'node:events';
import type { Keyv } from 'keyv';
import { systemClock } from '../contract/clock.js';
import type { ComputeOptions, Loader } from '../core/call-options.js';
import type { TieredCache } from '../core/tiered-cache.js';
import { storeByTtl } from '../keyv/store-by-ttl.js';
import {
  Cache,
  type CacheItem,
  type CacheManagerEvents,
  type FurtherEvents,
  type RawValue,
} from './cache.js';
import type { CacheManagerSettings } from './cache-options.js';
import { endOf, isEndless, toTtl } from './endless.js';
import { storableKey } from './storable-key.js';
import { keyvOf } from './tiered-store.js';
import { timeFor, wrapSettings, type WrapSettings } from './wrap-settings.js';

/** The arguments of `wrap`, whichever way it is called. */
type WrapArguments<T> = Parameters<typeof wrapSettings<T>>;

type EventName = keyof CacheManagerEvents | keyof FurtherEvents;
type Listener = CacheManagerEvents[keyof CacheManagerEvents] | FurtherEvents[keyof FurtherEvents];

/**
 * The cache of cache-manager 7, over a `TieredCache`. Its ttl and `refreshThreshold` are those of calls that do not
 * say.
 */
export class TieredCacheManager extends Cache {
  readonly #emitter = new EventEmitter();
  readonly #refreshing = new Set<string>();
  #keyv: Keyv | undefined;

  constructor(
    private readonly cache: TieredCache,
    private readonly settings: CacheManagerSettings = {},
  ) {
    super();
  }

  async get<T>(key: string): Promise<T | undefined> {
    try {
      const value = await this.cache.get<T>(this.#keyOf(key));
      if (value !== undefined) this.#emit('get', { key, value });
      return value;
    } catch (error) {
      this.#emit('get', { key, error });
      return undefined;
    }
  }

  async mget<T>(keys: string[]): Promise<(T | undefined)[]> {
    let values: (T | undefined)[] = keys.map(() => undefined);
    try {
      const stored = keys.map((key) => this.#keyOf(key));
      const found = await this.cache.getMany<T>(stored);
      values = stored.map((key) => found.get(key));
    } catch (error) {
      this.#emit('mget', { keys, error });
    }
    this.#emit('mget', { keys, values });
    return values;
  }

  async ttl(key: string): Promise<number | undefined> {
    try {
      const found = await this.#find(key);
      if (found !== undefined) this.#emit('ttl', { key, value: found });
      return found?.expires;
    } catch (error) {
      this.#emit('ttl', { key, error });
      return undefined;
    }
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
    const found = settings.raw ? await this.#find<T>(key) : undefined;
    return answerOf(found ?? { value }, settings);
  }

  on(event: EventName, listener: Listener): EventEmitter {
    return this.#emitter.addListener(event, listener);
  }

  off(event: EventName, listener: Listener): EventEmitter {
    return this.#emitter.removeListener(event, listener);
  }

  async disconnect(): Promise<undefined> {
    await this.cache.close();
    return undefined;
  }

  cacheId(): string {
    return this.settings.cacheId ?? this.cache.name;
  }

  get stores(): Keyv[] {
    this.#keyv ??= keyvOf(this.cache, (key) => this.#find(key));
    return [this.#keyv];
  }

  async #find<T>(key: string): Promise<RawValue<T> | undefined> {
    const found = await this.cache.getWithEnd<T>(this.#keyOf(key));
    if (found === undefined) return undefined;
    return { value: found.value, expires: endOf(found.endsAt, systemClock.wallTime()) };
  }

  /** `undefined` is no value: whoever stores it finds nothing, as in cache-manager. */
  #store(key: string, value: unknown, ttl: number | undefined): Promise<void> {
    const stored = this.#keyOf(key);
    if (value === undefined) return this.cache.remove(stored);
    return this.cache.set(stored, value, { ttl: toTtl(ttl ?? this.settings.ttl) });
  }

  async #storeMany(list: readonly CacheItem[]): Promise<void> {
    const stored = new Map(list.map((item) => [this.#keyOf(item.key), item]));
    const values = Array.from(stored, ([key, { value, ttl }]) => ({ key, value, ttl: toTtl(ttl) }));
    const absent = values.filter(({ value }) => value === undefined);
    if (absent.length > 0) await this.cache.removeMany(absent.map(({ key }) => key));
    await storeByTtl(
      this.cache,
      values.filter(({ value }) => value !== undefined),
    );
  }

  /** Does what changes the cache, and emits it; without waiting where that was asked for. */
  async #change(
    event: EventName,
    data: object | undefined,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const failed = (error: unknown): void =>
      this.#emit(event, data === undefined ? error : { ...data, error });
    // Begun at once, but what it throws at once is a rejection as well.
    const done = (async () => work())();
    if (this.settings.nonBlocking === true) {
      done.catch(failed);
    } else {
      try {
        await done;
      } catch (error) {
        failed(error);
        throw error;
      }
    }
    this.#emit(event, data);
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
    if (loaded) this.#emit('set', { key, value });
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
    const usual = (typeof ttl === 'number' ? ttl : undefined) ?? this.settings.ttl;
    const negativeTtl = toTtl(usual) ?? this.cache.keepDefaults.ttl;
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
    if (expires - systemClock.wallTime() >= threshold) return;
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
      this.#emit('refresh', { key, value: old, error });
      return;
    } finally {
      this.#refreshing.delete(key);
    }
    this.#emit('set', { key, value });
    this.#emit('refresh', { key, value });
  }

  #keyOf(key: string): string {
    return storableKey(key, this.cache.maxKeyLength);
  }

  #emit(event: EventName, data: unknown): void {
    if (data === undefined) this.#emitter.emit(event);
    else this.#emitter.emit(event, data);
  }
}

/** Which of the two it is, the overloads of `wrap` tell. */
function answerOf<T>(found: RawValue<T>, { raw }: WrapSettings<T>): T & RawValue<T> {
  return (raw ? found : found.value) as T & RawValue<T>;
}
