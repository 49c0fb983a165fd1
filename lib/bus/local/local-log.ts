import { systemClock, type Clock } from '../../contract/clock.js';
import type { Stamp } from '../../contract/entry.js';
import { InvalidOptionError } from '../../contract/errors.js';
import type { BusCheck, Invalidation, InvalidationScope } from '../../contract/invalidation-bus.js';
import { quote } from '../../contract/quote.js';
import { isBefore } from '../log-follower.js';
import { LocalBus, type LocalKeeper } from './local-bus.js';

/** How many invalidations are kept for those who have to catch up. */
const KEPT = 10_000;

/** Of how many tags the last invalidation is known at most. */
const MAX_TAGS = 100_000;

/**
 * The log of invalidations of one process, in memory: what a cache without Redis uses, and what tests use to
 * play the faults of a real one. `endpoint` makes the buses of its instances.
 *
 * @publicApi
 */
export class LocalLog implements LocalKeeper {
  #stamp: Stamp;
  /** Epochs that ever were. Unlike all else it is never lost: it stands for the clock of a server. */
  #epochs: number;
  /** The newest, without holes. Each holds the very stamp that was handed out, which tells it from another. */
  #entries: Invalidation[] = [];
  #all = 0;
  /** The last invalidation of each tag, the oldest first. */
  readonly #tags = new Map<string, number>();
  /** The greatest position of a tag that has been forgotten: none that is not known was invalidated later. */
  #tagFloor = 0;
  readonly #endpoints = new Set<LocalBus>();

  /** @param epoch the first epoch, a whole number from 1 */
  constructor(
    readonly clock: Clock = systemClock,
    epoch = 1,
  ) {
    this.#stamp = { epoch, position: 0 };
    this.#epochs = epoch;
  }

  /** Where the log stands. */
  get stamp(): Stamp {
    return this.#stamp;
  }

  /**
   * The bus of one instance, to be connected.
   *
   * @param origin the name of the instance, which its invalidations carry and no other's
   * @throws InvalidOptionError
   */
  endpoint(origin: string): LocalBus {
    if (typeof origin !== 'string' || origin === '') {
      throw new InvalidOptionError('origin', `is a non-empty string; got ${quote(origin)}`);
    }
    return new LocalBus(this, origin);
  }

  /** Records an invalidation as a writer does who is no instance. */
  write(scope: InvalidationScope, origin = 'writer'): Stamp {
    return this.append(origin, scope, this.#stamp);
  }

  /** Tells all instances that the lease of `key` has ended. */
  endLease(key: string): void {
    for (const endpoint of this.#endpoints) endpoint.receiveLeaseEnd(key);
  }

  /** Forgets all but the newest `keep` invalidations, as a log does that has grown too long. */
  trim(keep = 0): void {
    this.#entries = this.#entries.slice(Math.max(0, this.#entries.length - keep));
  }

  /** Begins a new epoch: all that was stamped before is void. */
  rotate(origin = 'writer', after: Stamp = this.#stamp): void {
    this.#epochs = Math.max(this.#epochs, after.epoch) + 1;
    this.#stamp = { epoch: this.#epochs, position: this.#stamp.position };
    this.append(origin, { all: true }, this.#stamp);
  }

  /**
   * Goes back to `position`, as a server does that is started again from an older copy: what came after it is
   * forgotten, and every instance is severed.
   */
  rollBack(position: number): void {
    for (const endpoint of this.#endpoints) endpoint.sever();
    this.#entries = this.#entries.filter(({ stamp }) => stamp.position <= position);
    const last = this.#entries.at(-1)?.stamp;
    this.#stamp = last ?? { epoch: this.#stamp.epoch, position };
    this.#all = Math.min(this.#all, position);
    this.#tagFloor = Math.min(this.#tagFloor, position);
    for (const [tag, at] of this.#tags) this.#tags.set(tag, Math.min(at, position));
  }

  /** Loses everything, and tells nobody. */
  flush(): void {
    this.#entries = [];
    this.#tags.clear();
    this.#tagFloor = 0;
    this.#all = 0;
    this.#stamp = { epoch: 0, position: 0 };
    for (const endpoint of this.#endpoints) endpoint.doubt();
  }

  open(endpoint: LocalBus): void {
    this.#endpoints.add(endpoint);
  }

  leave(endpoint: LocalBus): void {
    this.#endpoints.delete(endpoint);
  }

  /** Records an invalidation, after a rotation if the log has lost what the caller knows of. */
  append(origin: string, scope: InvalidationScope, known: Stamp): Stamp {
    if (this.#stamp.epoch === 0 || isBefore(this.#stamp, known)) this.rotate(origin, known);
    const stamp = { epoch: this.#stamp.epoch, position: this.#stamp.position + 1 };
    const invalidation = { stamp, origin, scope, time: this.clock.wallTime() };
    this.#stamp = stamp;
    if (scope.all === true) this.#all = stamp.position;
    for (const tag of scope.tags ?? []) this.#count(tag, stamp.position);
    this.#entries.push(invalidation);
    // Not each time: that would copy the whole log at every invalidation.
    if (this.#entries.length >= 2 * KEPT) this.trim(KEPT);
    for (const endpoint of this.#endpoints) endpoint.receive(invalidation);
    return stamp;
  }

  /** What came after `since`, or all that is held; `undefined` when not all of it is known. */
  history(since?: Stamp): readonly Invalidation[] | undefined {
    return since === undefined ? this.#entries.slice() : this.since(since);
  }

  /** Whether the log has lost, or replaced by something else, what stood at `known`. */
  contradicts(known: Stamp): boolean {
    if (isBefore(this.#stamp, known)) return true;
    if (this.#stamp.epoch !== known.epoch) return false;
    const entry = this.#entries.at(known.position - this.#stamp.position - 1);
    return entry !== undefined && entry.stamp.position === known.position && entry.stamp !== known;
  }

  /** What came after `stamp`; `undefined` when not all of it is known. */
  since(stamp: Stamp): readonly Invalidation[] | undefined {
    const missed = this.#stamp.position - stamp.position;
    if (stamp.epoch !== this.#stamp.epoch || missed < 0 || missed > this.#entries.length) {
      return undefined;
    }
    return this.#entries.slice(this.#entries.length - missed);
  }

  check(stamp: Stamp, tags: readonly string[]): BusCheck {
    return {
      stamp: this.#stamp,
      complete: stamp.epoch === this.#stamp.epoch && this.#holds(stamp),
      all: this.#all,
      tags: tags.map((tag) => this.#tags.get(tag) ?? this.#tagFloor),
    };
  }

  /** Whether this very stamp was handed out by this log, and stands in it still. */
  #holds(stamp: Stamp): boolean {
    if (stamp === this.#stamp) return true;
    return this.#entries.at(stamp.position - this.#stamp.position - 1)?.stamp === stamp;
  }

  #count(tag: string, position: number): void {
    // The one that was invalidated last comes last.
    this.#tags.delete(tag);
    this.#tags.set(tag, position);
    if (this.#tags.size <= MAX_TAGS) return;
    const [oldest] = this.#tags;
    if (oldest === undefined) return;
    this.#tags.delete(oldest[0]);
    this.#tagFloor = Math.max(this.#tagFloor, oldest[1]);
  }
}
