import type { Clock, Timer } from '../../contract/clock.js';
import { BackendError, CacheTierError, InvalidationPendingError } from '../../contract/errors.js';
import type { InvalidationBus, InvalidationScope } from '../../contract/invalidation-bus.js';
import type { CacheEvents } from '../watching/cache-events.js';
import type { Coherence } from './coherence.js';
import type { FencedTier } from '../fences/fenced-tier.js';
import { JointPublisher } from './joint-publisher.js';
import type { LocalVoids } from './local-voids.js';
import { PendingInvalidations } from './pending-invalidations.js';
import { toBackendError } from '../tiers/tier-calls.js';

/** What the invalidations take from the cache. */
export interface InvalidationsContext {
  readonly bus: InvalidationBus;
  readonly coherence: Coherence;
  readonly voids: LocalVoids;
  readonly fence: FencedTier | undefined;
  readonly clock: Clock;
  readonly events: CacheEvents;
  /** How long to wait before what is pending is tried again, in milliseconds. */
  readonly retryAfter: number;
  /** What was pending has been carried out: answers of the store that are still on their way may be of before it. */
  readonly onCarriedOut: (scope: InvalidationScope) => void;
}

/**
 * Invalidations on their way to all instances: the fenced tier's keys are removed with their leases, and the
 * invalidation is recorded on the bus, in one round trip where both share a connection. What could not be
 * recorded is kept, and carried out in its order when the store answers again. Keys are those of the store.
 */
export class Invalidations {
  readonly #pending = new PendingInvalidations(async (scope, holdFor) => {
    await this.#carryOut(scope, holdFor);
    this.context.onCarriedOut(scope);
  });
  readonly #publisher: JointPublisher;
  #retry: Timer | undefined;
  #toldPending = 0;
  #ended = false;

  constructor(private readonly context: InvalidationsContext) {
    this.#publisher = new JointPublisher(context.bus);
  }

  /** How many are still to be carried out. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Whether what the store holds under a key, with these tags, may be void. */
  covers(stored: string, internal: string, tags: readonly string[] | undefined): boolean {
    return this.#pending.covers(stored, internal, tags);
  }

  /**
   * Carries out an invalidation; when this resolves, it is recorded.
   *
   * @throws InvalidationPendingError when it could not be; it will be when the store answers again
   */
  async invalidate(scope: InvalidationScope, holdFor?: number): Promise<void> {
    await this.#orKeep(scope, holdFor, () => this.#carryOut(scope, holdFor));
  }

  /**
   * Records that keys have been removed from the store, or have new values there.
   *
   * @param removed the removal of their old values, which is under way
   * @throws InvalidationPendingError as `invalidate`
   */
  async record(scope: InvalidationScope, removed: PromiseLike<unknown>): Promise<void> {
    await this.#orKeep(scope, undefined, () => this.#publish(scope, removed));
  }

  /** Carries out what is pending, as far as the store answers. */
  async replay(): Promise<void> {
    if (this.#pending.size === 0) return;
    this.#retry?.cancel();
    this.#retry = undefined;
    const done = await this.#pending.replay();
    if (done && this.#pending.size === 0) this.context.voids.clear();
    else this.#replayLater();
    this.#tellPending();
  }

  /** No more is tried. */
  end(): void {
    this.#ended = true;
    this.#retry?.cancel();
  }

  async #orKeep(
    scope: InvalidationScope,
    holdFor: number | undefined,
    act: () => Promise<void>,
  ): Promise<void> {
    try {
      await act();
    } catch (error) {
      // What is not the store's failure is a mistake, which would be made again.
      if (error instanceof CacheTierError && !(error instanceof BackendError)) throw error;
      const { voids, coherence, clock, fence } = this.context;
      this.#pending.add(withoutPush(scope), holdFor);
      voids.add(scope, clock.now());
      coherence.judgeAllAnew();
      this.#replayLater();
      this.#tellPending();
      throw new InvalidationPendingError(toBackendError(fence?.name ?? 'bus', 'invalidate', error));
    }
  }

  #carryOut(scope: InvalidationScope, holdFor: number | undefined): Promise<void> {
    const { fence } = this.context;
    const { keys, patterns } = scope;
    if (fence === undefined) return this.#publish(scope, undefined);
    if (patterns !== undefined) return this.#removeMatching(fence, patterns, scope);
    const removed =
      keys === undefined ? undefined : (async () => fence.backend.discard(keys, holdFor))();
    return this.#publish(scope, removed);
  }

  /**
   * It is told first, so that nobody fills from memory what the scan has passed already, and again when the scan is
   * over: a value that was read before its removal may have come up meanwhile.
   */
  async #removeMatching(
    { backend }: FencedTier,
    patterns: readonly string[],
    scope: InvalidationScope,
  ): Promise<void> {
    await this.#publish(scope, undefined);
    for (const pattern of patterns) await backend.removePattern?.(pattern);
    await this.#publish(scope, undefined);
  }

  async #publish(
    scope: InvalidationScope,
    removed: PromiseLike<unknown> | undefined,
  ): Promise<void> {
    const { coherence } = this.context;
    // Both are under way before either has answered; whichever fails, the other is not left unseen.
    const [stamp] = await Promise.all([this.#publisher.publish(scope, removed), removed]);
    coherence.onRecorded(scope, stamp);
  }

  #replayLater(): void {
    if (this.#ended || this.#pending.size === 0) return;
    this.#retry ??= this.context.clock.setTimer(this.context.retryAfter, () => {
      this.#retry = undefined;
      void this.replay();
    });
  }

  /** Tells how many are left, where that has changed. */
  #tellPending(): void {
    const { events } = this.context;
    if (this.#toldPending === this.#pending.size) return;
    this.#toldPending = this.#pending.size;
    if (events.observed) events.emit({ type: 'invalidationPending', count: this.#pending.size });
  }
}

/** When it is carried out, there is no new value to be fetched any more. */
function withoutPush({ push: _push, ...scope }: InvalidationScope): InvalidationScope {
  return scope;
}
