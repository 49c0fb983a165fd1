import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/run.mjs';
import { formatFigure } from './format-figure.mjs';

const DIRECTORY = join(root, 'bench', 'results');

/** Prints the figures of one scenario: the medians, and lowest and highest where the measure asks for them. */
export function printResult({ name, title, floor, measures, contestants, seconds, notes = [] }) {
  console.log(`${name} — ${title} (${seconds} s)`);
  const columns = measures.flatMap(columnsOf);
  const rows = contestants.map((contestant) => [
    contestant.name + (contestant.name === floor ? ' (floor)' : ''),
    ...columns.map(({ cell }) => cell(contestant.figures)),
  ]);
  printTable(['', ...columns.map((column) => column.title)], rows);
  for (const note of notes) console.log(`  ${note}`);
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

function columnsOf({ key, title, unit, spread }) {
  const shown = (value) => formatFigure(value, unit);
  const cellOf = (text) => (figures) => (figures[key] === undefined ? '-' : text(figures[key]));
  const median = { title, cell: cellOf((figure) => shown(figure.median)) };
  if (!spread) return [median];
  const range = cellOf(({ min, max }) => `${shown(min)} … ${shown(max)}`);
  return [median, { title: 'min … max', cell: range }];
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
