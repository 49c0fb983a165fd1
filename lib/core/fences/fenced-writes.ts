import type { Clock } from '../../contract/clock.js';
import type { BackendError } from '../../contract/errors.js';
import { toTierWrite, type ChainWrite, type ChainWriter } from '../tiers/chain-writer.js';
import { EntryTier } from '../tiers/entry-tier.js';
import type { FencedTier } from './fenced-tier.js';
import type { Holds } from '../coherence/holds.js';
import type { InvalidationLog } from '../coherence/invalidation-log.js';
import type { Invalidations } from '../coherence/invalidations.js';
import type { TierCalls } from '../tiers/tier-calls.js';
import type { Tier } from '../tiers/tier.js';
import type { ValueType } from '../stored/value-type.js';

/** What fenced writes take from the cache. */
export interface FencedWritesContext {
  readonly fence: FencedTier;
  /** The tiers above and below the fenced one. */
  readonly above: readonly Tier[];
  readonly below: readonly Tier[];
  readonly calls: TierCalls;
  readonly writer: ChainWriter;
  readonly log: InvalidationLog;
  readonly invalidations: Invalidations;
  readonly clock: Clock;
  readonly holds: Holds;
  readonly nameOf: (key: string) => string;
  /** Called for each value that was not kept because its key had been invalidated. */
  readonly onFenced: (key: string) => void;
}

/** How values are stored that the caller brings. */
export interface FencedWriteOptions {
  readonly type: ValueType | undefined;
  /** Of the invalidation log of this process, when they were given. */
  readonly position: number;
  /** Whether instances that hold the old values are to fetch the new ones. */
  readonly push: boolean;
}

/**
 * Stores values that the caller brings, in the place of whatever stands there. Who reads here meanwhile finds them in
 * memory already. Where two writers race, one fills the fenced tier, and neither keeps in memory what the other's
 * message has overtaken.
 */
export class FencedWrites {
  constructor(private readonly context: FencedWritesContext) {}

  /**
   * Resolves with the failures. The keys' invalidation has been noted in this process before.
   *
   * @throws SerializationError before anything is stored
   */
  async store(
    writes: readonly ChainWrite[],
    { type, position, push }: FencedWriteOptions,
  ): Promise<BackendError[]> {
    const { fence, above, calls, writer, invalidations, clock, nameOf } = this.context;
    const now = clock.now();
    const items = writes.map((write) => toTierWrite(write, fence, now));
    fence.counters.writes += items.length;
    const failures = await this.#removeBelow(writes);
    const { removed, stored } = fence.replace(items, type);
    this.#show(writes, now);
    let kept: readonly ChainWrite[] = [];
    try {
      const outcomes = Promise.allSettled(stored);
      const scope = { keys: writes.map(({ key }) => nameOf(key)), ...(push && { push }) };
      let isRecorded = true;
      await calls.attempt(
        fence,
        'write',
        () => invalidations.record(scope, removed),
        (failure) => {
          isRecorded = false;
          failures.unshift(failure);
        },
      );
      const isKept = (await outcomes).map((outcome) => {
        if (outcome.status === 'fulfilled') return outcome.value || !isRecorded;
        if (isRecorded) failures.push(calls.failure(fence, 'write', outcome.reason));
        return !isRecorded;
      });
      kept = writes.filter((_, index) => isKept[index]);
      failures.push(...(await this.#keep(kept, { type, position, isRecorded })));
    } finally {
      const refused = keysWithout(writes, kept);
      if (refused.length > 0) await writer.remove(refused, nothing, above);
    }
    return failures;
  }

  /** At once: who reads here meanwhile is not sent to a lower tier. It is stored, and counted, when that has its own. */
  #show(writes: readonly ChainWrite[], now: number): void {
    const { above, holds } = this.context;
    const shown = writes.filter(({ key }) => !holds.has(key));
    for (const tier of above) {
      if (!(tier instanceof EntryTier)) continue;
      try {
        tier.write(shown.map((write) => toTierWrite(write, tier, now)));
      } catch {
        // It fails again, and is counted, when its tier's turn comes.
      }
    }
  }

  /**
   * Keeps what the fenced tier has in the others, where nothing has overtaken it. What was overtaken, though it may be by
   * something else that was not told apart, is not to leave there what was read before it.
   */
  async #keep(
    writes: readonly ChainWrite[],
    { type, position, isRecorded }: Omit<FencedWriteOptions, 'push'> & { isRecorded: boolean },
  ): Promise<readonly BackendError[]> {
    const { above, below, log, onFenced, writer } = this.context;
    const current = writes.filter(({ key }) => log.isCurrent(key, position));
    const overtaken = keysWithout(writes, current);
    for (const key of overtaken) onFenced(key);
    // What was read before the removal may be on its way up: it is not to cover what is stored now.
    log.record(current.map(({ key }) => key));
    const others = isRecorded ? [...above, ...below] : above;
    // Without waiting since it was found to be current: what is invalidated meanwhile is not to be kept.
    const failures = await writer.store(current, { type, position: log.position }, others);
    if (overtaken.length > 0) await writer.remove(overtaken, nothing, above);
    return failures;
  }

  /** Nobody is to find an old value there while the new one is under way. */
  async #removeBelow(writes: readonly ChainWrite[]): Promise<BackendError[]> {
    const { below, calls } = this.context;
    const keys = writes.map(({ key }) => key);
    const failures: BackendError[] = [];
    for (const tier of below.toReversed()) {
      await calls.attempt(
        tier,
        'remove',
        () => tier.remove(keys),
        (failure) => failures.push(failure),
      );
    }
    return failures;
  }
}

/** The keys of all that are not among `others`. */
function keysWithout(all: readonly ChainWrite[], others: readonly ChainWrite[]): string[] {
  const known = new Set(others);
  return all.filter((write) => !known.has(write)).map(({ key }) => key);
}

/** The fenced tier is not among those above it. */
async function nothing(): Promise<void> {}
