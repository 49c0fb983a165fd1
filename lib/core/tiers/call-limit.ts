import type { Awaitable } from '../../contract/cache-backend.js';
import { TooManyCallsError } from '../../contract/errors.js';
import { isPromise } from '../is-promise.js';

/**
 * Bounds the calls of a tier's backend that are under way, and with them the memory that a slow backend costs. A call
 * counts until it is answered, though its caller may have been told long ago that it took too long.
 */
export class CallLimit {
  #underWay = 0;
  /** Grows with each `forget`: what began before does not count any more. */
  #round = 0;
  #isExempt = false;

  constructor(
    /** The tier's. */
    private readonly name: string,
    private readonly most: number,
  ) {}

  /** Calls; refuses by a rejection, never by a throw, so that calls of one breath are all made. */
  run<T>(operation: string, call: () => Awaitable<T>): Awaitable<T> {
    if (this.#underWay >= this.most && !this.#isExempt) {
      return Promise.reject(new TooManyCallsError(this.name, operation, this.most));
    }
    const round = this.#round;
    const end = (): void => {
      if (round === this.#round) this.#underWay--;
    };
    this.#underWay++;
    try {
      const answer = call();
      if (isPromise(answer)) answer.then(end, end);
      else end();
      return answer;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Lets the calls through that `act` makes at once, however many there are: for what may not be left undone. */
  exempt<T>(act: () => T): T {
    this.#isExempt = true;
    try {
      return act();
    } finally {
      this.#isExempt = false;
    }
  }

  /**
   * Counts anew. The backend serves again after an outage; what it has not answered by now may have been lost with its
   * connection, and shall not keep others out for ever.
   */
  forget(): void {
    this.#round++;
    this.#underWay = 0;
  }
}
