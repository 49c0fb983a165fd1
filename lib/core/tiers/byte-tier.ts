import type { Awaitable, CacheBackend } from '../../contract/cache-backend.js';
import {
  isBatch,
  isTtlAware,
  type BatchBackend,
  type StoredValue,
  type StoreRequest,
  type TtlAwareBackend,
} from '../../contract/capabilities.js';
import type { Clock } from '../../contract/clock.js';
import type { Codec } from '../../contract/codec.js';
import type { Entry } from '../../contract/entry.js';
import { SerializationError, UnsupportedError } from '../../contract/errors.js';
import { escapePattern } from '../../contract/pattern.js';
import type { Breaker } from './breaker.js';
import type { CallLimit } from './call-limit.js';
import { CacheEntry, type CacheRecord } from './cache-entry.js';
import type { TierCounters } from '../watching/cache-stats.js';
import { freezeData } from '../copy-freeze.js';
import type { CopyMode } from '../copy.js';
import { decodeEnvelope, encodeEnvelope } from '../stored/envelope.js';
import { storedKey, storedPrefix, type KeySpace } from '../key-space.js';
import type { Sealer } from '../stored/sealer.js';
import { freshLeft, keptFor, type Tier, type TierSettings, type TierWrite } from './tier.js';
import { UndecipherableError } from '../stored/undecipherable-error.js';
import { fromStored, toStored, type ValueType } from '../stored/value-type.js';

/** What a tier of bytes needs beside its policy. */
export interface ByteTierContext {
  /** The cache's namespace, which its keys begin with. */
  readonly root: string;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly copy: CopyMode;
  readonly sealer: Sealer;
}

/** How a tier is read. */
export interface Reading {
  readonly type: ValueType | undefined;
  /** When the backend was asked, in `Clock.now()`. */
  readonly askedAt: number;
}

/** A tier that keeps values as bytes, in envelopes, behind any `CacheBackend`. */
export class ByteTier implements Tier {
  readonly name: string;
  readonly bare: CacheBackend;
  readonly breaker: Breaker | undefined;
  readonly limit: CallLimit | undefined;
  readonly owned: boolean;
  readonly ttlScale: number;
  readonly promotion: number;
  readonly writesInBackground: boolean;
  readonly counters: TierCounters;
  readonly #batch: BatchBackend | undefined;
  readonly #ttlAware: TtlAwareBackend | undefined;

  constructor(
    readonly backend: CacheBackend,
    settings: TierSettings,
    protected readonly context: ByteTierContext,
  ) {
    this.name = settings.name;
    this.bare = settings.bare;
    this.breaker = settings.breaker;
    this.limit = settings.limit;
    this.owned = settings.owned;
    this.ttlScale = settings.ttlScale;
    this.promotion = settings.promotion;
    this.writesInBackground = settings.writesInBackground;
    this.counters = settings.counters;
    this.#batch = isBatch(backend) ? backend : undefined;
    this.#ttlAware = isTtlAware(backend) ? backend : undefined;
  }

  get removesPatterns(): boolean {
    return this.backend.removePattern !== undefined;
  }

