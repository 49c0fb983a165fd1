import type { Awaitable } from '../../contract/cache-backend.js';
import type { Clock } from '../../contract/clock.js';
import type { Entry } from '../../contract/entry.js';
import type { Admission } from '../coherence/admission.js';
import type { BackgroundWrites } from '../loading/background-writes.js';
import { fresher, isFresh } from './cache-entry.js';
import { isPromise } from '../is-promise.js';
import type { CacheEvents } from '../watching/cache-events.js';
import type { ChainWriter, StoreOptions } from './chain-writer.js';
import type { Coherence } from '../coherence/coherence.js';
import { EntryTier } from './entry-tier.js';
import { FencedEntry, FencedTier } from '../fences/fenced-tier.js';
import { keyParts } from '../key-space.js';
import { isRefusal, type TierCalls } from './tier-calls.js';
import type { Tier } from './tier.js';
import type { WritesUnderWay } from '../coherence/writes-under-way.js';

/** What a walk down the chain found. */
export interface Found {
  readonly entry: Entry | undefined;
  /** Where there is no fresh one: what has not been stale for the shortest time. */
  readonly stale: Entry | undefined;
  /** Tiers that failed to answer; they are not worth a write in the same breath. */
  readonly failed: readonly Tier[];
  /** The token of what the fenced tier holds, where that may not be used. */
  readonly rejected: string | undefined;
}

/** What a walk for many keys found. */
export interface FoundMany {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly stale: ReadonlyMap<string, Entry>;
  readonly failed: readonly Tier[];
  /** The tokens of what the fenced tier holds, where that may not be used, by key. */
  readonly rejected: ReadonlyMap<string, string>;
}

/** What an entry of a tier is good for. */
type Verdict = 'fresh' | 'stale' | 'void';

export interface ReadOptions extends StoreOptions {
  /** Whether no caller has asked for it: then it is not counted. */
  readonly silent?: boolean | undefined;
}

/** What the reader takes from the cache. */
export interface ChainReaderContext {
  readonly calls: TierCalls;
  readonly writer: ChainWriter;
  readonly clock: Clock;
  readonly events: CacheEvents;
  readonly underWay: WritesUnderWay;
  readonly admission: Admission;
  readonly coherence: Coherence;
  readonly background: BackgroundWrites;
  /** A number from 0 to below 1; draws which hits are promoted. */
  readonly random: () => number;
}

/** Reads from tier to tier, from the top down. A tier that fails counts as a miss there. */
export class ChainReader {
  readonly #tiersAbove: ReadonlyMap<Tier, readonly Tier[]>;

  constructor(
    /** The tiers to ask: those below memory, which the cache asks itself. */
    private readonly tiers: readonly Tier[],
    /** All tiers, for promotion. */
    chain: readonly Tier[],
    private readonly context: ChainReaderContext,
  ) {
    this.#tiersAbove = new Map(chain.map((tier, index) => [tier, chain.slice(0, index)]));
  }

  /** The nearest entry of a key, promoted to the tiers above it. */
  async find(key: string, options: ReadOptions): Promise<Found> {
    const failed: Tier[] = [];
    let rejected: string | undefined;
    let stale: Entry | undefined;
    for (const tier of this.tiers) {
      const entry = this.#isUnsure(key)
        ? undefined
        : await this.#ask(tier, failed, undefined, () => tier.read(key, options.type));
      if (entry !== undefined) {
        const judged = this.#judge(tier, key, entry);
        // Nothing is waited for that is known: this is the way of every hit below memory.
        const verdict = isPromise(judged) ? await judged : judged;
        if (verdict === 'fresh') {
          if (options.silent !== true) {
            tier.counters.hits++;
            this.#announce('hit', tier, [key]);
          }
          const above = this.#above(tier, failed);
          if (above.length > 0) {
            const old = new Map(rejected === undefined ? [] : [[key, rejected]]);
            await this.#promote(tier, above, [{ key, entry }], old, options);
          }
          return { entry, stale: undefined, failed, rejected: undefined };
        }
        if (entry instanceof FencedEntry) rejected = entry.token;
        if (verdict === 'stale') stale = fresher(entry, stale);
      }
      if (options.silent !== true) tier.counters.misses++;
    }
    return { entry: undefined, stale, failed, rejected };
  }

