import type { HandlerOutcome } from './handler-run.js';
import { variantOf, type RequestHeaders } from './variants.js';

/** What others may be told of a run of the handler that was for somebody else. */
export type SharedOutcome = Omit<HandlerOutcome, 'headers'>;

interface RunFailure {
  readonly outcome: SharedOutcome;
  /** What the headers were that the answer varies by. */
  readonly variant: string;
}

/**
 * The runs that the errors are of which the cache tells others, now or later (`errorTtl`). What is told is judged by
 * the error itself: who is told may have come when the run was over. It holds neither request nor response.
 */
const failures = new WeakMap<object, RunFailure>();

/** Notes whose the error of a run is. */
export function noteFailure(error: unknown, own: HandlerOutcome, headers: RequestHeaders): void {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) return;
  const { headers: _, ...outcome } = own;
  failures.set(error, { outcome, variant: variantOf(outcome.vary, headers) });
}

/**
 * The run that an error is of: what it came to, or that it was for another client, who has sent other headers;
 * `undefined` where it is of no run that is known.
 */
export function failureOf(
  error: unknown,
  headers: RequestHeaders,
): SharedOutcome | 'of another client' | undefined {
  const failure = failures.get(Object(error) as object);
  if (failure === undefined) return undefined;
  const { outcome, variant } = failure;
  return variantOf(outcome.vary, headers) === variant ? outcome : 'of another client';
}
