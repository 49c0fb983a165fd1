import { quantile } from './figures.mjs';

/**
 * Removes keys in process A, one after another, each after process B had it in memory (`invalidation-lag.mjs`). A key that B
 * does not have, or lost before it was removed, is not counted: on a machine that is overloaded, B cannot prove in time that it
 * has heard of all removals, and trusts nothing.
 *
 * @returns p50 and p99 in microseconds: of the `remove` itself; of the `lag`, from when it had resolved in A until the key was gone
 *   from B; of the `total`, from when it was asked for
 */
export async function watchRemovals([a, b], prefix, count) {
  const seen = [];
  for (let at = 0; seen.length < count; at++) {
    if (at > 2 * count) throw new Error(`Memory does not keep what is stored (${prefix}).`);
    const key = `lag:${prefix}:${at}`;
    if (!(await b.call('hold', key))) continue;
    const { began, resolved } = await a.call('remove', key);
    const gone = await b.call('gone');
    if (gone < began) continue;
    seen.push({ lag: gone - resolved, remove: resolved - began, total: gone - began });
  }
  const figures = {};
  for (const what of ['lag', 'remove', 'total']) {
    const values = seen.map((one) => one[what]);
    figures[`${what}P50`] = quantile(values, 0.5);
    figures[`${what}P99`] = quantile(values, 0.99);
  }
  return figures;
}
