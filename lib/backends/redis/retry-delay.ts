const FIRST_RETRY = 50;

/** Short, because nobody is served by Redis until the next attempt; an attempt that is refused costs next to nothing. */
const LAST_RETRY = 500;

/**
 * How long to wait before a lost connection is made again, in milliseconds: twice as long after each failure, up to
 * half a second.
 *
 * @param failures how many attempts have failed since there was a connection
 */
export function retryDelay(failures: number): number {
  const longest = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failures);
  // Half of it is left to chance, so that many instances do not come back all at once.
  return longest * (0.5 + Math.random() / 2);
}
