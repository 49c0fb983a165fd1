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
