import { addRatios, contestantsOf } from '../studies/figures.mjs';
import { growingStores } from '../studies/growing-stores.mjs';
import { inTurns } from '../studies/in-turns.mjs';
import { startWorker, withWorkers } from '../studies/start-worker.mjs';

const STUDY = new URL('../studies/growth-entries.mjs', import.meta.url).href;
const SIZES = new Map([
  [1000, '1k'],
  [10_000, '10k'],
  [100_000, '100k'],
  [1_000_000, '1M'],
]);
const SMALLEST = 1000;

/**
 * Hits in memory (by `getOrCompute`) and `set`s with 1,000 to 1,000,000 entries, keys drawn evenly, each entry a small
 * object. The ratios compare with the same store and 1,000 entries, and with an lru-cache of the same size in the
 * same round: what grows with the number of entries is what the processor's caches no longer hold, and both pay it.
 * A round has hits first, for its time, and then sets, for as long.
 */
export const growthEntries = {
  name: 'growth-entries',
  title: 'Hits and sets in memory, by the number of entries',
  floor: nameOf('lru-cache', SMALLEST),
  rounds: 9,
  roundTime: 150,
  async measure({ rounds, roundTime, only }) {
    const contestants = [...SIZES.keys()]
      .flatMap((entries) =>
        Object.keys(growingStores).map((store) => ({
          store,
          entries,
          name: nameOf(store, entries),
        })),
      )
      .filter(({ store, name }) => store === 'lru-cache' || only(name));
    const names = contestants.map(({ name }) => name);
    const starts = contestants.map(({ name, ...context }) => startWorker(STUDY, name, context));
    const measured = await withWorkers(starts, async (workers) => {
      const measureOne = async (name, time) => {
        const worker = workers[names.indexOf(name)];
        return { hits: await worker.call('hits', time), sets: await worker.call('sets', time) };
      };
      for (const name of names) await measureOne(name, 2 * roundTime);
      return inTurns(names, rounds, (name) => measureOne(name, roundTime));
    });
    addAllRatios(contestants, measured);
    return { measures: MEASURES, contestants: contestantsOf(measured) };
  },
};

const speed = (key, title) => ({ key, title, unit: 'ops/s', better: 'higher' });
const ratio = (key, title) => ({ key, title, unit: '×', better: 'higher' });

const MEASURES = [
  speed('hits', 'hits/s'),
  ratio('hitsTo1k', 'to 1k'),
  ratio('hitsToFloor', 'to lru-cache'),
  speed('sets', 'sets/s'),
  ratio('setsTo1k', 'to 1k'),
  ratio('setsToFloor', 'to lru-cache'),
];

function nameOf(store, entries) {
  return `${store}, ${SIZES.get(entries)} entries`;
}

function addAllRatios(contestants, measured) {
  for (const { store, entries, name } of contestants) {
    for (const [floor, suffix] of [
      [nameOf(store, SMALLEST), 'To1k'],
      [nameOf('lru-cache', entries), 'ToFloor'],
    ]) {
      if (!measured.has(floor)) continue;
      const pair = new Map([floor, name].map((one) => [one, measured.get(one)]));
      addRatios(pair, floor, 'hits', `hits${suffix}`);
      addRatios(pair, floor, 'sets', `sets${suffix}`);
    }
  }
}
