import { AsyncLocalStorage } from 'node:async_hooks';

/** Who has worked on a request so far. */
export interface RequestTrace {
  /** Queries that the request itself has run. */
  queries: number;
  /** The cache tier that answered, if one did. */
  tier: string | undefined;
}

/** The trace of the request that the running code belongs to; none outside of a traced request. */
export const requestTrace = new AsyncLocalStorage<RequestTrace>();
