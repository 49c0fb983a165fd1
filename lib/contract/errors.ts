import { quote } from './quote.js';

import { escapeControls } from './quote.js';

/** What an error of this library is about; stable, for programs. */
export type CacheTierErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_KEY'
  | 'INVALID_TTL'
  | 'INVALID_PATTERN'
  | 'UNSUPPORTED'
  | 'MISSING_PEER'
  | 'SERIALIZATION'
  | 'UNDECODABLE'
  | 'BACKEND'
  | 'BACKEND_TIMEOUT'
  | 'BREAKER_OPEN'
  | 'TOO_MANY_CALLS'
  | 'INVALIDATION_PENDING'
  | 'LOAD_TIMEOUT'
  | 'CLOSED';

interface CacheTierErrorDetails {
  readonly cause?: unknown;
}

/**
 * The base of every error that this library throws.
 *
 * @publicApi
 */
export abstract class CacheTierError extends Error {
  abstract readonly code: CacheTierErrorCode;

  constructor(message: string, details: CacheTierErrorDetails = {}) {
    // What others have written may stand in it: their errors, or names that were given to things.
    super(escapeControls(message), 'cause' in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
  }
}

/** An option is missing, of the wrong type, or contradicts another. `option` is its path, as in `memory.maxEntries`. */
export class InvalidOptionError extends CacheTierError {
  readonly code = 'INVALID_OPTION';

  constructor(
    readonly option: string,
    problem: string,
    details?: CacheTierErrorDetails,
  ) {
    super(`Option "${option}": ${problem}`, details);
  }
}

/** A key is not a string, is empty, or is too long. The key itself is shown only in part, and escaped. */
export class InvalidKeyError extends CacheTierError {
  readonly code = 'INVALID_KEY';
}

/** A ttl is not a whole number of milliseconds in range, a duration such as '5m', or the name of a strategy. */
export class InvalidTtlError extends CacheTierError {
  readonly code = 'INVALID_TTL';
}

/** A pattern is not of the grammar `*`, `?`, `\`. */
export class InvalidPatternError extends CacheTierError {
  readonly code = 'INVALID_PATTERN';
}

/** The backend or the set-up lacks the capability that a call needs. */
export class UnsupportedError extends CacheTierError {
  readonly code = 'UNSUPPORTED';
}

/** A package that the chosen feature needs is not installed. */
export class MissingPeerError extends CacheTierError {
  readonly code = 'MISSING_PEER';

  constructor(
    readonly packageName: string,
    neededFor: string,
    details?: CacheTierErrorDetails,
  ) {
    super(`${neededFor} needs the package "${packageName}": npm install ${packageName}`, details);
  }
}

/** A value cannot be turned into bytes that would come back as the same value. */
export class SerializationError extends CacheTierError {
  readonly code = 'SERIALIZATION';
}

/** Stored bytes are not an envelope of this library, or not one that this version and codec can read. */
export class UndecodableError extends CacheTierError {
  readonly code = 'UNDECODABLE';
}

interface BackendErrorDetails extends CacheTierErrorDetails {
  readonly concernsKey?: boolean;
  readonly refusesWrites?: boolean;
}

/** A backend failed. `cause` is its own error. */
export class BackendError extends CacheTierError {
  readonly code:
    'BACKEND' | 'BACKEND_TIMEOUT' | 'BREAKER_OPEN' | 'TOO_MANY_CALLS' | 'INVALIDATION_PENDING' =
    'BACKEND';
  /** Whether the store serves, and only what stands under the key is in the way: then no breaker minds. */
  readonly concernsKey: boolean;
  /** Whether the store serves what it holds, and takes nothing more now, as when it is full: likewise. */
  readonly refusesWrites: boolean;

  constructor(
    readonly backend: string,
    readonly operation: string,
    problem: string,
    details: BackendErrorDetails = {},
  ) {
    super(`Cache backend "${backend}" failed in ${operation}: ${problem}`, details);
    this.concernsKey = details.concernsKey ?? false;
    this.refusesWrites = details.refusesWrites ?? false;
  }
}

/** A backend did not answer in time. Whether it carried out the call is not known. */
export class BackendTimeoutError extends BackendError {
  override readonly code = 'BACKEND_TIMEOUT';

  constructor(
    backend: string,
    operation: string,
    /** The limit that passed, in milliseconds. */
    readonly timeout: number,
  ) {
    super(backend, operation, `no answer within ${timeout} ms`);
  }
}

/** A backend was not asked, because it has failed several times in a row and not answered since. */
export class BreakerOpenError extends BackendError {
  override readonly code = 'BREAKER_OPEN';

  constructor(
    backend: string,
    operation: string,
    /** When it is asked again whether it answers, in milliseconds from now; 0 where that is under way. */
    readonly retryIn: number,
  ) {
    super(
      backend,
      operation,
      `its breaker is open, after failures in a row; it is asked again ${retryIn === 0 ? 'now' : `in ${retryIn} ms`}`,
    );
  }
}

/** A backend was not asked, because too many calls of it are under way already. */
export class TooManyCallsError extends BackendError {
  override readonly code = 'TOO_MANY_CALLS';

  constructor(
    backend: string,
    operation: string,
    /** So many are under way at most. */
    readonly limit: number,
  ) {
    super(backend, operation, `${limit} calls of it are under way, and no more are sent`);
  }
}

/**
 * An invalidation could not be stored. It holds in this process, and will be carried out everywhere when the
 * store answers again; until then other instances may serve what it voids. `cause` is the store's error.
 */
export class InvalidationPendingError extends BackendError {
  override readonly code = 'INVALIDATION_PENDING';

  constructor(cause: BackendError) {
    super(cause.backend, 'invalidate', 'it is kept and carried out when the store answers again', {
      cause,
    });
  }
}

/** A load took longer than its `hardTimeout`, and there was no older value to serve. It was told to stop. */
export class LoadTimeoutError extends CacheTierError {
  readonly code = 'LOAD_TIMEOUT';

  constructor(
    /** As the caller gave it. */
    key: string,
    /** The limit that passed, in milliseconds. */
    readonly timeout: number,
  ) {
    super(
      `The load of key ${quote(key)} was not done within ${timeout} ms: it goes on, and nobody waits for it`,
    );
  }
}

/** The cache or the backend was used after `close()`. */
export class ClosedError extends CacheTierError {
  readonly code = 'CLOSED';
}
