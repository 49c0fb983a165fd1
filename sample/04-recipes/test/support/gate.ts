/** Holds those who pass it until it is opened. */
export class Gate {
  #waiting: (() => void)[] = [];

  /** How many are held. */
  get held(): number {
    return this.#waiting.length;
  }

  pass(): Promise<void> {
    return new Promise((opened) => this.#waiting.push(opened));
  }

  /** Lets those through that are held; it is closed for who comes after them. */
  open(): void {
    for (const opened of this.#waiting.splice(0)) opened();
  }
}
