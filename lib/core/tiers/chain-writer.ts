import type { Awaitable } from '../../contract/cache-backend.js';
import type { Clock } from '../../contract/clock.js';
import { UnsupportedError, type BackendError } from '../../contract/errors.js';
import type { BackgroundWrites } from '../loading/background-writes.js';
import type { CacheRecord, Ends } from './cache-entry.js';
import { exempt } from './exempt.js';
import { FencedTier } from '../fences/fenced-tier.js';
import type { InvalidationLog } from '../coherence/invalidation-log.js';
import { isPromise } from '../is-promise.js';
import type { KeySpace } from '../key-space.js';
import type { TierCalls } from './tier-calls.js';
import { endsIn, type Tier, type TierWrite } from './tier.js';
import type { ValueType } from '../stored/value-type.js';
import type { WritesUnderWay } from '../coherence/writes-under-way.js';

/** A key and its record, to be stored. */
export interface ChainWrite {
  readonly key: string;
  readonly record: CacheRecord;
  /** Bound it, where it is a copy of an entry. */
  readonly ends?: Ends | undefined;
}

export interface StoreOptions {
  readonly type: ValueType | undefined;
  /** Of the invalidation log, when the values were begun: those whose keys have been invalidated since are not kept. */
  readonly position: number;
  /** Whether the tiers may hold older values of the keys, which must not come up from one that answers later. */
  readonly replaces?: boolean | undefined;
  /** Whether tiers that write in the background are not waited for. */
  readonly inBackground?: boolean;
}

/** What a tier has been given, and has not answered. */
interface OnItsWay {
  readonly tier: Tier;
  readonly written: PromiseLike<void>;
}

/** What the writer takes from the cache. */
export interface ChainWriterContext {
  readonly calls: TierCalls;
  readonly clock: Clock;
  readonly log: InvalidationLog;
  readonly underWay: WritesUnderWay;
  readonly background: BackgroundWrites;
  /** Called for each value that was not kept because its key had been invalidated. */
  readonly onFenced: (key: string) => void;
}

/**
 * Writes and removals, from the bottom tier up, so that no upper tier is filled from a lower one that is
 * about to change.
 */
export class ChainWriter {
  constructor(
    private readonly tiers: readonly Tier[],
    private readonly context: ChainWriterContext,
  ) {}

