import type { Clock, Timer } from '../../contract/clock.js';
import { LoadAbort } from './load-abort.js';

/** What is answered; it may be `undefined`. */
export interface Given<T> {
  readonly value: T;
}

/** What there is to answer where a load is slow or fails. */
export interface Resort<T> {
  /** What may be answered at once, if anything. */
  whenSlow(): Given<T> | undefined;
  /** The load has failed, and nobody waits for anything else. */
  whenFailed(error: unknown): Promise<Given<T> | undefined>;
  /** What was looked for has come. */
  whenDone(): void;
}

/** What an answer takes from the cache. */
export interface AnswerContext {
  readonly clock: Clock;
  /** In milliseconds; `undefined` for as long as it takes. */
  readonly softTimeout: number | undefined;
  readonly hardTimeout: number | undefined;
  readonly expired: (timeout: number) => Error;
  /** Called with a failure that reaches no caller. */
  readonly onUnseen: (error: unknown) => void;
}

/**
 * What the callers of one load are given, and when: what it brings, or what its resort has, where it is slow or
 * fails. The load goes on, whatever they are given.
 */
export class Answer<T> {
  readonly abort = new LoadAbort();
  #promise: Promise<T>;
  #isSlow = false;
  #isGiven = false;
  /** Whether the resort has given it, while the load goes on. */
  #isEarly = false;
  #hasFailed = false;
  #overdueBy: Error | undefined;
  #brought: Given<T> | undefined;
  #resolve: (value: T) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #softTimer: Timer | undefined;
  #hardTimer: Timer | undefined;

  constructor(
    private readonly resort: Resort<T>,
    private readonly context: AnswerContext,
  ) {
    this.#promise = this.#open();
    const { softTimeout, clock } = context;
    if (softTimeout === 0) this.#isSlow = true;
    else if (softTimeout !== undefined) {
      this.#softTimer = clock.setTimer(softTimeout, () => {
        this.#isSlow = true;
        this.reconsider();
      });
    }
  }

  /** Whether the load has failed, or has taken too long. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** What is given to somebody who comes now: what the resort has given before may not be answered any more. */
  join(): Promise<T> {
    if (!this.#isEarly) return this.#promise;
    const given = this.#brought ?? this.resort.whenSlow();
    if (given !== undefined) return Promise.resolve(given.value);
    this.#isEarly = false;
    this.#isGiven = false;
    this.#promise = this.#open();
    if (this.#overdueBy !== undefined) void this.#fail(this.#overdueBy);
    return this.#promise;
  }

  /** The resort has more than before. */
  reconsider(): void {
    if (!this.#isSlow || this.#isGiven) return;
    if (this.#brought !== undefined) return this.#give(this.#brought.value);
    const given = this.resort.whenSlow();
    if (given !== undefined) this.#giveEarly(given.value);
  }

  /** Nothing that was found is the answer: the time of the load begins, be it here or in another process. */
  waits(): void {
    const { hardTimeout, clock } = this.context;
    if (hardTimeout === undefined) return;
    this.#hardTimer ??= clock.setTimer(hardTimeout, () => this.#overdue(hardTimeout));
  }

  /** The loader has thrown. */
  fails(): void {
    this.#hasFailed = true;
  }

  /** The load has ended in time: if it is slow to be stored, its value is the answer when the time is up. */
  brings(value: T): void {
    this.#brought = { value };
  }

  /** What has been brought is given to the callers before it is stored. */
  deliver(): void {
    if (this.#brought !== undefined) this.#give(this.#brought.value);
  }

  /** What the work comes to is the answer, unless another is given before. */
  follow(work: Promise<T>): Promise<T> {
    work.then(
      (value) => {
        this.#stopTimers();
        this.resort.whenDone();
        return this.#give(value);
      },
      (error: unknown) => {
        this.#stopTimers();
        return this.#fail(error);
      },
    );
    return this.#promise;
  }

  #overdue(timeout: number): void {
    if (this.#brought !== undefined) return this.#give(this.#brought.value);
    const error = this.context.expired(timeout);
    this.abort.abort(error);
    this.#overdueBy = error;
    this.#hasFailed = true;
    void this.#fail(error);
  }

  /** A mistake, such as a value that cannot be stored, is told; where the load has failed, the resort is better. */
  async #fail(error: unknown): Promise<void> {
    const wasGiven = this.#isGiven;
    if (!this.#hasFailed) {
      if (wasGiven) this.context.onUnseen(error);
      return this.#refuse(error);
    }
    const given = await this.resort.whenFailed(error);
    return given === undefined ? this.#refuse(error) : this.#giveEarly(given.value);
  }

  #open(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #giveEarly(value: T): void {
    if (!this.#isGiven) this.#isEarly = true;
    this.#give(value);
  }

  #give(value: T): void {
    this.#isGiven = true;
    this.#softTimer?.cancel();
    this.#resolve(value);
  }

  #refuse(error: unknown): void {
    this.#isGiven = true;
    this.#softTimer?.cancel();
    this.#reject(error);
  }

  #stopTimers(): void {
    this.#softTimer?.cancel();
    this.#hardTimer?.cancel();
  }
}
