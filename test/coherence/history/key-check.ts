import type { Commit, History, InvalidationCall, Read } from './history.js';
import type { CoherencePromise, Violation } from './promise.js';
import { Timeline, type Requirement } from './timeline.js';

/** What is the same for all reads of one key. */
export class KeyCheck {
  /** When each version was committed; the first was there before. */
  readonly #committed: readonly number[];
  readonly #everywhere: Timeline;
  readonly #own = new Map<string, Timeline>();
  /** Calls that stored a version by hand. */
  readonly #stored = new Map<number, InvalidationCall>();

  constructor(
    commits: readonly Commit[],
    private readonly calls: readonly InvalidationCall[],
    private readonly history: History,
    private readonly promise: CoherencePromise,
  ) {
    this.#committed = [-Infinity, ...commits.map(({ at }) => at)];
    this.#everywhere = this.#timeline(calls, (call) => this.#holdsFrom(call));
    for (const call of calls) {
      if (call.version !== undefined) this.#stored.set(call.version, call);
    }
  }

  judge(read: Read): Violation | undefined {
    const { version, start } = read;
    const staleness = this.staleness(read);
    // A commit may have been seen a moment before its time was taken.
    const possible = this.#versionAt(read.end + this.promise.tolerance);
    if (version > possible || version < 1) {
      return { rule: 'impossible', read, call: undefined, required: possible, staleness };
    }
    const before = start - this.#bound(read) - this.promise.tolerance;
    const stale = this.#applying(this.#everywhere, read).strictestBefore(before);
    if (stale !== undefined && version < stale.version) {
      return { rule: 'stale', read, call: stale.call, required: stale.version, staleness };
    }
    const own = this.#applying(this.#ownTimeline(read.instance), read).strictestBefore(start);
    if (own !== undefined && version < own.version) {
      return { rule: 'own', read, call: own.call, required: own.version, staleness };
    }
    return undefined;
  }

  staleness(read: Read): number {
    const first = this.#applying(this.#everywhere, read).firstAbove(read.version);
    return first === undefined ? 0 : Math.max(0, read.start - first.from);
  }

  /** When a call has to be known by everybody, but for the staleness; Infinity if never. */
  #holdsFrom({ outcome, instance, end }: InvalidationCall): number {
    if (outcome === 'resolved') return end;
    const { quietFrom, survivors } = this.history;
    return outcome === 'pending' && survivors.has(instance) ? Math.max(end, quietFrom) : Infinity;
  }

  #ownTimeline(instance: string): Timeline {
    let timeline = this.#own.get(instance);
    if (timeline === undefined) {
      const own = this.calls.filter((call) => call.instance === instance);
      timeline = this.#timeline(own, ({ outcome, end }) =>
        outcome === 'resolved' || outcome === 'pending' ? end : Infinity,
      );
      this.#own.set(instance, timeline);
    }
    return timeline;
  }

  #timeline(
    calls: readonly InvalidationCall[],
    from: (call: InvalidationCall) => number,
  ): Timeline {
    const requirements: Requirement[] = calls.map((call) => ({
      from: from(call),
      version: this.#versionAt(call.start),
      call,
    }));
    return new Timeline(requirements.filter((requirement) => requirement.from < Infinity));
  }

  /**
   * A version that was stored by hand counts as of any time until that call was settled, and later where its
   * answer is not known: only calls that were made after that forbid it.
   */
  #applying(timeline: Timeline, { version }: Read): Timeline {
    const stored = this.#stored.get(version);
    if (stored === undefined) return timeline;
    const isCertain = stored.outcome === 'resolved';
    const until = stored.end + (isCertain ? 0 : this.promise.lateness);
    return timeline.without(stored, until);
  }

  /** The newest version whose commit was over at `time`. */
  #versionAt(time: number): number {
    let low = 0;
    let high = this.#committed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#committed[middle] ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #bound({ instance, start }: Read): number {
    const { staleness, unverified } = this.promise;
    if (unverified === undefined) return staleness;
    const isHindered = this.history.hindrances.some(
      (hindrance) =>
        (hindrance.instance ?? instance) === instance &&
        hindrance.from <= start &&
        hindrance.to >= start - unverified.recovery,
    );
    return isHindered ? staleness + unverified.limit : staleness;
  }
}
