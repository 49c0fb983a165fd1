import type { Awaitable } from '../../contract/cache-backend.js';
import type { FencedBackend, FencedValue, LeaseAnswer } from '../../contract/capabilities.js';
import type { Entry } from '../../contract/entry.js';
import { ByteTier, type ByteTierContext, type Reading } from '../tiers/byte-tier.js';
import { CacheEntry } from '../tiers/cache-entry.js';
import { isPromise } from '../is-promise.js';
import { endsIn, type Tier, type TierSettings, type TierWrite } from '../tiers/tier.js';
import { newToken } from './token.js';
import type { ValueType } from '../stored/value-type.js';

/** An entry with the token of its fill, by which it can be told to be old. */
export class FencedEntry extends CacheEntry {
  constructor(
    entry: Entry,
    readonly token: string,
  ) {
    super(entry, entry);
  }
}

/** What became of asking for a lease. */
export type TierLease =
  | { readonly outcome: 'hit'; readonly entry: FencedEntry }
  /** There is a value that cannot be read. */
  | { readonly outcome: 'unreadable'; readonly token: string }
  | Exclude<LeaseAnswer, { readonly outcome: 'hit' }>;

/** What replacing keys has begun. */
export interface Replacement {
  /** The old values are gone, and all leases with them. */
  readonly removed: Promise<void>;
  /**
   * For each key whether the new value may be kept: it was stored, or is too large for the tier; `false` where the key
   * is held empty, or the value has ended.
   */
  readonly stored: readonly Promise<boolean>[];
}

/** How long a lease lasts where nobody renews it, in milliseconds: what the death of its holder costs others. */
export const LEASE_DURATION = 1500;

/** A tier that only the holder of a key's lease may fill. */
export class FencedTier extends ByteTier {
  constructor(
    override readonly backend: FencedBackend,
    settings: TierSettings,
    context: ByteTierContext,
  ) {
    super(backend, settings, context);
  }

  override async read(key: string, type: ValueType | undefined): Promise<Entry | undefined> {
    const stored = this.storedKey(key);
    const askedAt = this.context.clock.now();
    return this.#entryOf(stored, await this.backend.getFenced(stored), { type, askedAt });
  }

