import type { Clock } from '../../contract/clock.js';
import type { Entry, Validators } from '../../contract/entry.js';
import type { CacheRecord } from '../tiers/cache-entry.js';
import type { CacheEvents } from '../watching/cache-events.js';
import type { CacheCounters } from '../watching/cache-stats.js';
import type { Coherence } from '../coherence/coherence.js';
import type { ChainWrite, ChainWriter } from '../tiers/chain-writer.js';
import type { Holds } from '../coherence/holds.js';
import type { InvalidationLog } from '../coherence/invalidation-log.js';
import { jittered } from './jitter.js';
import { keptTtl, type KeepPolicy } from '../keep-policy.js';
import type { LoadAbort } from './load-abort.js';
import type { LoadQueue } from './load-queue.js';
import { joinTags } from '../coherence/tags.js';
import type { Tier } from '../tiers/tier.js';

/** What a load is given. */
export interface LoadGiven {
  /** What the cache had of the key before, if it still has it. */
  readonly previous: Entry | undefined;
  readonly abort: LoadAbort;
}

/** Runs a loader. */
export type Load = (given: LoadGiven) => Promise<LoaderAnswer>;

/** What a loader answered, with what it said itself of how its value is kept, if anything. */
export interface LoaderAnswer {
  readonly value: unknown;
  readonly ttl: number | undefined;
  readonly staleFor: number | undefined;
  readonly tags: readonly string[] | undefined;
  readonly validators: Validators | undefined;
  /** Whether the value is the previous one, which the cache owns already. */
  readonly isUnchanged: boolean;
}

/** What a load brought. */
export interface Loaded extends LoaderAnswer {
  /** How long it took, in milliseconds. */
  readonly duration: number;
}

/** What was known when a load began: what is invalidated later is newer than what it reads. */
export interface LoadStart extends Pick<CacheRecord, 'stamp' | 'provenAt'> {
  /** Of the invalidation log of this process. */
  readonly position: number;
}

/** A load of one key that has ended. */
export interface EndedLoad {
  readonly loaded: Loaded;
  readonly start: LoadStart;
}

/** An answer, and how long it took, in milliseconds. */
export interface Timed<T> {
  readonly answer: T;
  readonly duration: number;
}

/** How a load came about, as far as it matters for what it brings. */
export interface LoadCircumstances {
  readonly start: LoadStart;
  /** Tiers that have just failed to answer; they are left out. */
  readonly failed?: readonly Tier[];
  /** Whether the tiers may hold older values. */
  readonly replaces?: boolean;
}

/** What the loads take from the cache. */
export interface LoadsContext {
  readonly tiers: readonly Tier[];
  readonly writer: ChainWriter;
  readonly clock: Clock;
  readonly events: CacheEvents;
  readonly counters: CacheCounters;
  readonly coherence: Coherence;
  readonly log: InvalidationLog;
  readonly holds: Holds;
  /** What lets only so many loads run at a time. */
  readonly queue: LoadQueue | undefined;
  readonly random: () => number;
  readonly onFenced: (key: string) => void;
}

/** Runs loads, and keeps what they bring. */
export class Loads {
  #ended = false;

  constructor(private readonly context: LoadsContext) {}

  /** Whether nothing is kept any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Does the work of a load when there is a place for it. Waiting for another process's load takes the place, too:
   * whoever waited for a place with a lease in hand would be in the way of those who need its key.
   *
   * @param act may leave the place before it has ended; where nobody waits for it any more, its place is free
   * @throws the abort's reason, when it comes before there is a place
   */
  async inPlace<T>(abort: LoadAbort, act: (leave: () => void) => Promise<T>): Promise<T> {
    const { queue } = this.context;
    if (queue === undefined) return act(() => undefined);
    const { signal } = abort;
    const leave = await queue.enter(signal);
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      return await act(leave);
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  /** A load that waits for a place is joined: where that is done by one which has a place, it must not wait. */
  letIn(abort: LoadAbort): void {
    const { queue } = this.context;
    if (queue?.isInside === true) queue.letIn(abort.signal);
  }

  /** Runs a load for so many keys: counted, timed and announced. */
  async run<T>(keys: number, load: () => Promise<T>, onFail: () => void): Promise<Timed<T>> {
    const { clock, counters, events, queue } = this.context;
    const started = clock.now();
    counters.loads++;
    try {
      const answer = await (queue === undefined ? load() : queue.run(load));
      const duration = clock.now() - started;
      if (events.observed) events.emit({ type: 'load', duration, keys });
      return { answer, duration };
    } catch (error) {
      onFail();
      counters.loadErrors++;
      if (events.observed) events.emit({ type: 'loadError', error, keys });
      throw error;
    }
  }

  /**
   * Stores what was loaded, as the policy says. A tier's failure is counted, and not the caller's.
   *
   * @throws SerializationError
   */
  async keep(
    values: ReadonlyMap<string, Loaded>,
    policy: KeepPolicy,
    { start, failed = [], replaces }: LoadCircumstances,
  ): Promise<void> {
    if (this.#ended) return;
    const { position } = start;
    const writes: ChainWrite[] = [];
    for (const [key, loaded] of values) {
      const record = this.toRecord(key, loaded, policy, start);
      if (record !== undefined) writes.push({ key, record });
    }
    const tiers = this.context.tiers.filter((tier) => !failed.includes(tier));
    const options = { type: policy.type, position, replaces, inBackground: true };
    await this.context.writer.store(writes, options, tiers);
  }

  /** What is kept of a load; `undefined` where it is not to be, or was overtaken. */
  toRecord(
    key: string,
    loaded: Loaded,
    policy: KeepPolicy,
    { stamp, provenAt }: LoadStart,
  ): CacheRecord | undefined {
    const { coherence, holds, onFenced, random } = this.context;
    const { value, validators } = loaded;
    const kept = keptTtl(value, policy, loaded.ttl);
    if (kept === undefined || this.#ended || holds.has(key)) return undefined;
    const ttl = jittered(kept, policy.jitter, random);
    const tags = joinTags(policy.tags, loaded.tags);
    // "Absent" is nothing to fall back on.
    const staleFor = value === undefined ? 0 : (loaded.staleFor ?? policy.staleFor);
    const early = Math.max(1, loaded.duration) * policy.earlyRefresh;
    const record = { value, ttl, staleFor, early, stamp, provenAt, tags, validators };
    if (coherence.judge(key, record) !== 'void') return record;
    onFenced(key);
    return undefined;
  }

  /** What is known now, for a load that begins. */
  start(): LoadStart {
    const { log, coherence, clock } = this.context;
    return { position: log.position, stamp: coherence.stamp, provenAt: clock.now() };
  }

  /** From now on, nothing is kept: the backends are about to be closed. */
  end(): void {
    this.#ended = true;
  }
}