  /**
   * Stores records in `tiers`. The synchronous ones have them when the call returns, and where all are, there is
   * nothing to wait for; a tier that fails is counted, and its failure is part of the answer.
   *
   * @throws SerializationError when a value cannot be encoded; then no tier of this process has it
   */
  store(
    writes: readonly ChainWrite[],
    options: StoreOptions,
    tiers: readonly Tier[] = this.tiers,
  ): Awaitable<readonly BackendError[]> {
    const { calls, clock, log, onFenced } = this.context;
    const { type, position } = options;
    const current = writes.filter(({ key }) => log.isCurrent(key, position));
    if (current.length < writes.length) {
      for (const { key } of writes) if (!log.isCurrent(key, position)) onFenced(key);
    }
    const failures: BackendError[] = [];
    if (current.length === 0) return failures;
    const now = clock.now();
    const onTheirWay: OnItsWay[] = [];
    try {
      for (const tier of tiers.toReversed()) {
        const items = current.map((write) => toTierWrite(write, tier, now));
        tier.counters.writes += items.length;
        const written = calls.attempt(
          tier,
          'write',
          () => tier.write(items, type),
          (failure) => failures.push(failure),
        );
        if (isPromise(written)) onTheirWay.push({ tier, written });
      }
    } catch (error) {
      if (onTheirWay.length === 0) throw error;
      return this.#land(onTheirWay, current, options).then(() => {
        throw error;
      });
    }
    if (onTheirWay.length === 0) return failures;
    return this.#land(onTheirWay, current, options).then(() => failures);
  }

  /** Waits for the tiers that are waited for. Until all have landed, they may hold older values. */
  async #land(
    onTheirWay: readonly OnItsWay[],
    writes: readonly ChainWrite[],
    { position, replaces = false, inBackground = false }: StoreOptions,
  ): Promise<void> {
    const { background, log, underWay, onFenced } = this.context;
    const keys = writes.map(({ key }) => key);
    const late = new Set<string>();
    const awaited: Promise<void>[] = [];
    const others: Promise<void>[] = [];
    for (const { tier, written } of onTheirWay) {
      const landing = this.#undoIfLate(tier, written, keys, position, late);
      (inBackground && background.takes(tier) ? others : awaited).push(landing);
    }
    const landed = (async () => {
      await underWay.during(keys, position, async () => {
        await Promise.all([...awaited, ...others]);
        if (replaces) log.record(keys.filter((key) => log.isCurrent(key, position)));
      });
      for (const key of late) onFenced(key);
    })();
    if (others.length > 0) background.add(landed);
    await (others.length > 0 ? Promise.all(awaited) : landed);
  }

  /**
   * Removes keys from every tier; resolves with the failures.
   *
   * @param removeFenced how it is done in the tier that has fences
   */
  remove(
    keys: readonly string[],
    removeFenced: () => Promise<void>,
    tiers: readonly Tier[] = this.tiers,
  ): Promise<BackendError[]> {
    return this.#inEveryTier(
      'remove',
      (tier) => (tier instanceof FencedTier ? removeFenced() : tier.remove(keys)),
      () => this.context.log.record(keys),
      tiers,
    );
  }

  /**
   * @param removeFenced how it is done in the tier that has fences
   * @throws UnsupportedError before anything is removed, when a tier cannot
   */
  removePattern(
    space: KeySpace,
    pattern: string,
    removeFenced: () => Promise<void>,
  ): Promise<BackendError[]> {
    this.#assertRemovesPatterns('removePattern');
    return this.#inEveryTier(
      'removePattern',
      (tier) => (tier instanceof FencedTier ? removeFenced() : tier.removePattern(space, pattern)),
      () => this.context.log.recordAll(),
    );
  }

  /** @throws UnsupportedError before anything is removed, when a tier cannot */
  clear(space: KeySpace): Promise<BackendError[]> {
    this.#assertRemovesPatterns('clear');
    return this.#inEveryTier(
      'clear',
      (tier) => tier.clear(space),
      () => this.context.log.recordAll(),
    );
  }

  /**
   * `invalidate` is called right before each tier's turn, so that nothing which a tier below it has answered in
   * the meantime can come in behind the removal, and once more at the end.
   */
  async #inEveryTier(
    operation: string,
    act: (tier: Tier) => Awaitable<void>,
    invalidate: () => void,
    tiers: readonly Tier[] = this.tiers,
  ): Promise<BackendError[]> {
    const failures: BackendError[] = [];
    for (const tier of tiers.toReversed()) {
      invalidate();
      await this.context.calls.attempt(
        tier,
        operation,
        () => act(tier),
        (failure) => failures.push(failure),
      );
    }
    invalidate();
    return failures;
  }

  /**
   * A key may be invalidated while its value is on the way to a remote tier, and the removal may arrive there
   * first: what has landed too late is removed again.
   */
  async #undoIfLate(
    tier: Tier,
    written: PromiseLike<void>,
    keys: readonly string[],
    position: number,
    late: Set<string>,
  ): Promise<void> {
    await written;
    const { calls, log } = this.context;
    const stale = keys.filter((key) => !log.isCurrent(key, position));
    if (stale.length === 0) return;
    for (const key of stale) late.add(key);
    const undo = (): Awaitable<void> => tier.remove(stale);
    await calls.attempt(
      tier,
      'remove',
      // The caller of the removal has been told that it was done.
      () => exempt(tier, undo),
      () => undefined,
    );
  }

  #assertRemovesPatterns(operation: string): void {
    const unable = this.tiers.find((tier) => !tier.removesPatterns);
    if (unable !== undefined) {
      throw new UnsupportedError(
        `${operation} needs removePattern in every tier, and the backend of "${unable.name}" has none`,
      );
    }
  }
}

/** @param now in `Clock.now()` */
export function toTierWrite({ key, record, ends }: ChainWrite, tier: Tier, now: number): TierWrite {
  const { freshUntil, expiresAt } = endsIn(tier, record, now, ends);
  return { key, record, freshUntil, expiresAt };
}
