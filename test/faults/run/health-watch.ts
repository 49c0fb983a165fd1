import { setTimeout as sleep } from 'node:timers/promises';

const EVERY = 250;

export interface HealthSummary {
  readonly answers: number;
  /** Answers that would take the instance out of service, or none. */
  readonly bad: readonly string[];
  /** How often each state was told. */
  readonly states: Readonly<Record<string, number>>;
  readonly slowest: number;
}

/** Asks the app's readiness probe again and again, as an orchestrator does. */
export class HealthWatch {
  readonly #bad: string[] = [];
  readonly #states: Record<string, number> = {};
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  #answers = 0;
  #slowest = 0;

  /** @param within how many milliseconds an answer may take */
  constructor(
    private readonly url: string,
    private readonly within: number,
  ) {
    this.#watching = this.#watch();
  }

  async end(): Promise<HealthSummary> {
    this.#ending.abort();
    await this.#watching;
    return {
      answers: this.#answers,
      bad: this.#bad,
      states: this.#states,
      slowest: this.#slowest,
    };
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#ask(signal);
      await sleep(EVERY, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(ended: AbortSignal): Promise<void> {
    const since = performance.now();
    try {
      const limit = AbortSignal.timeout(this.within);
      const response = await fetch(this.url, { signal: AbortSignal.any([limit, ended]) });
      const { status } = (await response.json()) as { readonly status: string };
      this.#answers++;
      this.#states[status] = (this.#states[status] ?? 0) + 1;
      this.#slowest = Math.max(this.#slowest, performance.now() - since);
      if (!response.ok) this.#bad.push(`${response.status} ${status}`);
    } catch (error) {
      if (!ended.aborted) this.#bad.push(String(error));
    }
  }
}
