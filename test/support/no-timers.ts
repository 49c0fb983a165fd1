import { systemClock, type Clock } from '../../lib/contract/clock.js';

/**
 * The system's time, with timers that never fire. What comes about on this clock was caused by something, and not by a
 * time that has passed; and it comes about however slow the machine is.
 */
export const NO_TIMERS: Clock = {
  now: () => systemClock.now(),
  wallTime: () => systemClock.wallTime(),
  setTimer: () => ({ cancel() {} }),
};
