import type { Clock } from '../../contract/clock.js';
import type { EntryStore } from '../../contract/capabilities.js';
import type { Entry } from '../../contract/entry.js';
import { fresher, isFresh } from '../tiers/cache-entry.js';
import type { CacheEvents, StaleReason } from '../watching/cache-events.js';
import type { CacheCounters } from '../watching/cache-stats.js';
import type { Found } from '../tiers/chain-reader.js';
import type { Coherence } from '../coherence/coherence.js';
import type { InvalidationLog } from '../coherence/invalidation-log.js';
import { keyParts } from '../key-space.js';
import { RecentFailures, type Failure } from './recent-failures.js';
import type { ValueType } from '../stored/value-type.js';

/** A value that may be answered where its load is slow or fails. */
export interface Fallback {
  readonly entry: Entry;
  /** The position in the invalidation log of this process when it was asked for. */
  readonly position: number;
}

/** A load that has failed, and for how many milliseconds it is not tried again. */
export interface FailedLoad extends Omit<Failure, 'at' | 'until'> {
  readonly pause: number;
}

/** What fallbacks take from the cache. */
export interface FallbacksContext {
  readonly memory: EntryStore | undefined;
  readonly clock: Clock;
  readonly log: InvalidationLog;
  readonly coherence: Coherence;
  readonly counters: CacheCounters;
  readonly events: CacheEvents;
  readonly search: (key: string, type: ValueType | undefined) => Promise<Found>;
}

/**
 * What is answered where a load is slow or fails: a value whose ttl has ended, and that nothing has voided. It is
 * written nowhere, so that no other reader takes it for more than it is.
 */
export class Fallbacks {
  readonly #failures: RecentFailures;

  constructor(private readonly context: FallbacksContext) {
    this.#failures = new RecentFailures(context.clock);
  }

  /** What memory has to fall back on. */
  held(key: string): Fallback | undefined {
    const { memory, log } = this.context;
    let entry: Entry | undefined;
    try {
      entry = memory?.getEntry(key);
    } catch {
      // The read that looked for a fresh value has counted it.
    }
    if (entry === undefined) return undefined;
    const fallback = { entry, position: log.position };
    return this.usable(key, fallback) && fallback;
  }

  /** Its entry, if it is proved that nothing has voided it. */
  usable(key: string, fallback: Fallback | undefined): Entry | undefined {
    if (fallback === undefined) return undefined;
    const { log, coherence, clock } = this.context;
    const { entry, position } = fallback;
    return clock.now() < entry.expiresAt &&
      log.isCurrent(key, position) &&
      coherence.trusts(key, entry)
      ? entry
      : undefined;
  }

  /** The one of two that has been stale for a shorter time: a tier may have missed what another has. */
  younger(
    key: string,
    one: Fallback | undefined,
    other: Fallback | undefined,
  ): Fallback | undefined {
    if (one === undefined || this.usable(key, one) === undefined) return other ?? one;
    return other === undefined || fresher(one.entry, other.entry) === one.entry ? one : other;
  }

  /** The entry of a fallback that may be used; where nothing is proved, the tiers are asked once more. */
  async usableAtLast(
    key: string,
    fallback: Fallback | undefined,
    type: ValueType | undefined,
  ): Promise<Entry | undefined> {
    if (fallback === undefined) return undefined;
    return this.usable(key, fallback) ?? this.#foundBelow(key, type);
  }

  /** What there is of a key for somebody who has waited for a refresh in vain. */
  async afterRefresh(key: string, type: ValueType | undefined): Promise<Entry | undefined> {
    return this.held(key)?.entry ?? this.#foundBelow(key, type);
  }

  async #foundBelow(key: string, type: ValueType | undefined): Promise<Entry | undefined> {
    const { position } = this.context.log;
    try {
      const found = await this.context.search(key, type);
      return this.context.log.isCurrent(key, position) ? (found.entry ?? found.stale) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether the load of the key has failed so lately that it is not tried again. */
  recentFailure(key: string): Failure | undefined {
    if (this.#failures.size === 0) return undefined;
    const failure = this.#failures.of(key);
    if (failure === undefined) return undefined;
    return this.context.log.isCurrent(key, failure.position) ? failure : undefined;
  }

  /** Whether the error of a failed load is given to callers who remember it for so long. */
  repeats({ at, beginning }: Failure, errorTtl: number): boolean {
    const { clock, coherence } = this.context;
    // It is what a load would come to as long as nothing was invalidated, as far as is known.
    return clock.now() < at + errorTtl && coherence.mayJoin(beginning);
  }

  failed(key: string, { pause, ...load }: FailedLoad): void {
    const at = this.context.clock.now();
    if (pause > 0) this.#failures.note(key, { ...load, at, until: at + pause });
  }

  succeeded(key: string): void {
    if (this.#failures.size > 0) this.#failures.forget(key);
  }

  /** Counts and announces an answer that is stale; one that was only to be loaded ahead of its time is not. */
  served(key: string, entry: Entry, reason: StaleReason): void {
    const { counters, events, clock } = this.context;
    if (isFresh(entry, clock.now())) return;
    counters.stale++;
    if (events.observed) events.emit({ type: 'stale', reason, ...keyParts(key) });
  }
}
