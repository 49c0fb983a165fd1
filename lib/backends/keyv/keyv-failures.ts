import { types } from 'node:util';
import type { Keyv } from 'keyv';
import { BackendError, CacheTierError } from '../../contract/errors.js';

/**
 * Tells failures from misses. Keyv throws what its adapter throws; but adapters such as `@keyv/redis` only emit their
 * errors, and answer as if nothing had been found. So an error that is emitted while a call is under way is taken for
 * the call's, unless its answer is proof that it succeeded.
 */
export class KeyvFailures {
  #emitted = 0;
  #last: unknown;

  constructor(
    private readonly backend: string,
    keyv: Keyv,
  ) {
    keyv.on('error', (error: unknown) => {
      this.#emitted++;
      this.#last = error;
    });
  }

  /** @throws BackendError */
  async watch<T>(
    operation: string,
    call: () => Promise<T>,
    isProof: (answer: T) => boolean = () => false,
  ): Promise<T> {
    const before = this.#emitted;
    let answer: T;
    try {
      answer = await call();
    } catch (error) {
      throw this.#toError(operation, error);
    }
    if (this.#emitted !== before && !isProof(answer)) throw this.#toError(operation, this.#last);
    return answer;
  }

  #toError(operation: string, error: unknown): CacheTierError {
    if (error instanceof CacheTierError) return error;
    // Not `instanceof`: errors may be of another realm. What is no error may be anything, a value too.
    const problem = types.isNativeError(error) ? error.message || error.name : 'the store failed';
    return new BackendError(this.backend, operation, problem, { cause: error });
  }
}
