import { systemClock, type Clock, type Timer } from '../../../lib/index.js';

/** The system's clock, whose wall time alone can be made to jump, as an administrator or NTP does. */
export class JumpingClock implements Clock {
  #ahead = 0;

  now(): number {
    return systemClock.now();
  }

  wallTime(): number {
    return systemClock.wallTime() + this.#ahead;
  }

  setTimer(delay: number, callback: () => void): Timer {
    return systemClock.setTimer(delay, callback);
  }

  jump(ms: number): void {
    this.#ahead += ms;
  }
}
