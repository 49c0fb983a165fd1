import { addRatios, contestantsOf } from '../studies/figures.mjs';
import { holders } from '../studies/holders.mjs';
import { watchRemovals } from '../studies/watch-removals.mjs';
import { inTurns } from '../studies/in-turns.mjs';
import { startWorker, withWorkers } from '../studies/start-worker.mjs';

const STUDY = new URL('../studies/invalidation-lag.mjs', import.meta.url).href;
const FLOOR = 'bare publish';
const REMOVALS = 100;

/**
 * How long after a removal in process A memory in process B still has the key; Redis is on the loopback address. B looks at
 * every turn of its event loop. Both read the same clock of the system.
 *
 * Two waits, since which of them is told first is chance: from when the removal is asked for, and from when it has
 * resolved. The second is below 0 where B hears of it before A knows that it is done.
 * Each round removes 100 keys, one after another.
 */
export const invalidationLag = {
  name: 'invalidation-lag',
  title: 'From a removal in one process to gone from the memory of another, over Redis',
  floor: FLOOR,
  needsRedis: true,
  rounds: 7,
  notes: [
    'lag: from when the removal has resolved in A; below 0 where B hears of it sooner than A knows that it is done.',
    'total: from when it is asked for. The ratios compare the p50 of the same round.',
  ],
  async measure({ rounds, redisUrl, only }) {
    const names = Object.keys(holders).filter(only);
    const starts = names.flatMap((name) => [
      startWorker(STUDY, name, { redisUrl }),
      startWorker(STUDY, name, { redisUrl }),
    ]);
    const measured = await withWorkers(starts, async (workers) => {
      const pair = (name) => workers.slice(2 * names.indexOf(name)).slice(0, 2);
      for (const name of names) await watchRemovals(pair(name), `${name}:warm`, REMOVALS);
      return inTurns(names, rounds, (name, round) =>
        watchRemovals(pair(name), `${name}:${round}`, REMOVALS),
      );
    });
    addRatios(measured, FLOOR, 'lagP50');
    addRatios(measured, FLOOR, 'totalP50', 'totalRatio');
    return { measures: MEASURES, contestants: contestantsOf(measured) };
  },
};

const measure = (key, title) => ({ key, title, unit: 'µs', better: 'lower' });

const MEASURES = [
  measure('lagP50', 'lag p50 µs'),
  measure('lagP99', 'lag p99 µs'),
  measure('removeP50', 'remove() p50 µs'),
  measure('removeP99', 'remove() p99 µs'),
  measure('totalP50', 'total p50 µs'),
  measure('totalP99', 'total p99 µs'),
  { key: 'ratio', title: 'lag ratio', unit: '×', better: 'lower', spread: true },
  { key: 'totalRatio', title: 'total ratio', unit: '×', better: 'lower', spread: true },
];
