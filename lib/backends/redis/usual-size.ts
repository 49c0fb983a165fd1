/** What the latest values weigh in the average: one of so many. */
const LATEST = 8;

/** The size of the values that were found lately, on the average. */
export class UsualSize {
  #bytes: number | undefined;

  /** 0 while nothing was found. */
  get bytes(): number {
    return this.#bytes ?? 0;
  }

  learn(found: readonly ({ readonly value: Uint8Array } | undefined)[]): void {
    let [count, total] = [0, 0];
    for (const each of found) {
      if (each === undefined) continue;
      count++;
      total += each.value.length;
    }
    if (count === 0) return;
    const average = total / count;
    const before = this.#bytes ?? average;
    this.#bytes = before + (average - before) / LATEST;
  }
}
