import type { Clock } from '../../contract/clock.js';
import type { BackendError } from '../../contract/errors.js';
import { toTierWrite, type ChainWrite, type ChainWriter } from '../tiers/chain-writer.js';
import type { FencedTier } from './fenced-tier.js';
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
 * Stores values that the caller brings, in the place of whatever stands there. Where two writers race, one fills
 * the fenced tier, and neither keeps in memory what the other's message has overtaken.
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
    const { fence, above, below, calls, writer, log, invalidations, clock } = this.context;
    const { nameOf, onFenced } = this.context;
    const now = clock.now();
    const items = writes.map((write) => toTierWrite(write, fence, now));
    fence.counters.writes += items.length;
    const failures = await this.#removeBelow(writes);
    const { removed, filled } = fence.replace(items, type);
    const outcomes = Promise.allSettled(filled);
    const landed = removed.then(() => outcomes);
    const scope = { keys: writes.map(({ key }) => nameOf(key)), ...(push && { push }) };
    let isRecorded = true;
    await calls.attempt(
      fence,
      'write',
      () => invalidations.record(scope, landed),
      (failure) => {
        isRecorded = false;
        failures.unshift(failure);
      },
    );
    const kept: ChainWrite[] = [];
    (await outcomes).forEach((outcome, index) => {
      const write = writes[index];
      const isStored = outcome.status === 'fulfilled' && outcome.value;
      if (outcome.status === 'rejected' && isRecorded) {
        failures.push(calls.failure(fence, 'write', outcome.reason));
      }
      if (write !== undefined && (isStored || !isRecorded)) kept.push(write);
    });
    const others = isRecorded ? [...above, ...below] : above;
    const current = kept.filter(({ key }) => log.isCurrent(key, position));
    for (const { key } of kept) if (!log.isCurrent(key, position)) onFenced(key);
    // What was read before the removal may be on its way up: it is not to cover what is stored now.
    log.record(current.map(({ key }) => key));
    failures.push(...(await writer.store(current, { type, position: log.position }, others)));
    const refused = writes.filter((write) => !kept.includes(write)).map(({ key }) => key);
    if (refused.length > 0) await writer.remove(refused, nothing, above);
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

/** The fenced tier is not among those above it. */
async function nothing(): Promise<void> {}
