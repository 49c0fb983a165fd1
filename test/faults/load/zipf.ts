/** Draws whole numbers from 0, the second half as often as the first, and so on: what most caches see. */
export class Zipf {
  /** How likely it is to draw this number or one below it. */
  readonly #upTo: Float64Array;

  constructor(count: number) {
    this.#upTo = new Float64Array(count);
    let sum = 0;
    for (let index = 0; index < count; index++) this.#upTo[index] = sum += 1 / (index + 1);
    for (let index = 0; index < count; index++) {
      this.#upTo[index] = (this.#upTo[index] ?? 0) / sum;
    }
  }

  next(): number {
    const drawn = Math.random();
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 1) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
