import { RATIO } from '../harness/figures.mjs';
import { addRatios, contestantsOf } from '../studies/figures.mjs';
import { inTurns } from '../studies/in-turns.mjs';
import { startWorker, withWorkers } from '../studies/start-worker.mjs';
import { stores } from '../studies/stores.mjs';

const STUDY = new URL('../studies/memory-per-entry.mjs', import.meta.url).href;
const FLOOR = 'lru-cache';
const ENTRIES = 100_000;

/**
 * What an entry takes in memory, with its key and its object of 1 KB (as JSON, 100,000 of them): bytes of the heap and
 * of external memory after garbage collection, in a process of its own for each contestant and round. The objects
 * are parsed from JSON, as those that come from a database are, so that none shares its strings with another.
 *
 * A hit keeps a promise with the entry, so this library is measured before and after every entry was read. `loaded` is filled
 * by `getOrCompute`, `set` by `set`.
 */
export const memoryPerEntry = {
  name: 'memory-per-entry',
  title: `Memory of an entry: ${ENTRIES} objects of 1 KB, heap and external after garbage collection`,
  floor: FLOOR,
  rounds: 2,
  async measure({ rounds, only }) {
    const names = Object.keys(stores).filter(only);
    const measured = await inTurns(names, rounds, (name) =>
      withWorkers([startWorker(STUDY, name, {}, ['--expose-gc'])], async ([worker]) => ({
        bytes: await worker.call('bytesPerEntry', ENTRIES),
      })),
    );
    addRatios(measured, FLOOR, 'bytes');
    return {
      measures: [
        { key: 'bytes', title: 'bytes per entry', unit: 'bytes', better: 'lower' },
        { ...RATIO, better: 'lower' },
      ],
      contestants: contestantsOf(measured),
    };
  },
};
