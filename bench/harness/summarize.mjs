/**
 * What the rounds of a scenario come to. Each ratio compares a contestant with the floor in the same round:
 * `ratio` by the time that has passed, `cpuRatio` by the processor time of the process alone, which other work
 * on the machine disturbs less. 0.5 is half as fast as the floor, or twice its processor time.
 */
export function summarize({ name, title, floor }, measured) {
  const floorRounds = measured.get(floor);
  const contestants = Array.from(measured, ([contestant, rounds]) => ({
    name: contestant,
    operationsPerSecond: spread(rounds.map(speedOf)),
    ratio: spread(rounds.map((round, at) => speedOf(round) / speedOf(floorRounds[at]))),
    cpuMicrosecondsPerOperation: spread(rounds.map(cpuOf)),
    cpuRatio: spread(rounds.map((round, at) => cpuOf(floorRounds[at]) / cpuOf(round))),
  }));
  return { name, title, floor, contestants };
}

function speedOf({ operations, milliseconds }) {
  return operations / (milliseconds / 1000);
}

function cpuOf({ operations, cpuMicroseconds }) {
  return cpuMicroseconds / operations;
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: medianOf(sorted), min: sorted[0], max: sorted.at(-1) };
}

function medianOf(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