  /** The same for many keys: each tier is asked once, for all that the tiers above it lacked. */
  async findMany(keys: readonly string[], options: StoreOptions): Promise<FoundMany> {
    const entries = new Map<string, Entry>();
    const failed: Tier[] = [];
    const rejected = new Map<string, string>();
    const stale = new Map<string, Entry>();
    let missing = keys;
    for (const tier of this.tiers) {
      if (missing.length === 0) break;
      const asked = missing.filter((key) => !this.#isUnsure(key));
      const answers =
        asked.length === 0
          ? []
          : await this.#ask(tier, failed, [], () => tier.readMany(asked, options.type));
      const found = asked.flatMap((key, index) => {
        const entry = answers[index];
        return entry === undefined ? [] : [{ key, entry }];
      });
      const verdicts = await Promise.all(
        found.map(async ({ key, entry }) => this.#judge(tier, key, entry)),
      );
      const hits: typeof found = [];
      for (const [index, hit] of found.entries()) {
        const { key, entry } = hit;
        if (verdicts[index] === 'fresh') {
          hits.push(hit);
          entries.set(key, entry);
          continue;
        }
        if (entry instanceof FencedEntry) rejected.set(key, entry.token);
        if (verdicts[index] === 'stale') stale.set(key, fresher(entry, stale.get(key)));
      }
      missing = missing.filter((key) => !entries.has(key));
      tier.counters.hits += hits.length;
      tier.counters.misses += missing.length;
      this.#announce(
        'hit',
        tier,
        hits.map(({ key }) => key),
      );
      const above = this.#above(tier, failed);
      if (above.length > 0 && hits.length > 0) {
        await this.#promote(tier, above, hits, rejected, options);
      }
    }
    return { entries, stale, failed, rejected };
  }

  /** Whether what the tiers answer for a key may have been invalidated before they are asked. */
  #isUnsure(key: string): boolean {
    const { underWay, admission } = this.context;
    return underWay.isOutdated(key) || admission.bars(key);
  }

  async #ask<T>(tier: Tier, failed: Tier[], miss: T, read: () => Awaitable<T>): Promise<T> {
    const { calls, clock } = this.context;
    const started = clock.now();
    let isRead = true;
    try {
      return await read();
    } catch (error) {
      isRead = !isRefusal(error);
      calls.failure(tier, 'read', error);
      failed.push(tier);
      return miss;
    } finally {
      if (isRead) tier.counters.latency.record(clock.now() - started);
    }
  }

  async #promote(
    source: Tier,
    above: readonly Tier[],
    hits: readonly { readonly key: string; readonly entry: Entry }[],
    rejected: ReadonlyMap<string, string>,
    options: StoreOptions,
  ): Promise<void> {
    const { underWay } = this.context;
    const chosen = hits.filter(({ key }) => !underWay.has(key) && this.#draws(source));
    if (chosen.length === 0) return;
    for (const tier of above) {
      tier.counters.promotions += chosen.length;
      this.#announce(
        'promotion',
        tier,
        chosen.map(({ key }) => key),
      );
    }
    const open = above.filter((tier) => !(tier instanceof FencedTier));
    await this.context.writer.store(
      chosen.map(({ key, entry }) => ({ key, record: entry, ends: entry })),
      { ...options, inBackground: true },
      open,
    );
    // What others have removed may stand in a tier of this process for a while: it is not to come back to them.
    const fences =
      source instanceof EntryTier ? [] : above.filter((tier) => tier instanceof FencedTier);
    for (const fence of fences) {
      const keys = chosen.map(({ key }) => key);
      const written = this.context.calls.attempt(
        fence,
        'write',
        () => fence.promote(keys, source, rejected, options.type),
        () => undefined,
      );
      await this.context.background.unlessIn(fence, written);
    }
  }

  /** The tiers above one, but for those that have just failed. */
  #above(tier: Tier, failed: readonly Tier[]): readonly Tier[] {
    const above = this.#tiersAbove.get(tier) ?? [];
    return failed.length === 0 ? above : above.filter((each) => !failed.includes(each));
  }

  #judge(tier: Tier, key: string, entry: Entry): Awaitable<Verdict> {
    const { admission, coherence } = this.context;
    // Of the removal of a key, a tier of this process hears by messages alone: the keeper cannot vouch for what it has.
    const admitted =
      tier instanceof EntryTier ? coherence.trusts(key, entry) : admission.admits(key, entry);
    return isPromise(admitted)
      ? admitted.then((isAdmitted) => this.#verdict(entry, isAdmitted))
      : this.#verdict(entry, admitted);
  }

  #verdict(entry: Entry, isAdmitted: boolean): Verdict {
    if (!isAdmitted) return 'void';
    return isFresh(entry, this.context.clock.now()) ? 'fresh' : 'stale';
  }

  /** Random, not every n-th: a regular pattern of reads would promote the same keys for ever. */
  #draws({ promotion }: Tier): boolean {
    return promotion === 1 || (promotion > 1 && this.context.random() * promotion < 1);
  }

  #announce(type: 'hit' | 'promotion', tier: Tier, keys: readonly string[]): void {
    if (!this.context.events.observed) return;
    for (const key of keys) {
      this.context.events.emit({ type, tier: tier.name, ...keyParts(key) });
    }
  }
}
