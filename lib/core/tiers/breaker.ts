import type { Awaitable } from '../../contract/cache-backend.js';
import type { Clock, Timer } from '../../contract/clock.js';
import {
  BackendError,
  BreakerOpenError,
  CacheTierError,
  TooManyCallsError,
} from '../../contract/errors.js';
import { isPromise } from '../is-promise.js';

/**
 * `closed`: calls go to the backend. `open`: they are refused. `half-open`: the backend has answered a health
 * check, and the next calls show whether it serves.
 *
 * @publicApi
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * A tier's breaker, as stats show it.
 *
 * @publicApi
 */
export interface BreakerStats {
  readonly state: BreakerState;
  /** For how long it has not been closed, in milliseconds; `undefined` while it is. */
  readonly openFor: number | undefined;
  /** How often it has opened after having been closed. */
  readonly opened: number;
}

/** When a breaker opens, and how it finds out that it may close. */
export interface BreakerSettings {
  /** So many failures in a row open it. */
  readonly failures: number;
  /** How often the backend is asked for its health while it is open, in milliseconds. */
  readonly probeEvery: number;
}

/** What a breaker needs of its tier. */
export interface BreakerContext {
  /** The tier's name. */
  readonly name: string;
  readonly clock: Clock;
  /** Whether the backend answers now; takes a limited time, and never rejects. */
  readonly probe: () => Promise<boolean>;
  /** Called when the backend has answered again, before calls are let through. */
  readonly onReturn?: () => void;
}

/**
 * Spares callers the wait for a backend that does not answer. It asks the backend itself, in the background, until
 * there is an answer; then a few calls are let through, and the first of them decides.
 */
export class Breaker {
  #state: BreakerState = 'closed';
  /** Grows with each change of state: the outcome of what began before says nothing of what is now. */
  #period = 0;
  /** In a row. */
  #failures = 0;
  /** Calls let through since `#trialsSince`, while it is half open. */
  #trials = 0;
  #trialsSince = 0;
  #openedAt = 0;
  #opened = 0;
  #probeAt = 0;
  #timer: Timer | undefined;
  #probing: Promise<void> | undefined;
  #watcher: (state: BreakerState) => void = () => undefined;
  #isExempt = false;
  #ended = false;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly context: BreakerContext,
  ) {}

  get state(): BreakerState {
    return this.#state;
  }

  get stats(): BreakerStats {
    const { clock } = this.context;
    return {
      state: this.#state,
      openFor: this.#state === 'closed' ? undefined : clock.now() - this.#openedAt,
      opened: this.#opened,
    };
  }

  /** Tells each new state. One watcher, which must not throw. */
  watch(watcher: (state: BreakerState) => void): void {
    this.#watcher = watcher;
  }

  /**
   * Calls, and learns from the outcome; refuses by a rejection, never by a throw, so that calls of one breath are
   * all made.
   */
  run<T>(operation: string, call: () => Awaitable<T>): Awaitable<T> {
    if (!this.#isExempt && !this.#admits()) return Promise.reject(this.#refusal(operation));
    const period = this.#period;
    try {
      const answer = call();
      if (isPromise(answer)) return this.#watchAnswer(answer, period);
      this.#succeed(period);
      return answer;
    } catch (error) {
      this.#fail(period, error);
      throw error;
    }
  }

  /** Has the calls that `act` makes at once let through, whatever the state: for what may not be left undone. */
  exempt<T>(act: () => T): T {
    this.#isExempt = true;
    try {
      return act();
    } finally {
      this.#isExempt = false;
    }
  }

  /** The backend has answered a health check. */
  answered(): void {
    if (this.#state !== 'open') return;
    this.context.onReturn?.();
    this.#become('half-open');
  }

  /** Asks the backend for its health now, where the breaker is open. */
  async probe(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#probing ??= this.#ask().finally(() => {
      this.#probing = undefined;
      this.#probeLater();
    });
    await this.#probing;
  }

  /** Asks no more. */
  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  async #ask(): Promise<void> {
    this.#timer?.cancel();
    this.#probeAt = this.context.clock.now();
    if (await this.context.probe()) this.answered();
  }

  async #watchAnswer<T>(answer: PromiseLike<T>, period: number): Promise<T> {
    try {
      const value = await answer;
      this.#succeed(period);
      return value;
    } catch (error) {
      this.#fail(period, error);
      throw error;
    }
  }

  #admits(): boolean {
    if (this.#state !== 'half-open') return this.#state === 'closed';
    const { failures, probeEvery } = this.settings;
    const now = this.context.clock.now();
    // Where those that were let through are not answered either, a few more are, after a while.
    if (now >= this.#trialsSince + probeEvery) {
      this.#trialsSince = now;
      this.#trials = 0;
    }
    return ++this.#trials <= failures;
  }

  #succeed(period: number): void {
    if (period !== this.#period) return;
    this.#failures = 0;
    if (this.#state === 'half-open') this.#become('closed');
  }

  #fail(period: number, error: unknown): void {
    if (period !== this.#period || !isFailure(error)) return;
    this.#failures++;
    if (this.#state === 'half-open' || this.#failures >= this.settings.failures) {
      this.#become('open');
    }
  }

  #become(state: BreakerState): void {
    const { clock } = this.context;
    if (this.#state === 'closed') {
      this.#opened++;
      this.#openedAt = clock.now();
    }
    this.#state = state;
    this.#period++;
    this.#failures = 0;
    this.#trials = 0;
    this.#trialsSince = clock.now();
    this.#timer?.cancel();
    this.#probeLater();
    this.#watcher(state);
  }

  #probeLater(): void {
    if (this.#state !== 'open' || this.#ended) return;
    const { clock } = this.context;
    const { probeEvery } = this.settings;
    this.#timer?.cancel();
    this.#probeAt = clock.now() + probeEvery;
    this.#timer = clock.setTimer(probeEvery, () => void this.probe());
  }

  #refusal(operation: string): BreakerOpenError {
    const { name, clock } = this.context;
    const asksAgainAt = this.#state === 'open' ? this.#probeAt : this.#trialsSince;
    return new BreakerOpenError(name, operation, Math.max(0, asksAgainAt - clock.now()));
  }
}

/**
 * Whether it shows that the backend does not serve: a mistake of the caller does not, nor does what is wrong with
 * one key, nor that it takes no more, nor a refusal.
 */
function isFailure(error: unknown): boolean {
  if (error instanceof BreakerOpenError || error instanceof TooManyCallsError) return false;
  if (error instanceof BackendError) return !error.concernsKey && !error.refusesWrites;
  return !(error instanceof CacheTierError);
}
