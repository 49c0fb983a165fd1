import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Limits for a test whose rule is no limit: a machine that is slow for a moment keeps within them, and what hangs does
 * not. For `RedisBackend`, `RedisBus` and `redisTier`.
 */
export const PATIENT = { timeout: 15_000 } as const;

/**
 * For a bus or a cache whose test has no fault in it, in milliseconds: it never takes a healthy connection for a silent
 * one, and asks the log every quarter of an hour. What an instance hears of has been told by a message, then.
 */
export const NEVER_STALE = 3_600_000;

/** When a condition is given up that has not come about, in milliseconds. */
const GIVEN_UP = 30_000;

/** Waits until the condition holds, however slow the machine is. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  within = GIVEN_UP,
): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come about within ${within} ms`);
    await sleep(5);
  }
}

/**
 * For what a machine that is slow for a moment can spoil, and a mistake spoils each time: one good try of a few is
 * enough.
 *
 * @param attempt answers whether it was good
 */
export async function onSomeTry(
  attempt: (round: number) => Promise<boolean>,
  tries = 5,
): Promise<void> {
  for (let round = 0; round < tries; round++) if (await attempt(round)) return;
  throw new Error(`it came about on none of ${tries} tries`);
}
