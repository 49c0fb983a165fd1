import { monitorEventLoopDelay } from 'node:perf_hooks';
import { nextTurn, now } from './now.mjs';

/** The shortest delay that Node's monitor takes, in milliseconds. */
const RESOLUTION = 1;

/**
 * Watches the event loop by turning it without a pause: exact, but it takes a whole core.
 * `stop()` comes to the longest time between two turns, in milliseconds.
 */
export function spinningProbe() {
  let next;
  let last = now();
  let longest = 0;
  const look = () => {
    const at = now();
    longest = Math.max(longest, at - last);
    last = at;
    next = setImmediate(look);
  };
  look();
  return {
    async stop() {
      await nextTurn();
      clearImmediate(next);
      return longest / 1000;
    },
  };
}

/**
 * Watches the event loop by a timer: up to 1 ms too much, and whatever the process waits for a core, but it takes
 * next to nothing. `stop()` comes to the longest delay, in milliseconds.
 */
export function sleepingProbe() {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION });
  monitor.enable();
  return {
    async stop() {
      await nextTurn();
      await new Promise((resolve) => {
        setTimeout(resolve, 2 * RESOLUTION);
      });
      monitor.disable();
      return Math.max(0, monitor.max / 1e6 - RESOLUTION);
    },
  };
}
