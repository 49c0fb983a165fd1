import type { Clock } from '../../contract/clock.js';
import type { Stamp } from '../../contract/entry.js';
import { BackendError, ClosedError } from '../../contract/errors.js';
import type {
  BusCheck,
  BusStats,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from '../../contract/invalidation-bus.js';
import { checkScope } from '../check-scope.js';
import { isBefore, LogFollower } from '../log-follower.js';

/** What a bus needs of its log. */
export interface LocalKeeper {
  readonly clock: Clock;
  readonly stamp: Stamp;
  open(endpoint: LocalBus): void;
  leave(endpoint: LocalBus): void;
  append(origin: string, scope: InvalidationScope, known: Stamp): Stamp;
  rotate(origin: string, after: Stamp): void;
  contradicts(known: Stamp): boolean;
  since(stamp: Stamp): readonly Invalidation[] | undefined;
  history(since?: Stamp): readonly Invalidation[] | undefined;
  check(stamp: Stamp, tags: readonly string[]): BusCheck;
}

type State = 'new' | 'open' | 'severed' | 'closed';

/**
 * The bus of one instance on a `LocalLog`. What is published is applied by all instances before `publish`
 * returns, so it is up to date at any time; unless a test disturbs it by `hold`, `lose` or `sever`.
 *
 * @publicApi
 */
export class LocalBus implements InvalidationBus {
  readonly #follower = new LogFollower();
  #state: State = 'new';
  /** The latest position it has heard of, in whatever way. */
  #known: Stamp = { epoch: 0, position: 0 };
  /** Since when something may be missing; `undefined` while nothing is. */
  #provedUntil: number | undefined;
  #held: Invalidation[] | undefined;
  #toLose = 0;
  #published = 0;
  #gaps = 0;
  #resyncs = 0;
  #resets = 0;

  /** Made by `LocalLog.endpoint`. */
  constructor(
    private readonly log: LocalKeeper,
    readonly origin: string,
  ) {}

  get stamp(): Stamp {
    return this.#follower.stamp;
  }

  get verifiedAt(): number {
    return this.#state === 'open' ? (this.#provedUntil ?? this.log.clock.now()) : -Infinity;
  }

  async publish(scope: InvalidationScope, after?: PromiseLike<unknown>): Promise<Stamp> {
    checkScope(scope);
    // Without work to wait for, all is done before this returns its promise.
    if (after !== undefined) await after;
    this.#checkReachable('publish');
    const stamp = this.log.append(this.origin, scope, this.#known);
    this.#hear(stamp);
    this.#published++;
    return stamp;
  }

  async check(tags: readonly string[]): Promise<BusCheck> {
    this.#checkReachable('check');
    return this.log.check(this.stamp, tags);
  }

  async history(since?: Stamp): Promise<readonly Invalidation[] | undefined> {
    this.#checkReachable('history');
    return this.log.history(since);
  }

  subscribe(listener: InvalidationListener): void {
    this.#follower.follow(listener);
  }

  stats(): BusStats {
    return {
      received: this.#follower.applied,
      published: this.#published,
      gaps: this.#gaps,
      resyncs: this.#resyncs,
      resets: this.#resets,
      malformed: 0,
      lag: this.#state === 'new' ? undefined : 0,
    };
  }

  async connect(): Promise<void> {
    if (this.#state === 'closed') throw this.#closed();
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.log.open(this);
    this.#follower.restart(this.log.stamp);
    this.#hear(this.log.stamp);
    this.#follower.listener.onVerification(true, this.verifiedAt);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.log.leave(this);
  }

  /** Keeps what arrives from now on until `release`, in silence: nobody is told that proofs have ended. */
  hold(): void {
    this.#held ??= [];
    this.doubt();
  }

  /** Delivers what was held back. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const invalidation of held) this.receive(invalidation);
    this.probe();
  }

  /** Loses the next `count` messages in silence; one that arrives later, or `probe`, reveals it. */
  lose(count = 1): void {
    this.#toLose += count;
  }

  /** Cuts the connection: what is published meanwhile does not arrive, and nothing can be published here. */
  sever(): void {
    if (this.#state !== 'open') return;
    const provedAt = this.verifiedAt;
    this.#state = 'severed';
    this.#follower.listener.onVerification(false, provedAt);
  }

  /** Makes the connection again, and catches up. */
  restore(): void {
    if (this.#state !== 'severed') return;
    this.#state = 'open';
    this.doubt();
    this.#catchUp();
    this.#follower.listener.onVerification(true, this.verifiedAt);
  }

  /** Compares the own position with the log's, as a real bus does at intervals. */
  probe(): void {
    if (this.#state !== 'open' || this.#held !== undefined) return;
    const { epoch, position } = this.log.stamp;
    if (epoch === this.stamp.epoch && position === this.stamp.position) {
      this.#provedUntil = undefined;
      return;
    }
    if (epoch === this.stamp.epoch && position > this.stamp.position) this.#gaps++;
    this.#catchUp();
  }

  /** @internal */
  receive(invalidation: Invalidation): void {
    if (this.#state !== 'open') return;
    if (this.#toLose > 0) {
      this.#toLose--;
      this.doubt();
    } else if (this.#held !== undefined) {
      this.#held.push(invalidation);
    } else {
      this.#take(invalidation);
    }
  }

  /** @internal */
  receiveLeaseEnd(key: string): void {
    if (this.#state === 'open' && this.#held === undefined) {
      this.#follower.listener.onLeaseEnded(key);
    }
  }

  /** @internal Something may be missing from now on. */
  doubt(): void {
    this.#provedUntil ??= this.log.clock.now();
  }

  #take(invalidation: Invalidation): void {
    const arrival = this.#follower.offer(invalidation);
    if (arrival === 'applied') {
      this.#hear(invalidation.stamp);
    } else if (arrival !== 'known') {
      if (arrival === 'ahead') this.#gaps++;
      this.#catchUp();
    }
  }

  #catchUp(): void {
    // A rotation is heard of like any invalidation, and comes back here.
    if (this.log.contradicts(this.#known)) {
      this.log.rotate(this.origin, this.#known);
      return;
    }
    const missed = this.log.since(this.stamp);
    if (missed === undefined) {
      this.#resets++;
      this.#follower.restart(this.log.stamp);
    } else {
      this.#resyncs++;
      for (const invalidation of missed) this.#follower.offer(invalidation);
    }
    this.#hear(this.log.stamp);
    this.#provedUntil = undefined;
  }

  #hear(stamp: Stamp): void {
    if (isBefore(this.#known, stamp)) this.#known = stamp;
  }

  #checkReachable(operation: string): void {
    if (this.#state === 'closed') throw this.#closed();
    if (this.#state === 'severed') {
      throw new BackendError('local bus', operation, 'the connection is severed');
    }
  }

  #closed(): ClosedError {
    return new ClosedError('The invalidation bus was used after close()');
  }
}
