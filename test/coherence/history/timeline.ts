import type { InvalidationCall } from './history.js';

/** From a time on, no version older than this may be answered to reads that start late enough after it. */
export interface Requirement {
  readonly from: number;
  readonly version: number;
  readonly call: InvalidationCall;
}

/** The requirements on one key, in the order of their times. */
export class Timeline {
  readonly #sorted: readonly Requirement[];
  /** The strictest of the requirements up to each place. */
  readonly #strictest: readonly Requirement[];
  readonly #rests = new Map<InvalidationCall, Timeline>();

  constructor(requirements: readonly Requirement[]) {
    this.#sorted = requirements.toSorted((a, b) => a.from - b.from);
    const strictest: Requirement[] = [];
    for (const requirement of this.#sorted) {
      const before = strictest.at(-1);
      const isStricter = before === undefined || requirement.version > before.version;
      strictest.push(isStricter ? requirement : before);
    }
    this.#strictest = strictest;
  }

  /** Without the requirements of calls that began until `until`, but for that of `kept`. */
  without(kept: InvalidationCall, until: number): Timeline {
    let rest = this.#rests.get(kept);
    if (rest === undefined) {
      const left = this.#sorted.filter(({ call }) => call === kept || call.start > until);
      rest = new Timeline(left);
      this.#rests.set(kept, rest);
    }
    return rest;
  }

  /** The strictest requirement that began before `time`. */
  strictestBefore(time: number): Requirement | undefined {
    return this.#strictest[this.#countWhere(({ from }) => from < time, this.#sorted) - 1];
  }

  /** The first requirement that `version` does not meet. */
  firstAbove(version: number): Requirement | undefined {
    const met = this.#countWhere((requirement) => requirement.version <= version, this.#strictest);
    return this.#strictest[met];
  }

  /** How many at the beginning meet a condition that, once not met, is not met again. */
  #countWhere(
    condition: (requirement: Requirement) => boolean,
    list: readonly Requirement[],
  ): number {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const requirement = list[middle];
      if (requirement !== undefined && condition(requirement)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
