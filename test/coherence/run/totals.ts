import type { Outcome } from './run-check.js';

/** Sums over runs. */
export class Totals {
  violations = 0;
  failures = 0;
  #reads = 0;
  #invalidations = 0;
  #faults = 0;
  #worst = 0;

  add({ verdict, history, failures }: Outcome): void {
    this.violations += verdict.violations.length;
    this.failures += failures.length;
    this.#reads += verdict.reads;
    this.#invalidations += history.calls.length;
    this.#faults += history.faults.length;
    this.#worst = Math.max(this.#worst, verdict.worst);
  }

  get line(): string {
    return (
      `${this.#reads} reads, ${this.#invalidations} invalidations, ${this.#faults} faults, ` +
      `worst staleness ${this.#worst.toFixed(0)} ms, ${this.violations} violations, ${this.failures} failures`
    );
  }
}
