import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/run.mjs';

const DIRECTORY = join(root, 'bench', 'results');

/** Prints the figures of one scenario. */
export function printScenario({ name, title, floor, contestants }) {
  console.log(`${name} — ${title}`);
  const rows = contestants.map((contestant) => [
    contestant.name + (contestant.name === floor ? ' (floor)' : ''),
    shorten(contestant.operationsPerSecond.median),
    contestant.ratio.median.toFixed(2),
    `${contestant.ratio.min.toFixed(2)} … ${contestant.ratio.max.toFixed(2)}`,
    contestant.cpuMicrosecondsPerOperation.median.toFixed(2),
    contestant.cpuRatio.median.toFixed(2),
  ]);
  printTable(['', 'ops/s', 'ratio', 'min … max', 'CPU µs/op', 'CPU ratio'], rows);
  console.log();
}

/** Stores a run. @returns the path of the file, from the root */
export function storeResults(run) {
  mkdirSync(DIRECTORY, { recursive: true });
  const date = new Date().toISOString();
  const file = `${date.slice(0, 16).replace(':', '')}.json`;
  writeFileSync(join(DIRECTORY, file), `${JSON.stringify({ date, ...run }, null, 2)}\n`);
  return `bench/results/${file}`;
}

function printTable(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    );
    console.log(`  ${cells.join('  ').trimEnd()}`);
  }
}

function shorten(number) {
  if (number >= 1e6) return `${(number / 1e6).toFixed(2)} M`;
  return number >= 1e4 ? `${(number / 1e3).toFixed(1)} k` : number.toFixed(0);
}
