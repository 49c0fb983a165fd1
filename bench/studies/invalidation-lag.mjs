import { holders } from './holders.mjs';
import { nextTurn, now } from './now.mjs';

/** Who has not heard of a removal by then never will, in microseconds. */
const LOST_AFTER = 2_000_000;

/** One instance: it removes keys, or holds one and watches it go. */
export async function prepare(name, context) {
  const { fill, held, remove, end } = await holders[name](context);
  let watching;
  return {
    /** Has the key in memory, and watches it from then on. @returns whether memory has it */
    async hold(key) {
      await fill(key);
      if (!(await held(key))) return false;
      watching = untilGone(held, key);
      watching.catch(() => undefined);
      return true;
    },
    /** When the key was gone, or what became of it. */
    gone: () => watching,
    /** When the removal began, and when it had resolved. */
    async remove(key) {
      const began = now();
      await remove(key);
      return { began, resolved: now() };
    },
    removeFor: (order) => removeFor(remove, order),
    end,
  };
}

/**
 * Removes keys that nobody has for so many milliseconds, with so many removals under way.
 *
 * @returns how many were removed in a second, and how many removals were rejected, since Redis took too long
 */
async function removeFor(remove, { prefix, time, underWay }) {
  const began = now();
  const end = began + time * 1000;
  let removed = 0;
  let failed = 0;
  let next = 0;
  const lane = async () => {
    while (now() < end) {
      try {
        await remove(`${prefix}:${next++}`);
        removed++;
      } catch {
        failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  return { speed: (removed / (now() - began)) * 1e6, failed };
}

/**
 * Looks at every turn of the event loop, so that whatever tells of removals has its turn too.
 *
 * @returns when it began to look the time that it found nothing
 */
async function untilGone(held, key) {
  const lost = now() + LOST_AFTER;
  for (;;) {
    const looked = now();
    if (!(await held(key))) return looked;
    if (looked > lost) throw new Error(`${key} is still there.`);
    await nextTurn();
  }
}
