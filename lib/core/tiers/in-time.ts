import type { Awaitable } from '../../contract/cache-backend.js';
import type { Clock, Timer } from '../../contract/clock.js';
import { isPromise } from '../is-promise.js';

/** How long a call may take, and what becomes of it when it takes longer. */
export interface TimeLimit<T> {
  /** In milliseconds; `undefined` for as long as it wants. */
  readonly limit: number | undefined;
  readonly clock: Clock;
  /** What the caller is told. */
  readonly expired: (limit: number) => Error;
  /** Called with the answer that is not waited for any longer. */
  readonly onExpire?: (answer: PromiseLike<T>) => void;
}

/**
 * The answer of a call, or a failure when it does not come in time. What answers at once is passed on at once. A
 * failure that comes late is let go.
 */
export function inTime<T>(call: () => Awaitable<T>, options: TimeLimit<T>): Awaitable<T> {
  const { limit, clock, expired, onExpire } = options;
  const answer = call();
  if (limit === undefined || !isPromise(answer)) return answer;
  return new Promise((resolve, reject) => {
    let waiting = true;
    const expire = (): void => {
      if (!waiting) return;
      waiting = false;
      onExpire?.(answer);
      reject(expired(limit));
    };
    const timer = afterWait(clock, limit, expire);
    answer.then(
      (value) => {
        waiting = false;
        timer.cancel();
        // It settles once: what comes after the limit changes nothing.
        return resolve(value);
      },
      (error: unknown) => {
        waiting = false;
        timer.cancel();
        reject(error);
      },
    );
  });
}

/**
 * Calls back when something has been waited for so long. It may have come, unread, because this process was busy:
 * so what has arrived is read first.
 */
export function afterWait(clock: Clock, ms: number, callback: () => void): Timer {
  return clock.setTimer(ms, () => setImmediate(callback));
}
