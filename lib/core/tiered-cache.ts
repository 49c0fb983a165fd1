import type { Observable } from 'rxjs';
import type { CacheBackend } from '../contract/cache-backend.js';
import type { StorePlace } from '../contract/capabilities.js';
import type { Clock } from '../contract/clock.js';
import type { Entry } from '../contract/entry.js';
import { compilePattern } from '../contract/pattern.js';
import type { CacheEvent } from './watching/cache-events.js';
import type { CacheHealth } from './watching/cache-health.js';
import type { CacheStats } from './watching/cache-stats.js';
import type { GivenValue } from './cache-engine.js';
import { callBatchLoader, callLoader } from './loading/call-loaders.js';
import type { CacheParts } from './cache-parts.js';
import type {
  BatchLoader,
  ComputeOptions,
  GetOptions,
  Loader,
  RemoveOptions,
  SetOptions,
} from './call-options.js';
import { assertFunction, assertValue, itemsOf, pairsOf } from './check-arguments.js';
import type { InvalidationRecord, InvalidationsOptions } from './coherence/invalidation-audit.js';
import {
  checkRemoveOptions,
  keepPolicy,
  readType,
  storePolicy,
  type KeepPolicy,
} from './keep-policy.js';
import { keyParts, type KeySpace } from './key-space.js';
import type { MemoryHits } from './memory-hits.js';
import { checkTagList } from './coherence/tags.js';
import { warmKey } from './warm-up/warm-up.js';
import { warmUpSettings, type WarmUpOptions } from './warm-up/warm-up-options.js';
import type { WarmUpProgress, WarmUpTally } from './warm-up/warm-up-tally.js';

/**
 * The cache: an ordered chain of tiers behind one set of verbs. It is also the injection token of the unnamed
 * cache in Nest.
 *
 * Reading never fails because a tier does: the next tier or the loader answers. Writing and removing by hand
 * (`set`, `remove`, `clear`, …) rejects with a `BackendError` when a tier has not done it, after all the
 * others have. Every call throws `InvalidKeyError` for a bad key and `ClosedError` after `close()`.
 *
 * @publicApi
 */
export class TieredCache {
  readonly #parts: CacheParts;
  readonly #space: KeySpace;
  readonly #hits: MemoryHits;

  /** @internal Made by `createTieredCache`, or by the Nest module. */
  constructor(parts: CacheParts, space: KeySpace) {
    this.#parts = parts;
    this.#space = space;
    this.#hits = parts.hits;
  }

  /** The name under which the cache keeps its entries apart from others in shared backends. */
  get name(): string {
    return this.#parts.name;
  }

  /** @internal The longest key that the cache takes. */
  get maxKeyLength(): number {
    return this.#space.maxKeyLength;
  }

  /** @internal What calls are given where they do not say. */
  get keepDefaults(): KeepPolicy {
    return this.#parts.defaults;
  }

  /** @internal */
  get clock(): Clock {
    return this.#parts.clock;
  }

  /** What happens, as it happens, in all namespaces. Nothing is built for events that nobody observes. */
  get events(): Observable<CacheEvent> {
    return this.#parts.events.observable;
  }

  /** The value of a key, or `undefined`. It never waits for a load that is under way. */
  get<T>(key: string, options?: GetOptions<T>): Promise<T | undefined> {
    const held = this.#found(key);
    return held === undefined ? this.#findBelow(key, options) : this.#hits.promiseOf<T>(held);
  }