  override async readMany(
    keys: readonly string[],
    type: ValueType | undefined,
  ): Promise<readonly (Entry | undefined)[]> {
    const stored = keys.map((key) => this.storedKey(key));
    const askedAt = this.context.clock.now();
    const found = await this.backend.getFencedMany(stored);
    return Promise.all(
      stored.map(async (key, index) => this.#entryOf(key, found[index], { type, askedAt })),
    );
  }

  /** Fills what nobody else holds: what is not granted is left to whoever holds it. */
  override async write(writes: readonly TierWrite[], type: ValueType | undefined): Promise<void> {
    const values = this.#encodeAll(writes, type);
    const now = this.context.clock.now();
    await Promise.all(
      writes.map(async ({ key, expiresAt }, index) => {
        const value = values[index];
        if (value === undefined || expiresAt <= now) return;
        const [stored, token] = [this.storedKey(key), newToken()];
        // The lease is asked for and used in one breath: without it, the fill is refused.
        await Promise.all([
          this.backend.lease(stored, token, LEASE_DURATION),
          this.backend.fill(stored, token, value, expiresAt - now),
        ]);
      }),
    );
  }

  /**
   * Copies what a lower tier holds. It is read again under the lease: what was read before may have been
   * invalidated since.
   *
   * @param rejected the tokens of what stands here and is old, by key
   */
  async promote(
    keys: readonly string[],
    source: Pick<Tier, 'read'>,
    rejected: ReadonlyMap<string, string>,
    type: ValueType | undefined,
  ): Promise<void> {
    await Promise.all(
      keys.map(async (key) => {
        const token = newToken();
        const stored = this.storedKey(key);
        const answer = await this.backend.lease(stored, token, LEASE_DURATION, rejected.get(key));
        if (answer.outcome !== 'granted') return;
        try {
          const entry = await source.read(key, type);
          if (entry === undefined) return await this.release(key, token);
          this.counters.writes++;
          const ends = endsIn(this, entry, this.context.clock.now(), entry);
          await this.storeUnder(token, { key, record: entry, ...ends }, type);
        } catch (error) {
          await this.release(key, token);
          throw error;
        }
      }),
    );
  }

  override remove(keys: readonly string[]): Awaitable<void> {
    return this.discard(keys);
  }

  /** The token of the value under a key, if there is one. */
  async tokenOf(key: string): Promise<string | undefined> {
    return (await this.backend.getFenced(this.storedKey(key)))?.token;
  }

  /** Asks for the right to fill a key; an entry that somebody has filled meanwhile is the answer too. */
  async lease(
    key: string,
    token: string,
    rejected: string | undefined,
    type: ValueType | undefined,
  ): Promise<TierLease> {
    const stored = this.storedKey(key);
    const askedAt = this.context.clock.now();
    const answer = await this.backend.lease(stored, token, LEASE_DURATION, rejected);
    if (answer.outcome !== 'hit') return answer;
    const entry = await this.#entryOf(stored, answer.found, { type, askedAt });
    return entry === undefined
      ? { outcome: 'unreadable', token: answer.found.token }
      : { outcome: 'hit', entry };
  }

  /**
   * Stores what the holder of the lease has loaded; `false` when the lease has been taken away. What is too large for
   * the tier ends the lease, and leaves nothing there.
   */
  async storeUnder(token: string, write: TierWrite, type: ValueType | undefined): Promise<boolean> {
    const ttl = write.expiresAt - this.context.clock.now();
    if (ttl < 1) {
      // Its time has ended while it was loaded: nobody could use it.
      await this.release(write.key, token);
      return false;
    }
    const stored = this.storedKey(write.key);
    const value = this.encode(stored, write.record, ttl, type);
    if (value !== undefined) return this.backend.fill(stored, token, value, ttl);
    // Whether the lease is still held says, as a fill would, whether the value has been overtaken.
    if (!(await this.renew(write.key, token))) return false;
    await this.discard([write.key]);
    return true;
  }

  renew(key: string, token: string): Awaitable<boolean> {
    return this.backend.renew(this.storedKey(key), token, LEASE_DURATION);
  }

  release(key: string, token: string): Awaitable<void> {
    return this.backend.release(this.storedKey(key), token);
  }

  /** Removes keys with their leases; with `holdFor`, nobody may fill them for so many milliseconds. */
  discard(keys: readonly string[], holdFor?: number): Awaitable<void> {
    return this.backend.discard(
      keys.map((key) => this.storedKey(key)),
      holdFor,
    );
  }

  /**
   * Puts new values in the place of whatever stands there. All of it is sent before any of it is answered.
   *
   * @throws SerializationError before anything is sent
   */
  replace(writes: readonly TierWrite[], type: ValueType | undefined): Replacement {
    const values = this.#encodeAll(writes, type);
    const now = this.context.clock.now();
    const stored = writes.map(async ({ key, expiresAt }, index) => {
      const value = values[index];
      if (value !== undefined && expiresAt > now) {
        return this.backend.replace(this.storedKey(key), newToken(), value, expiresAt - now);
      }
      await this.discard([key]);
      return value === undefined;
    });
    return { removed: this.#removeUnstored(writes, stored), stored };
  }

  /** What could not be stored may have left what stood there. */
  async #removeUnstored(
    writes: readonly TierWrite[],
    stored: readonly Promise<boolean>[],
  ): Promise<void> {
    const outcomes = await Promise.allSettled(stored);
    const failed = writes.filter((_, index) => outcomes[index]?.status === 'rejected');
    if (failed.length > 0) await this.discard(failed.map(({ key }) => key));
  }

  /** @returns `undefined` for what is too large */
  #encodeAll(
    writes: readonly TierWrite[],
    type: ValueType | undefined,
  ): (Uint8Array | undefined)[] {
    const now = this.context.clock.now();
    return writes.map(({ key, record, expiresAt }) =>
      this.encode(this.storedKey(key), record, expiresAt - now, type),
    );
  }

  #entryOf(
    key: string,
    found: FencedValue | undefined,
    reading: Reading,
  ): Awaitable<FencedEntry | undefined> {
    if (found === undefined) return undefined;
    const withToken = (entry: Entry | undefined): FencedEntry | undefined =>
      entry && new FencedEntry(entry, found.token);
    const decoded = this.decode(key, found, reading);
    return isPromise(decoded) ? decoded.then(withToken) : withToken(decoded);
  }
}
