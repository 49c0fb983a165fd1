import type { Forwarded } from './cache-status.js';
import type { HandlerOutcome } from './handler-run.js';
import type { SharedOutcome } from './run-failures.js';
import type { StoredResponse } from './stored-response.js';

/** What the cache came to for a request. */
export interface RouteAnswer {
  /** What it answered; `undefined` where nothing is to be given to all who asked. */
  readonly value: StoredResponse | undefined;
  /** What the handler came to that this request has run. */
  readonly own: HandlerOutcome | undefined;
  /** What it came to where another request has run it meanwhile, and this one may be given the same. */
  readonly shared: SharedOutcome | undefined;
  /** Whether what the handler answered was given to the cache to keep. */
  readonly isKept: boolean;
  /** The key that it is kept under. */
  readonly key: string;
  /** The tier that had the value, where it is known. */
  readonly tier: string | undefined;
  /** Why the handler was run, where it was. */
  readonly forwarded: Forwarded;
  /** Why there is no answer. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** What is found under a key, without running a handler. */
export interface Found {
  /** The headers of the request that tell its variants apart. */
  readonly names: readonly string[];
  readonly value: StoredResponse | undefined;
  readonly tier: string | undefined;
}
