import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';

/** Reads keys one by one, and no further than it is asked to. */
export class KeySource {
  readonly #iterator: Iterator<string> | AsyncIterator<string>;
  #ended = false;

  /** @throws InvalidOptionError when the keys are not a list of them */
  constructor(keys: Iterable<string> | AsyncIterable<string>) {
    this.#iterator = iteratorOf(keys);
  }

  /** The next key, or `undefined` at the end. Rejects with what the iterator throws. */
  async next(): Promise<{ readonly key: string } | undefined> {
    try {
      const result: unknown = await this.#iterator.next();
      if (typeof result !== 'object' || result === null) throw notIterable(result);
      const { done, value } = result as IteratorResult<string>;
      if (done !== true) return { key: value };
      this.#ended = true;
      return undefined;
    } catch (error) {
      // An iterator that has thrown is at its end, and is not to be closed.
      this.#ended = true;
      throw error;
    }
  }

  /** Lets go of what the iterator holds, such as a cursor of a database. What that comes to is not waited for. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#return();
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The warm-up has an outcome already.
    }
  }
}

function iteratorOf(
  keys: Iterable<string> | AsyncIterable<string>,
): Iterator<string> | AsyncIterator<string> {
  // A string is iterable too, and would be taken for as many keys as it has characters.
  if (typeof keys === 'object' && keys !== null) {
    if (Symbol.asyncIterator in keys) return keys[Symbol.asyncIterator]();
    if (Symbol.iterator in keys) return keys[Symbol.iterator]();
  }
  throw notIterable(keys);
}

function notIterable(found: unknown): InvalidOptionError {
  return new InvalidOptionError(
    'keys',
    `is an array, or another iterable, asynchronous or not; got ${quote(found)}`,
  );
}
