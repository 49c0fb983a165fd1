import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';

/** What a promise rejects with, or `undefined` when it does not. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Waits until the condition holds, which has to happen within the time. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  within = 3000,
): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come about within ${within} ms`);
    await sleep(10);
  }
}

/** Counts the timers that keep this process alive, of those that are set until the mocks are restored. */
export function watchTimers(): { pending(): number } {
  const timers: NodeJS.Timeout[] = [];
  const set = globalThis.setTimeout;
  jest.spyOn(globalThis, 'setTimeout').mockImplementation((...args) => {
    const timer = set(...args);
    timers.push(timer);
    return timer;
  });
  return {
    pending: () =>
      timers.filter((timer) => timer.hasRef() && Reflect.get(timer, '_destroyed') !== true).length,
  };
}
