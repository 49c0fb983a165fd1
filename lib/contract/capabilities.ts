import type { Awaitable, CacheBackend } from './cache-backend.js';
import type { Entry } from './entry.js';

/** Bytes that a backend found, with what remains of their time to live where the backend knows it. */
export interface StoredValue {
  readonly value: Uint8Array;
  /** Milliseconds until the backend drops it; `undefined` when the backend cannot tell. */
  readonly ttl: number | undefined;
}

/** One item of `BatchBackend.setMany`. */
export interface StoreRequest {
  readonly key: string;
  readonly value: Uint8Array;
  /** Milliseconds, as in `setWithTtl`. */
  readonly ttl: number;
}

/**
 * Tells how long a value has left, so that a copy in an upper tier does not outlive it.
 *
 * @publicApi
 */
export interface TtlAwareBackend extends CacheBackend {
  /** Like `get`, with the remaining ttl in real milliseconds (400 ms left is 400, not 0 and not 1000). */
  getWithTtl(key: string): Awaitable<StoredValue | undefined>;
}

/**
 * Answers any number of keys in one round trip.
 *
 * @publicApi
 */
export interface BatchBackend extends CacheBackend {
  /** One answer per key, in the order of the keys; an absent key is `undefined`. */
  getMany(keys: readonly string[]): Awaitable<readonly (StoredValue | undefined)[]>;
  setMany(items: readonly StoreRequest[]): Awaitable<void>;
  removeMany(keys: readonly string[]): Awaitable<void>;
}

/**
 * Keeps entries by reference in this process, synchronously: what a memory tier is made of. Bytes and
 * entries share the slots of the store: `get` of a slot that holds an entry is `undefined`, and `getEntry` of
 * one that holds bytes is.
 *
 * @publicApi
 */
export interface EntryStore extends CacheBackend {
  /** The entry under `key`, unless its `expiresAt` has passed. Counts as a use for eviction and idle time. */
  getEntry(key: string): Entry | undefined;
  /** Keeps `entry` until its `expiresAt`, or less where the store's own limits say so. */
  setEntry(key: string, entry: Entry): void;
  remove(key: string): void;
  removePattern(pattern: string): void;
  /** Removes every key for which `matches` answers true. */
  removeWhere(matches: (key: string) => boolean): void;
  /** Removes everything. */
  clear(): void;
  /** How many entries are held now, expired ones not yet swept included. */
  readonly size: number;
}

/** Where a store keeps the entry of a key, and what a hit has noted there. Who has it may keep it. */
export interface StorePlace {
  readonly key: string;
  /** The answer of hits. The store takes it away when the entry is dropped or replaced, and holds nothing by the place. */
  promise: Promise<unknown> | undefined;
  /** Until when it is the answer without a look at the entry, in `Clock.now()`. */
  goodUntil: number;
  /** At which generation of the cache's knowledge it is. */
  judged: number;
}

/** An entry store that finds an entry again without a look-up. */
export interface PlacedEntryStore extends EntryStore {
  /** For how long one use stands for those that follow it, in milliseconds; 0 where the store is to be told of each. */
  readonly useLasts: number;
  /** The place of a key that is held now. It is no use of the entry. */
  placeOf(key: string): StorePlace | undefined;
  /**
   * What `getEntry` of the place's key answers now, and as much a use; but `undefined` too when the entry has been
   * dropped or replaced since.
   */
  entryAt(place: StorePlace): Entry | undefined;
}

/**
 * How many characters a token has: a random text that names one fill of one key, and that nobody uses twice. They
 * are of printable ASCII, `!` to `~`.
 */
export const TOKEN_LENGTH = 16;

/** What a fenced backend found under a key. */
export interface FencedValue extends StoredValue {
  /** The token under which it was filled. */
  readonly token: string;
}

/** The answer to a request for the right to fill a key. */
export type LeaseAnswer =
  /** Somebody has filled it meanwhile. */
  | { readonly outcome: 'hit'; readonly found: FencedValue }
  | { readonly outcome: 'granted' }
  /** Another holds the lease, for at most so many milliseconds; its end is announced on the bus. */
  | { readonly outcome: 'wait'; readonly remaining: number }
  /** Load, but do not fill: the key is held empty after an invalidation. */
  | { readonly outcome: 'bypass' };

/**
 * Lets only the holder of a key's lease fill the key, and takes the lease away when the key is invalidated:
 * a load that began before an invalidation cannot store its value after it. `removePattern`, where there is
 * one, takes leases away too.
 *
 * @publicApi
 */
export interface FencedBackend extends CacheBackend {
  /** The value that was filled under `key`, with its token. What was stored in another way is `undefined`. */
  getFenced(key: string): Awaitable<FencedValue | undefined>;
  /** The same for many keys in one round trip: one answer per key, in their order. */
  getFencedMany(keys: readonly string[]): Awaitable<readonly (FencedValue | undefined)[]>;
  /**
   * Asks for the right to fill `key`, for `duration` milliseconds, under `token`.
   *
   * @param rejected the token of a value that the caller knows to be old: it does not count as a hit
   */
  lease(key: string, token: string, duration: number, rejected?: string): Awaitable<LeaseAnswer>;
  /** Stores the value for `ttl` milliseconds and ends the lease, if `token` still holds it; `false` if it does not. */
  fill(key: string, token: string, value: Uint8Array, ttl: number): Awaitable<boolean>;
  /**
   * Stores the value for `ttl` milliseconds, under `token`, in the place of whatever stands there, and takes the key's
   * lease away, all in one step; `false` where the key is held empty. Where it rejects, the old value may still be there.
   */
  replace(key: string, token: string, value: Uint8Array, ttl: number): Awaitable<boolean>;
  /** Makes the lease last `duration` milliseconds from now; `false` if `token` no longer holds it. */
  renew(key: string, token: string, duration: number): Awaitable<boolean>;
  /** Ends the lease without a value, if `token` still holds it. */
  release(key: string, token: string): Awaitable<void>;
  /**
   * Removes the keys with their leases, in one round trip. With `holdFor`, nobody may fill them for so many
   * milliseconds; a later call may make that longer, and none makes it shorter.
   */
  discard(keys: readonly string[], holdFor?: number): Awaitable<void>;
}

/**
 * Has something to open and to close. A closed backend throws on use; closing twice is fine.
 *
 * @publicApi
 */
export interface Closable {
  /** Opens what is needed. Optional to call: the first use connects too. */
  connect(): Awaitable<void>;
  close(): Awaitable<void>;
}

export function isTtlAware(backend: CacheBackend): backend is TtlAwareBackend {
  return hasMethods(backend, 'getWithTtl');
}

export function isBatch(backend: CacheBackend): backend is BatchBackend {
  return hasMethods(backend, 'getMany', 'setMany', 'removeMany');
}

export function isEntryStore(backend: CacheBackend): backend is EntryStore {
  return hasMethods(backend, 'getEntry', 'setEntry', 'removeWhere', 'clear');
}

export function isPlaced(backend: EntryStore): backend is PlacedEntryStore {
  return hasMethods(backend, 'placeOf', 'entryAt');
}

export function isFenced(backend: CacheBackend): backend is FencedBackend {
  return hasMethods(
    backend,
    'getFenced',
    'getFencedMany',
    'lease',
    'fill',
    'replace',
    'renew',
    'release',
    'discard',
  );
}

export function isClosable(backend: CacheBackend): backend is CacheBackend & Closable {
  return hasMethods(backend, 'connect', 'close');
}

function hasMethods(backend: object, ...names: string[]): boolean {
  return names.every((name) => typeof Reflect.get(backend, name) === 'function');
}
