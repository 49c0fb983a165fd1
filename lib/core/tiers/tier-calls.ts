import type { Awaitable } from '../../contract/cache-backend.js';
import {
  BackendError,
  BreakerOpenError,
  CacheTierError,
  InvalidationPendingError,
  TooManyCallsError,
  type CacheTierErrorCode,
} from '../../contract/errors.js';
import type { CacheEvents } from '../watching/cache-events.js';
import { isPromise } from '../is-promise.js';
import type { Tier } from './tier.js';

/** Errors that say that the call or the set-up is wrong: no other tier and no load could mend that. */
const CALLERS_MISTAKES: readonly CacheTierErrorCode[] = [
  'SERIALIZATION',
  'INVALID_KEY',
  'INVALID_PATTERN',
  'UNSUPPORTED',
  'MISSING_PEER',
];

/**
 * Calls to the tiers, with one rule for their failures: a mistake of the caller is thrown, all else is
 * counted, announced and handed over as a `BackendError`.
 */
export class TierCalls {
  constructor(private readonly events: CacheEvents) {}

  /** Runs `act`, synchronously where the tier is. */
  attempt(
    tier: Tier,
    operation: string,
    act: () => Awaitable<void>,
    onFailure: (failure: BackendError) => void,
  ): Awaitable<void> {
    try {
      const done = act();
      if (!isPromise(done)) return undefined;
      return done.then(undefined, (error: unknown) =>
        onFailure(this.failure(tier, operation, error)),
      );
    } catch (error) {
      onFailure(this.failure(tier, operation, error));
      return undefined;
    }
  }

  /** What `error` means for the cache. @throws a caller's mistake as it is */
  failure(tier: Tier, operation: string, error: unknown): BackendError {
    if (error instanceof CacheTierError && CALLERS_MISTAKES.includes(error.code)) throw error;
    return this.count(tier, operation, error);
  }

  /** A failure that is the tier's, whatever it is. */
  count(tier: Tier, operation: string, error: unknown): BackendError {
    const failure = toBackendError(tier.name, operation, error);
    if (isRefusal(failure)) {
      // That the tier does not answer has been told; each refusal that follows would be no news.
      tier.counters.refused++;
      return failure;
    }
    tier.counters.errors++;
    if (this.events.observed) {
      this.events.emit({ type: 'tierError', tier: tier.name, error: failure });
    }
    return failure;
  }
}

/** The failure of a backend, whatever it threw. */
export function toBackendError(name: string, operation: string, error: unknown): BackendError {
  return error instanceof BackendError
    ? error
    : new BackendError(name, operation, describe(error), { cause: error });
}

/** Whether the tier's breaker, or its limit of calls under way, has kept the call from the backend. */
export function isRefusal(error: unknown): boolean {
  const failure = error instanceof InvalidationPendingError ? error.cause : error;
  return failure instanceof BreakerOpenError || failure instanceof TooManyCallsError;
}

/** Where all tiers have been called and some have failed: one failure stands for all. */
export function throwFirst(failures: readonly BackendError[]): void {
  const [first] = failures;
  if (first !== undefined) throw first;
}

/** The messages of foreign errors may hold keys or addresses; they stay in `cause`. */
function describe(error: unknown): string {
  if (error instanceof CacheTierError) return error.message;
  return error instanceof Error ? error.name : `it threw a ${typeof error}`;
}