  async read(key: string, type: ValueType | undefined): Promise<Entry | undefined> {
    const stored = this.storedKey(key);
    const askedAt = this.context.clock.now();
    if (this.#ttlAware !== undefined) {
      return this.decode(stored, await this.#ttlAware.getWithTtl(stored), { type, askedAt });
    }
    const value = await this.backend.get(stored);
    return this.decode(stored, value && { value, ttl: undefined }, { type, askedAt });
  }

  async readMany(
    keys: readonly string[],
    type: ValueType | undefined,
  ): Promise<readonly (Entry | undefined)[]> {
    if (this.#batch === undefined) {
      return Promise.all(keys.map((key) => this.read(key, type)));
    }
    const stored = keys.map((key) => this.storedKey(key));
    const askedAt = this.context.clock.now();
    const values = await this.#batch.getMany(stored);
    return Promise.all(
      stored.map(async (key, index) => this.decode(key, values[index], { type, askedAt })),
    );
  }

  write(writes: readonly TierWrite[], type: ValueType | undefined): Awaitable<void> {
    const now = this.context.clock.now();
    const items: StoreRequest[] = [];
    const tooLarge: string[] = [];
    for (const { key, record, expiresAt } of writes) {
      const ttl = expiresAt - now;
      if (ttl <= 0) continue;
      const stored = this.storedKey(key);
      const value = this.encode(stored, record, ttl, type);
      if (value === undefined) tooLarge.push(key);
      else items.push({ key: stored, value, ttl });
    }
    if (tooLarge.length === 0) return this.#store(items);
    // The value that stands there is older than the one that is too large.
    return forEach([() => this.#store(items), () => this.remove(tooLarge)], (act) => act());
  }

  #store(items: readonly StoreRequest[]): Awaitable<void> {
    const [first] = items;
    if (first === undefined) return;
    if (items.length === 1) return this.backend.setWithTtl(first.key, first.value, first.ttl);
    if (this.#batch !== undefined) return this.#batch.setMany(items);
    return forEach(items, ({ key, value, ttl }) => this.backend.setWithTtl(key, value, ttl));
  }

  remove(keys: readonly string[]): Awaitable<void> {
    const stored = keys.map((key) => this.storedKey(key));
    const [first] = stored;
    if (first === undefined) return;
    if (stored.length === 1) return this.backend.remove(first);
    if (this.#batch !== undefined) return this.#batch.removeMany(stored);
    return forEach(stored, (key) => this.backend.remove(key));
  }

  removePattern(space: KeySpace, pattern: string): Awaitable<void> {
    return this.#removeMatching(
      escapePattern(storedPrefix(this.context.root, space.path)) + pattern,
    );
  }

  clear(space: KeySpace): Awaitable<void> {
    // Names hold no ':', so what begins with `root:path:` is in this namespace or inside it.
    const path = space.path === '' ? '' : `${space.path}:`;
    return this.#removeMatching(`${escapePattern(`${this.context.root}:${path}`)}*`);
  }

  #removeMatching(pattern: string): Awaitable<void> {
    if (this.backend.removePattern === undefined) {
      throw new UnsupportedError(
        `The backend of tier "${this.name}" has no removePattern: give it one, or remove keys one by one`,
      );
    }
    return this.backend.removePattern(pattern);
  }

  /**
   * What is to be stored; `undefined` where it is too large for the tier, which is counted.
   *
   * @param stored the key under which it will be stored
   */
  protected encode(
    stored: string,
    record: CacheRecord,
    remaining: number,
    type: ValueType | undefined,
  ): Uint8Array | undefined {
    // A copy that is to end before a whole ttl has passed is as old as what it was made of.
    const age = keptFor(record, this) - remaining;
    const envelope = encodeEnvelope(
      {
        value: type === undefined ? record.value : toStored(record.value, type),
        typed: type !== undefined,
        ttl: record.ttl,
        staleFor: record.staleFor,
        early: record.early,
        storedAt: this.context.clock.wallTime() - age,
        stamp: record.stamp,
        tags: record.tags,
        validators: record.validators,
      },
      this.context.codec,
    );
    const value = this.context.sealer.seal(envelope, stored);
    if (value === undefined) this.counters.tooLarge++;
    return value;
  }

  /**
   * The entry in an envelope. Bytes that are no envelope of ours would stay unreadable until they expire, so
   * they are dropped, counted and answered as a miss. What only lacks the key to it may be of use to others.
   */
  protected decode(
    key: string,
    stored: StoredValue | undefined,
    reading: Reading,
  ): Awaitable<CacheEntry | undefined> {
    if (stored === undefined) return undefined;
    try {
      return this.#toEntry(key, stored, reading);
    } catch (error) {
      if (error instanceof SerializationError) throw error;
      if (error instanceof UndecipherableError) {
        this.counters.undecipherable++;
        return undefined;
      }
      this.counters.undecodable++;
      return this.#drop(key);
    }
  }

  async #drop(key: string): Promise<undefined> {
    await this.backend.remove(key);
  }

  #toEntry(key: string, stored: StoredValue, { type, askedAt }: Reading): CacheEntry | undefined {
    const { codec, sealer } = this.context;
    const envelope = decodeEnvelope(sealer.open(stored.value, key), codec);
    if (envelope.typed && type === undefined) {
      throw new SerializationError(
        'The value was stored with the option "type": give the same "type" to read it',
      );
    }
    const { clock, copy } = this.context;
    const kept = keptFor(envelope, this);
    // A backend without `getWithTtl` leaves only wall clocks to tell the age, and another machine's may be ahead.
    const remaining = Math.min(stored.ttl ?? envelope.storedAt + kept - clock.wallTime(), kept);
    if (!(remaining >= 1)) return undefined;
    const left = Math.floor(remaining);
    const now = clock.now();
    const value =
      envelope.typed && type !== undefined ? fromStored(envelope.value, type) : envelope.value;
    return new CacheEntry(
      {
        value: copy === 'freeze' ? freezeData(value) : value,
        ttl: envelope.ttl,
        staleFor: envelope.staleFor,
        early: envelope.early,
        stamp: envelope.stamp,
        tags: envelope.tags,
        validators: envelope.validators,
        provenAt: askedAt,
      },
      { freshUntil: now + freshLeft(left, envelope, this), expiresAt: now + left },
    );
  }

  protected storedKey(key: string): string {
    return storedKey(this.context.root, key);
  }
}

async function forEach<T>(items: readonly T[], act: (item: T) => Awaitable<void>): Promise<void> {
  await Promise.all(items.map(async (item) => act(item)));
}
