import type { LoadContext } from '../../../lib/core/loading/load-context.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { deferred, settle, type Deferred } from '../helpers.js';

/** How values are kept in these tests, in milliseconds. */
export const TTL = 1000;
export const STALE_FOR = 10_000;
export const KEPT = { ttl: TTL, staleFor: STALE_FOR } as const;

/** What the origin throws when nothing else is said. */
export const DOWN = new Error('the origin is down');

/** What is behind the caches. Each load answers what is true when it begins, and when it is let. */
export class Origin {
  version = 1;
  /** What each load was given. */
  readonly contexts: LoadContext[] = [];
  /** What a loader says of its value. */
  say: (context: LoadContext) => void = () => undefined;
  #error: unknown;
  #isHeld = false;
  readonly #held: Deferred<void>[] = [];

  readonly load = async (context: LoadContext): Promise<number> => {
    this.contexts.push(context);
    const { version } = this;
    const failure = this.#error;
    this.say(context);
    if (this.#isHeld) {
      const gate = deferred();
      this.#held.push(gate);
      await gate.promise;
    }
    if (failure !== undefined) throw failure;
    return version;
  };

  /** How many loads have begun. */
  get loads(): number {
    return this.contexts.length;
  }

  /** How many have begun and not ended, of those that were held. */
  get held(): number {
    return this.#held.length;
  }

  /** Loads that begin from now on do not end before `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends the oldest that is held. */
  async releaseOne(): Promise<void> {
    this.#held.shift()?.resolve();
    await settle();
  }

  /** Ends all that are held, and holds no more. */
  async release(): Promise<void> {
    this.#isHeld = false;
    for (const gate of this.#held.splice(0)) gate.resolve();
    await settle();
  }

  /** Ends all that are held with a failure. */
  async breakHeld(failure: unknown = DOWN): Promise<void> {
    for (const gate of this.#held.splice(0)) gate.reject(failure);
    await settle();
  }

  /** Loads that begin from now on fail. */
  fail(failure: unknown = DOWN): void {
    this.#error = failure;
  }

  heal(): void {
    this.#error = undefined;
    this.#isHeld = false;
  }
}

/** What has become of a promise so far. */
export type Outcome<T> =
  | { readonly state: 'pending' }
  | { readonly state: 'value'; readonly value: T }
  | { readonly state: 'error'; readonly error: unknown };

export const PENDING = { state: 'pending' } as const;

export function value<T>(answer: T): Outcome<T> {
  return { state: 'value', value: answer };
}

export function error(thrown: unknown): Outcome<never> {
  return { state: 'error', error: thrown };
}

/** Watches a promise without waiting for it. */
export function watch<T>(promise: Promise<T>): () => Promise<Outcome<T>> {
  let outcome: Outcome<T> = PENDING;
  promise.then(
    (answer) => {
      outcome = value(answer);
      return undefined;
    },
    (thrown: unknown) => {
      outcome = error(thrown);
    },
  );
  return async () => {
    await settle();
    return outcome;
  };
}

/** What a promise comes to, without waiting for anything but its turn. */
export function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  return watch(promise)();
}

/** All ways in which a value that was stored under `key` with the tag `t` can be voided. */
export const INVALIDATIONS: readonly (readonly [string, (cache: TieredCache) => Promise<void>])[] =
  [
    ['removed', (cache) => cache.remove('key')],
    ['removed among others', (cache) => cache.removeMany(['other', 'key', 'third'])],
    ['voided by its tag', (cache) => cache.invalidateTags(['other', 't'])],
    ['removed by a pattern', (cache) => cache.removePattern('k?y')],
    ['cleared away', (cache) => cache.clear()],
    [
      'made stale and then removed',
      async (cache) => {
        await cache.expire('key');
        await cache.remove('key');
      },
    ],
    [
      'removed and then made stale',
      async (cache) => {
        await cache.remove('key');
        await cache.expire('key');
      },
    ],
  ];
