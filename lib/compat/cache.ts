import type { EventEmitter } from 'node:events';
import type { Keyv } from 'keyv';

/** One item of `mset`. */
export interface CacheItem<T = unknown> {
  key: string;
  value: T;
  /** Milliseconds; 0 for no end. Default: the cache's. */
  ttl?: number;
}

/** A value with the time when it ends, in milliseconds since 1970; `undefined` where it has no end. */
export interface RawValue<T> {
  value?: T;
  expires?: number | undefined;
}

/** How `wrap` keeps and refreshes a value; times in milliseconds, or functions of the value that give them. */
export interface WrapOptions<T> {
  ttl?: number | ((value: T) => number);
  refreshThreshold?: number | ((value: T) => number);
}

/** The same, for an answer with the time when it ends. */
export interface WrapOptionsRaw<T> extends WrapOptions<T> {
  raw: true;
}

/** What is emitted once for each call, when it is done, and is in the types of cache-manager, too. */
export interface CacheManagerEvents {
  get: <T>(data: { key: string; value?: T; error?: unknown }) => void;
  mget: <T>(data: { keys: string[]; values?: (T | undefined)[]; error?: unknown }) => void;
  set: <T>(data: { key: string; value: T; error?: unknown }) => void;
  mset: <T>(data: { list: CacheItem<T>[]; error?: unknown }) => void;
  del: (data: { key: string; error?: unknown }) => void;
  clear: (error?: unknown) => void;
  refresh: <T>(data: { key: string; value: T; error?: unknown }) => void;
}

/** The events by the name that they have in cache-manager. */
export type Events = CacheManagerEvents;

/** What is emitted beside that. */
export interface FurtherEvents {
  ttl: <T>(data: { key: string; value?: RawValue<T>; error?: unknown }) => void;
  mdel: (data: { keys: string[]; error?: unknown }) => void;
}

/**
 * The cache as cache-manager 7 has it, over the tiers of a `TieredCache`. It is an injection token, too.
 *
 * `get`, `mget` and `ttl` never reject; the others do when a tier fails, after all other tiers have been served.
 *
 * @publicApi
 */
export abstract class Cache {
  /** The value, or `undefined`. */
  abstract get<T>(key: string): Promise<T | undefined>;
  /** The values in the order of the keys; `undefined` for what is absent. */
  abstract mget<T>(keys: string[]): Promise<(T | undefined)[]>;
  /** When the value ends, in milliseconds since 1970; `undefined` where it has no end, or is absent. */
  abstract ttl(key: string): Promise<number | undefined>;
  /** Stores a value. @param ttl milliseconds; 0 for no end. Default: the cache's */
  abstract set<T>(key: string, value: T, ttl?: number): Promise<T>;
  abstract mset<T>(list: CacheItem<T>[]): Promise<CacheItem<T>[]>;
  /** Removes a key. Always true. */
  abstract del(key: string): Promise<boolean>;
  abstract mdel(keys: string[]): Promise<boolean>;
  /** Removes everything. */
  abstract clear(): Promise<boolean>;
  /** The value of a key, computed where there is none: once for all who ask at the same time. */
  abstract wrap<T>(
    key: string,
    fnc: () => T | Promise<T>,
    ttl?: number | ((value: T) => number),
    refreshThreshold?: number | ((value: T) => number),
  ): Promise<T>;
  abstract wrap<T>(
    key: string,
    fnc: () => T | Promise<T>,
    options: WrapOptionsRaw<T>,
  ): Promise<RawValue<T>>;
  abstract wrap<T>(key: string, fnc: () => T | Promise<T>, options: WrapOptions<T>): Promise<T>;
  abstract on<E extends keyof CacheManagerEvents>(
    event: E,
    listener: CacheManagerEvents[E],
  ): EventEmitter;
  abstract on<E extends keyof FurtherEvents>(event: E, listener: FurtherEvents[E]): EventEmitter;
  abstract off<E extends keyof CacheManagerEvents>(
    event: E,
    listener: CacheManagerEvents[E],
  ): EventEmitter;
  abstract off<E extends keyof FurtherEvents>(event: E, listener: FurtherEvents[E]): EventEmitter;
  /** Closes the cache with all its tiers. */
  abstract disconnect(): Promise<undefined>;
  abstract cacheId(): string;
  /** One Keyv over all tiers. */
  abstract readonly stores: Keyv[];
}
