import { RATIO, figureOf, ratiosOf } from './figures.mjs';

const MEASURES = [
  { key: 'speed', title: 'ops/s', unit: 'ops/s', better: 'higher' },
  RATIO,
  { key: 'cpu', title: 'CPU µs/op', unit: 'µs', better: 'lower' },
  { key: 'cpuRatio', title: 'CPU ratio', unit: '×', better: 'higher' },
];
const COMMANDS = [
  { key: 'commands', title: 'commands/op', unit: '', better: 'lower' },
  { key: 'reads', title: 'server reads/op', unit: '', better: 'lower' },
];
const COMMANDS_NOTE =
  'commands/op: what the server carries out, the commands within scripts included. ' +
  'server reads/op: how often it reads from a socket; at 1 under way, the round trips.';

/**
 * What the rounds of a scenario come to. Each ratio compares a contestant with the floor in the same round:
 * `ratio` by the time that has passed, `cpuRatio` by the processor time of the process alone, which other work
 * on the machine disturbs less. 0.5 is half as fast as the floor, or twice its processor time.
 */
export function summarize(scenario, measured) {
  const floorRounds = measured.get(scenario.floor);
  const further = [...(scenario.countsCommands ? COMMANDS : []), ...(scenario.measures ?? [])];
  const contestants = Array.from(measured, ([name, rounds]) => ({
    name,
    figures: {
      speed: figureOf(rounds.map(speedOf)),
      ratio: figureOf(ratiosOf(rounds.map(speedOf), floorRounds.map(speedOf))),
      cpu: figureOf(rounds.map(cpuOf)),
      cpuRatio: figureOf(ratiosOf(floorRounds.map(cpuOf), rounds.map(cpuOf))),
      ...Object.fromEntries(
        further
          .filter(({ key }) => rounds.every(({ figures }) => figures[key] !== undefined))
          .map(({ key }) => [key, figureOf(rounds.map(({ figures }) => figures[key]))]),
      ),
    },
  }));
  const notes = scenario.countsCommands ? [COMMANDS_NOTE] : [];
  return { measures: [...MEASURES, ...further], contestants, notes };
}

function speedOf({ operations, milliseconds }) {
  return operations / (milliseconds / 1000);
}

function cpuOf({ operations, cpuMicroseconds }) {
  return cpuMicroseconds / operations;
}
