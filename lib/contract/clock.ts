/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/**
 * Where the library takes time from, so that tests can move it (`ManualClock` in `./testing`).
 *
 * @publicApi
 */
export interface Clock {
  /**
   * Milliseconds of a clock that never goes back, from an arbitrary start, in whole numbers. It may stand
   * still while the process handles one step of its event loop.
   */
  now(): number;
  /** Milliseconds since 1970, for what other processes read. May jump; used for nothing that can avoid it. */
  wallTime(): number;
  /** Calls `callback` once, `delay` milliseconds from now. It does not keep the process alive. */
  setTimer(delay: number, callback: () => void): Timer;
}

/** How many answers one reading serves at most, where a step of the event loop goes on for long. */
const ANSWERS_PER_READING = 64;

/** No step lasts so long, in milliseconds: if one seems to, its end was lost, with ticks that a test had faked. */
const LONGEST_STEP = 1_000;

/** The longest delay that `setTimeout` takes, in milliseconds; it calls back at once after a longer one. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * The system's clock. Reading the time costs half a cache hit, so one reading is kept until the step of the event loop
 * ends: until all is done that one callback has set going, by promises. It serves at most 64 answers.
 */
class SystemClock implements Clock {
  #reading = 0;
  #answersLeft = 0;
  #stepBegan = -Infinity;
  #endAwaited = false;

  now(): number {
    if (this.#answersLeft > 0) {
      this.#answersLeft--;
      return this.#reading;
    }
    return this.#read();
  }

  wallTime(): number {
    return Date.now();
  }

  setTimer(delay: number, callback: () => void): Timer {
    let timeout: NodeJS.Timeout;
    const wait = (left: number): void => {
      const next = left > LONGEST_TIMEOUT ? () => wait(left - LONGEST_TIMEOUT) : callback;
      timeout = setTimeout(next, Math.min(left, LONGEST_TIMEOUT));
      timeout.unref();
    };
    wait(delay);
    return { cancel: () => clearTimeout(timeout) };
  }

  #read(): number {
    this.#reading = Math.floor(performance.now());
    this.#answersLeft = ANSWERS_PER_READING - 1;
    if (!this.#endAwaited || Math.abs(this.#reading - this.#stepBegan) > LONGEST_STEP) {
      this.#stepBegan = this.#reading;
      this.#endAwaited = true;
      // Not an immediate: one would have the loop look for news once more each time before it sleeps.
      process.nextTick(this.#endStep);
    }
    return this.#reading;
  }

  readonly #endStep = (): void => {
    this.#answersLeft = 0;
    this.#endAwaited = false;
  };
}

/** The clock that is used when none is given. */
export const systemClock: Clock = new SystemClock();
