import { startContestant } from './contestant-process.mjs';
import { commandCounter } from './command-counter.mjs';
import { summarize } from './summarize.mjs';

/**
 * Measures the contestants of a scenario. Each has a process of its own, which idles while the others are
 * measured; the rounds go in turns, each beginning with another contestant, so that whatever else the
 * machine does meanwhile happens to all of them.
 */
export async function compare(scenario, { rounds, roundTime, redisUrl, only }) {
  const names = Object.keys(scenario.contestants).filter(only);
  const contestants = new Map();
  const counter = scenario.countsCommands ? await commandCounter(redisUrl) : undefined;
  try {
    for (const name of names) {
      contestants.set(name, await startContestant(scenario.name, name, redisUrl));
      await contestants.get(name).measure(Math.max(scenario.warmUp ?? 1000, roundTime));
    }
    const measured = new Map(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of rotate(names, round)) {
        await counter?.begin();
        const figures = await contestants.get(name).measure(roundTime);
        Object.assign(figures.figures, await counter?.perOperation(figures.operations));
        Object.assign(figures.figures, scenario.derive?.(figures.figures));
        measured.get(name).push(figures);
      }
    }
    return summarize(scenario, measured);
  } finally {
    await Promise.all([...contestants.values()].map((contestant) => contestant.end()));
    await counter?.end();
  }
}

function rotate(names, by) {
  const start = by % names.length;
  return [...names.slice(start), ...names.slice(0, start)];
}
