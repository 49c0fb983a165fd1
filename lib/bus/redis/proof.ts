import type { Clock } from '../../contract/clock.js';

/** A question to the log that may prove that nothing is missing, as of when it was sent. */
export interface Question {
  readonly sentAt: number;
  readonly round: number;
}

/** The time up to which it is proved that nothing is missing. */
export class Proof {
  #at = -Infinity;
  /** Grows whenever proofs are voided: what was asked before proves nothing after it. */
  #round = 0;
  #lag: number | undefined;

  constructor(
    private readonly clock: Clock,
    /** @param provedAt up to when it is, or was, proved */
    private readonly onChange: (verified: boolean, provedAt: number) => void,
  ) {}

  /** In `Clock.now()`; -Infinity when nothing is proved. */
  get at(): number {
    return this.#at;
  }

  /** How long the last question took that was answered, in milliseconds. */
  get lag(): number | undefined {
    return this.#lag;
  }

  /** A question that is sent now. */
  ask(): Question {
    return { sentAt: this.clock.now(), round: this.#round };
  }

  /** The answer said that nothing is missing. */
  accept({ sentAt, round }: Question): void {
    if (round !== this.#round) return;
    this.#lag = this.clock.now() - sentAt;
    const regained = this.#at === -Infinity;
    this.#at = Math.max(this.#at, sentAt);
    if (regained) this.onChange(true, this.#at);
  }

  void(): void {
    this.#round++;
    if (this.#at === -Infinity) return;
    const provedAt = this.#at;
    this.#at = -Infinity;
    this.onChange(false, provedAt);
  }
}