  /**
   * @internal What `get` answers, and when its ttl ends, in milliseconds since 1970. An absence that is remembered is
   * an answer, too.
   */
  async getWithEnd<T>(key: string): Promise<{ value: T | undefined; endsAt: number } | undefined> {
    const { engine, clock } = this.#parts;
    const internal = this.#space.toInternal(key);
    const entry = this.#hits.find(internal) ?? (await engine.find(internal, undefined));
    if (entry === undefined) return undefined;
    const left = Math.min(entry.freshUntil, entry.expiresAt) - clock.now();
    return { value: this.#give(entry.value as T | undefined), endsAt: clock.wallTime() + left };
  }

  /** The values of those keys that have one, in their order. One round trip per tier, whatever their number. */
  async getMany<T>(keys: Iterable<string>, options?: GetOptions<T>): Promise<Map<string, T>> {
    const { values, missing } = this.#fromMemory<T>(keys);
    if (missing.length > 0) {
      const found = await this.#parts.engine.findMany(missing, readType(options));
      for (const internal of missing) this.#put(values, internal, found.get(internal)?.value);
    }
    return values;
  }

  /**
   * The value of a key: from the nearest tier that has it, or loaded. Callers that ask meanwhile share one
   * look-up and one load. A loader's error reaches each of them, where there is no stale value to answer
   * (`staleFor`), and is kept only where `errorTtl` says so.
   *
   * @throws SerializationError when a tier of bytes cannot store the loaded value as it is
   */
  getOrCompute<T>(key: string, loader: Loader<T>, options?: ComputeOptions<T>): Promise<T> {
    return this.hit<T>(key) ?? this.computeMissing(key, loader, options);
  }

  /**
   * @internal The first half of `getOrCompute`: what memory has, and nothing made for what it has not. A value that is
   * to be loaded ahead of its time is left to the second half.
   */
  hit<T>(key: string): Promise<T> | undefined {
    const held = this.#found(key);
    return held === undefined || this.#hits.isDue(held) ? undefined : this.#hits.promiseOf<T>(held);
  }

  /** @internal Where memory keeps the value of a key, for `hitAt`; `undefined` when it does not. */
  placeOf(key: string): StorePlace | undefined {
    const internal = this.#space.tryInternal(key);
    return internal === undefined ? undefined : this.#hits.placeOf(internal);
  }

  /**
   * @internal What `hit` answers for the key of a place, without looking for the key. Where it has no answer it counts
   * nothing, and `hit` may have one.
   */
  hitAt<T>(place: StorePlace): Promise<T> | undefined {
    return this.#hits.at<T>(place);
  }

  /** @internal The second half of `getOrCompute`: what happens when memory has no answer. */
  computeMissing<T>(key: string, loader: Loader<T>, options?: ComputeOptions<T>): Promise<T> {
    // Not async: ten thousand callers of one key share one promise, without a frame for each.
    try {
      const { engine, clones } = this.#parts;
      const internal = this.#space.toInternal(key);
      // What memory has although it was not answered: it is to be loaded ahead of its time.
      const due = this.#hits.look(internal);
      const joined = due === undefined ? engine.join(internal) : undefined;
      const result = joined ?? this.#compute(internal, loader, options, due);
      const shared = result as Promise<T>;
      return clones ? shared.then((value) => this.#give(value)) : shared;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The values of many keys: one round trip per tier, and one call of `loadMissing` for all that no tier has
   * and nobody else is loading. A key that its answer lacks is absent, and not in the result.
   */
  async getOrComputeMany<T>(
    keys: Iterable<string>,
    loadMissing: BatchLoader<T>,
    options?: ComputeOptions<T>,
  ): Promise<Map<string, T>> {
    const { values, missing } = this.#fromMemory<T>(keys);
    if (missing.length > 0) {
      const { engine, defaults } = this.#parts;
      const policy = keepPolicy(options, defaults);
      const computed = await engine.computeMany(missing, callBatchLoader(loadMissing), policy);
      for (const internal of missing) this.#put(values, internal, computed.get(internal));
    }
    return values;
  }

  /**
   * Has the values of many keys at hand before anybody asks for them: each is looked up, and loaded where no tier
   * has it, as by `getOrCompute`. A few are under way at the same time, and of an iterable no more keys are read
   * than that. A load that fails is counted, and does not stop it.
   *
   * @returns what became of the keys. It rejects at once, and loads that are under way go on, when `signal` is
   *   aborted (with its reason), when the keys cannot be read (with the iterable's error), and on `close()`
   * @throws InvalidKeyError at the first key that is none; InvalidOptionError and InvalidTtlError before any is read
   */
  async warmUp<T>(
    keys: Iterable<string> | AsyncIterable<string>,
    loader: Loader<T>,
    options: WarmUpOptions<T> = {},
  ): Promise<WarmUpProgress> {
    const { engine, defaults, warmUps } = this.#parts;
    engine.assertOpen();
    assertFunction(loader, 'loader');
    const { settings, compute } = warmUpSettings(options);
    keepPolicy(compute, defaults);
    return warmUps.run(keys, settings, (key) => {
      this.#space.toInternal(key);
      return warmKey(key, loader, (watched) => this.getOrCompute(key, watched, compute));
    });
  }

  /** @internal Counts what the cache's warm-ups do from now on, in all namespaces. */
  tallyWarmUps(): WarmUpTally {
    return this.#parts.warmUps.tally();
  }

  /**
   * The value that the first tier keeps in memory, at once; `undefined` when it has none, or is not a memory
   * tier. It is not counted.
   */
  peek<T>(key: string): T | undefined {
    const internal = this.#space.toInternal(key);
    this.#parts.engine.assertOpen();
    return this.#give(this.#hits.look(internal)?.value as T | undefined);
  }

  /**
   * Stores a value in every tier; who reads on this instance meanwhile has it already. Loads of the key that are under
   * way are answered, but not kept.
   *
   * @throws SerializationError when a tier of bytes cannot store the value as it is
   */
  async set<T>(key: string, value: T, options?: SetOptions<T>): Promise<void> {
    const { engine, defaults } = this.#parts;
    const policy = storePolicy(options, defaults);
    await engine.store([this.#own(key, value)], policy);
  }

  /** Stores many values. One round trip per tier for every 250 of them. */
  async setMany<T>(
    entries: Iterable<readonly [key: string, value: T]>,
    options?: SetOptions<T>,
  ): Promise<void> {
    const { engine, defaults } = this.#parts;
    const policy = storePolicy(options, defaults);
    await engine.store(this.#given(entries), policy);
  }

  /**
   * Stores a value in every tier like `set`, and has the instances that hold an older one fetch it at once:
   * nobody waits for it at the next read. Without a bus that instances share it is `set`.
   *
   * @throws SerializationError when a tier of bytes cannot store the value as it is
   */
  async update<T>(key: string, value: T, options?: SetOptions<T>): Promise<void> {
    const { engine, defaults } = this.#parts;
    const policy = storePolicy(options, defaults);
    await engine.store([this.#own(key, value)], policy, true);
  }

  /**
   * Loads the value whatever the tiers hold, and stores it in all of them. Where the new value is not to be
   * kept (it is "absent" and there is no `negativeTtl`, or `unless` says so), the key is removed.
   */
  async refresh<T>(key: string, loader: Loader<T>, options?: ComputeOptions<T>): Promise<T> {
    const { engine, defaults, give } = this.#parts;
    const internal = this.#space.toInternal(key);
    const policy = keepPolicy(options, defaults);
    const value = await engine.reload(internal, callLoader(key, loader, give), policy);
    return this.#give(value as T);
  }

  /** Removes a key from every tier. When it has resolved, no load that began before it will be kept. */
  remove(key: string, options?: RemoveOptions): Promise<void> {
    return this.removeMany([key], options);
  }

  /** Removes many keys. One round trip per tier, for up to some thousand of them. */
  async removeMany(keys: Iterable<string>, options?: RemoveOptions): Promise<void> {
    const holdFor = checkRemoveOptions(options);
    const internals = new Set<string>();
    for (const key of itemsOf(keys, 'keys')) internals.add(this.#space.toInternal(key as string));
    await this.#parts.engine.remove([...internals], holdFor);
  }

  /**
   * Makes a value stale: who asks for it next has it loaded anew, and the old value is kept for where that fails, for
   * as long as its `staleFor` says. A value without `staleFor`, or that is being loaded anew, is removed.
   *
   * @throws SerializationError when the value was stored with `type`, and this is not given
   */
  async expire<T>(key: string, options?: GetOptions<T>): Promise<void> {
    await this.#parts.engine.expire(this.#space.toInternal(key), readType(options));
  }

  /**
   * Voids every value that was stored with one of the tags, in all namespaces and on all instances that share the
   * log. It costs the same whatever the number of values. Values of other processes in a tier that has no such
   * log are never answered if they have tags.
   *
   * @throws InvalidOptionError when it is not a list of tags
   */
  async invalidateTags(tags: readonly string[]): Promise<void> {
    const { engine, events } = this.#parts;
    engine.assertOpen();
    const given = checkTagList(tags, 'tags');
    if (given.length === 0) return;
    await engine.remover.invalidateTags(given);
    events.emit({ type: 'invalidateTags', tags: given });
  }

  /**
   * Removes the keys of this namespace that match: `*` any run of characters, `?` one, `\` escapes. It scans
   * the lower tiers' keys: for what is invalidated often, keep the keys at hand.
   *
   * @throws InvalidPatternError
   * @throws UnsupportedError when the backend of a tier has no `removePattern`
   */
  async removePattern(pattern: string): Promise<void> {
    compilePattern(pattern);
    const { engine, events } = this.#parts;
    engine.assertOpen();
    await engine.remover.removePattern(this.#space, pattern);
    events.emit({ type: 'removePattern', pattern, namespace: this.#space.path });
  }

  /**
   * Removes everything in this namespace, and in those inside it. Where instances share a log, as they do with a
   * Redis tier, it costs one round trip, whatever is stored: what is void is not touched, and goes when its ttl ends.
   *
   * @throws UnsupportedError when there is no such log, and the backend of a tier has no `removePattern`
   */
  async clear(): Promise<void> {
    const { engine, events } = this.#parts;
    engine.assertOpen();
    await engine.remover.clear(this.#space);
    events.emit({ type: 'clear', namespace: this.#space.path });
  }

  /**
   * The same cache with keys of their own: what is stored there does not meet the keys here, and `clear`
   * there clears it alone. The tiers, their limits, stats and events are shared.
   *
   * @param name 1 to 64 of the characters A-Z, a-z, 0-9, '_', '.', '-'
   */
  namespace(name: string): TieredCache {
    return new TieredCache(this.#parts, this.#space.child(name));
  }

  /**
   * The invalidations of all instances that share the log, as they are applied here: who asked for them, when, and
   * what they void. It ends with the cache.
   */
  invalidations(options: InvalidationsOptions = {}): Observable<InvalidationRecord> {
    return this.#parts.audit.observe(options);
  }

  /** What the cache has done since it was made. */
  stats(): CacheStats {
    return this.#parts.stats();
  }

  /** Asks every tier for a round trip, connecting where needed. It never rejects. */
  healthCheck(): Promise<CacheHealth> {
    return this.#parts.health();
  }

  /** The backend of a tier, by the tier's name. @throws InvalidOptionError when there is no such tier */
  backend(tier: string): CacheBackend {
    return this.#parts.tierNamed(tier).bare;
  }

  /** The tiers' names, nearest first. */
  get tierNames(): readonly string[] {
    return this.#parts.tiers.map(({ name }) => name);
  }

  /** Ends the cache, with all its namespaces, and closes the backends that it has made. Closing twice is fine. */
  close(): Promise<void> {
    return this.#parts.close();
  }

  #found(key: string): Entry | undefined {
    const internal = this.#space.tryInternal(key);
    return internal === undefined ? undefined : this.#hits.find(internal);
  }

  #compute<T>(
    internal: string,
    loader: Loader<T>,
    options: ComputeOptions<T> | undefined,
    due: Entry | undefined,
  ): Promise<unknown> {
    const { engine, defaults, give } = this.#parts;
    const load = callLoader(keyParts(internal).key, loader, give);
    const policy = keepPolicy(options, defaults);
    if (due === undefined) return engine.compute(internal, load, policy);
    engine.refreshAhead(internal, load, policy, due);
    return Promise.resolve(due.value);
  }

  async #findBelow<T>(key: string, options?: GetOptions<T>): Promise<T | undefined> {
    const internal = this.#space.toInternal(key);
    const entry = await this.#parts.engine.find(internal, readType(options));
    return this.#give(entry?.value as T | undefined);
  }

  /**
   * What memory holds of `keys`, and the internal keys of the others, each once. The others have their places
   * among the values, so that these stand in the order of the keys, whoever answers them.
   */
  #fromMemory<T>(keys: Iterable<string>): { values: Map<string, T>; missing: string[] } {
    this.#parts.engine.assertOpen();
    const values = new Map<string, T>();
    const seen = new Set<string>();
    const missing: string[] = [];
    for (const key of itemsOf(keys, 'keys') as Iterable<string>) {
      const internal = this.#space.toInternal(key);
      if (seen.has(internal)) continue;
      seen.add(internal);
      const entry = this.#hits.find(internal);
      values.set(key, undefined as T);
      if (entry === undefined) missing.push(internal);
      else this.#put(values, internal, entry.value);
    }
    return { values, missing };
  }

  /** A value as it is kept, by its internal key. */
  #own(key: string, value: unknown): GivenValue {
    const internal = this.#space.toInternal(key);
    assertValue(value);
    return { key: internal, value: this.#parts.own(value) };
  }

  /** The same for many; of those with one key, the last. */
  #given<T>(entries: Iterable<readonly [key: string, value: T]>): GivenValue[] {
    const given = new Map<string, GivenValue>();
    for (const [key, value] of pairsOf(entries, 'entries')) {
      const one = this.#own(key as string, value);
      given.set(one.key, one);
    }
    return Array.from(given.values());
  }

  #put<T>(values: Map<string, T>, internal: string, value: unknown): void {
    const { key } = keyParts(internal);
    if (value === undefined) values.delete(key);
    else values.set(key, this.#give(value as T));
  }

  #give<T>(value: T): T {
    return this.#parts.give(value);
  }
}
