import type { Clock } from '../../contract/clock.js';
import { afterWait } from '../tiers/in-time.js';

/** Whether something was done while it was waited for. */
export interface Wait {
  readonly outcome: 'settled' | 'late';
}

const SETTLED: Wait = { outcome: 'settled' };
const LATE: Wait = { outcome: 'late' };

/**
 * Waits until a promise is settled, by success or failure, and at most so long. It goes on after that; a failure
 * that comes late is handled where it is awaited again, and nowhere else.
 *
 * @param ms at least 1
 */
export function atMost(promise: Promise<unknown>, ms: number, clock: Clock): Promise<Wait> {
  return new Promise((resolve) => {
    const timer = afterWait(clock, ms, () => resolve(LATE));
    const settle = (): void => {
      timer.cancel();
      resolve(SETTLED);
    };
    promise.then(settle, settle);
  });
}
