import type { Entry } from '../../contract/entry.js';

/**
 * A random number of 53 bits is at least 2^-53, unless it is 0, and its logarithm at least -36.8: nothing is
 * refreshed earlier than by this many times `early`.
 */
const EARLIEST = 37;

/**
 * Whether a value is to be loaded anew before its time has passed: the likelier, the sooner it passes and the longer
 * its load takes, so that of many who read it one loads it in time. It is the rule XFetch of Vattani, Chierichetti
 * and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (VLDB 2015).
 *
 * @param freshUntil when its time has passed, on the clock of `now`; all in milliseconds
 * @param early how long the load took, times the option `earlyRefresh` (beta)
 * @param random answers at least 0 and less than 1
 */
export function isDue(
  freshUntil: number,
  early: number,
  now: number,
  random: () => number,
): boolean {
  const left = freshUntil - now;
  if (left <= 0) return true;
  // Runs on every hit: a logarithm is computed only where it may decide.
  if (left >= early * EARLIEST) return false;
  // Of 1 - random(), which is never 0.
  return -early * Math.log(1 - random()) >= left;
}

/**
 * For a value that is due: by how much its draw was ahead, in multiples of `early`. The exponential distribution has
 * no memory, so what lies beyond the least that makes it due is drawn anew.
 */
export function leadOf(
  { freshUntil, early }: Pick<Entry, 'freshUntil' | 'early'>,
  now: number,
  random: () => number,
): number {
  return Math.max(0, freshUntil - now) / early - Math.log(1 - random());
}
