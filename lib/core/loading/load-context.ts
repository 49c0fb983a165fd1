import { InvalidOptionError } from '../../contract/errors.js';
import type { Validators } from '../../contract/entry.js';
import { quote } from '../../contract/quote.js';
import type { LoadAbort } from './load-abort.js';
import { parseTtl, type Ttl } from '../parse-ttl.js';
import { checkTags } from '../coherence/tags.js';

/**
 * What the cache had of a key before: an older value, or one whose ttl is about to end.
 *
 * @publicApi
 */
export interface PreviousValue extends Validators {
  readonly value: unknown;
}

/**
 * What every loader is given.
 *
 * @publicApi
 */
export class BatchLoadContext {
  /** @internal */
  constructor(private readonly abort: LoadAbort) {}

  /**
   * Aborted when the load has taken longer than its `hardTimeout`, or when the cache was closed and has waited for
   * it long enough. What the load answers nevertheless is kept, unless the cache is closed.
   */
  get signal(): AbortSignal {
    return this.abort.signal;
  }
}

// It is not generic in the value: the type of what a loader returns could then not be inferred.
/**
 * What a loader is given: what it loads, what the cache had of it before, and the means to say how long the value
 * may be kept, and what it belongs to.
 *
 * @publicApi
 */
export class LoadContext extends BatchLoadContext {
  #ttl: number | undefined;
  #staleFor: number | undefined;
  #tags: readonly string[] | undefined;
  #validators: Validators | undefined;
  #isUnchanged = false;

  /** @internal */
  constructor(
    /** The key as the caller gave it. */
    readonly key: string,
    private readonly before: PreviousValue | undefined,
    abort: LoadAbort,
  ) {
    super(abort);
  }

  /**
   * The value that the cache had, if it still has it (`staleFor`): with its `etag` or `lastModified`, the origin can
   * be asked whether it has changed since.
   */
  get previous(): PreviousValue | undefined {
    return this.before;
  }

  /** The value's own ttl in milliseconds, once set; it takes the place of the one in the options. */
  get ttl(): number | undefined {
    return this.#ttl;
  }

  /** How long the value is kept beyond its ttl, in milliseconds, once set. */
  get staleFor(): number | undefined {
    return this.#staleFor;
  }

  /** The value's own tags, once there are any; they stand beside those in the options. */
  get tags(): readonly string[] | undefined {
    return this.#tags;
  }

  /** @internal What the origin says of the value's version. */
  get validators(): Validators | undefined {
    return this.#validators;
  }

  /** @internal Whether the loader has said that the previous value is the value. */
  get isUnchanged(): boolean {
    return this.#isUnchanged;
  }

  /** Sets the value's own ttl. @throws InvalidTtlError */
  setTtl(ttl: Ttl): void {
    this.#ttl = parseTtl(ttl, 'context.setTtl');
  }

  /** Sets how long the value is kept beyond its ttl; 0 for not at all. @throws InvalidTtlError */
  setStaleFor(staleFor: Ttl): void {
    this.#staleFor = staleFor === 0 ? 0 : parseTtl(staleFor, 'context.setStaleFor');
  }

  /** Adds to the value's own tags; `invalidateTags` of one of them voids it. @throws InvalidOptionError */
  addTags(...tags: string[]): void {
    this.#tags = checkTags([...(this.#tags ?? []), ...tags], 'context.addTags');
  }

  /** The version of the value, as the origin calls it; the next load finds it in `previous`. @throws InvalidOptionError */
  setEtag(etag: string): void {
    this.#validators = { ...this.#validators, etag: checkValidator(etag, 'context.setEtag') };
  }

  /** When the value was last changed, in the origin's own words. @throws InvalidOptionError */
  setLastModified(lastModified: string): void {
    this.#validators = {
      ...this.#validators,
      lastModified: checkValidator(lastModified, 'context.setLastModified'),
    };
  }

  /**
   * The previous value, for a loader to return when the origin says that it is still the value: it is fresh for
   * another ttl. Its tags, `etag` and `lastModified` stay, unless the loader sets others.
   *
   * @throws InvalidOptionError when there is no previous value
   */
  notModified<T>(): T {
    if (this.before === undefined) {
      throw new InvalidOptionError(
        'context.notModified',
        'there is no previous value: look at context.previous first',
      );
    }
    this.#isUnchanged = true;
    return this.before.value as T;
  }
}

const MAX_VALIDATOR_LENGTH = 1024;

function checkValidator(text: unknown, option: string): string {
  // They are sent to an origin, often in a header.
  if (typeof text === 'string' && text !== '' && text.length <= MAX_VALIDATOR_LENGTH) {
    if (!/[\p{Cc}\p{Cs}]/u.test(text)) return text;
  }
  throw new InvalidOptionError(
    option,
    `is a text of 1 to ${MAX_VALIDATOR_LENGTH} characters without control characters; got ${quote(text)}`,
  );
}
