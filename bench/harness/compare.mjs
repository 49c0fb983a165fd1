import { startContestant } from './contestant-process.mjs';
import { summarize } from './summarize.mjs';

/**
 * Measures the contestants of a scenario. Each has a process of its own, which idles while the others are
 * measured; the rounds go in turns, each beginning with another contestant, so that whatever else the
 * machine does meanwhile happens to all of them.
 */
export async function compare(scenario, { rounds, roundTime, redisUrl }) {
  const names = Object.keys(scenario.contestants);
  const contestants = new Map();
  try {
    for (const name of names) {
      contestants.set(name, await startContestant(scenario.name, name, redisUrl));
      await contestants.get(name).measure(Math.max(1000, roundTime));
    }
    const measured = new Map(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of rotate(names, round)) {
        measured.get(name).push(await contestants.get(name).measure(roundTime));
      }
    }
    return summarize(scenario, measured);
  } finally {
    await Promise.all([...contestants.values()].map((contestant) => contestant.end()));
  }
}

function rotate(names, by) {
  const start = by % names.length;
  return [...names.slice(start), ...names.slice(0, start)];
}
