/** About how many of those that were not used for longest are looked for at a time. */
const BATCH = 1_000;

/** Of how many members it is estimated how old those are. */
const SAMPLE = 1_000;

/** From here on numbers are kept as they will be when there have been many: the change would cost a moment. */
const FIRST_USE = 2 ** 32;

/**
 * Which member of a store was not used for longest. Members have indices. A use is a number that is written, and
 * nothing is moved: uses are far more frequent than the question. When it is asked, the next thousand or so in the
 * order of their last uses are looked for, and those that are used meanwhile are passed over later.
 */
export class LastUses {
  /** By index: the number of the last use, which grows; infinite where there is no member. */
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  #last = FIRST_USE;
  /** Those that were the oldest when it was last looked, the oldest first. */
  #oldest: number[] = [];
  #next = 0;
  /** Up to which use they were looked for: one with a later use has been used since. */
  #bound = FIRST_USE;

  /** Adds a member, used now, and tells its index. */
  join(): number {
    const index = this.#free.pop() ?? this.#uses.length;
    this.#uses[index] = ++this.#last;
    return index;
  }

  use(index: number): void {
    this.#uses[index] = ++this.#last;
  }

  leave(index: number): void {
    this.#uses[index] = Infinity;
    this.#free.push(index);
  }

  /** The index of the member that was not used for longest; `undefined` where there is none. */
  oldest(): number | undefined {
    return this.#nextOldest() ?? (this.#look() ? this.#nextOldest() : undefined);
  }

  #nextOldest(): number | undefined {
    for (; this.#next < this.#oldest.length; this.#next++) {
      const index = this.#oldest[this.#next];
      if (index !== undefined && this.#useOf(index) <= this.#bound) return index;
    }
    return undefined;
  }

  #look(): boolean {
    this.#bound = this.#boundOfOldest();
    this.#oldest = [];
    this.#next = 0;
    for (let index = 0; index < this.#uses.length; index++) {
      if (this.#useOf(index) <= this.#bound) this.#oldest.push(index);
    }
    this.#oldest.sort((one, other) => this.#useOf(one) - this.#useOf(other));
    return this.#oldest.length > 0;
  }

  /** A use that is later than about `BATCH` others, and than one at least, where there is one. */
  #boundOfOldest(): number {
    const count = this.#uses.length;
    if (count <= BATCH) return this.#last;
    const step = Math.floor(count / SAMPLE);
    const sample = [];
    // Not always the same ones: who is used may have to do with who came when.
    for (let index = this.#last % step; index < count; index += step) {
      if (this.#useOf(index) !== Infinity) sample.push(this.#useOf(index));
    }
    sample.sort((one, other) => one - other);
    return sample[Math.floor((sample.length * BATCH) / count)] ?? this.#last;
  }

  #useOf(index: number): number {
    return this.#uses[index] ?? Infinity;
  }
}
