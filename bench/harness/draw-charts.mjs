import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/run.mjs';
import { drawChart } from './chart.mjs';

const RESULTS = join(root, 'bench', 'results');
const IMAGES = join(root, 'docs', 'images');

/** Draws the newest stored result of each scenario. @returns the paths of the files, from the root */
export function drawCharts(wanted) {
  mkdirSync(IMAGES, { recursive: true });
  const drawn = [];
  for (const { result, run } of newestResults().values()) {
    if (!wanted(result.name)) continue;
    const caption = `${run.date.slice(0, 10)}, ${result.rounds} rounds. ${run.surroundings.machine.summary}`;
    const file = `bench-${result.name}.svg`;
    writeFileSync(join(IMAGES, file), drawChart(result, caption));
    drawn.push(`docs/images/${file}`);
  }
  return drawn;
}

/** By the scenario's name. Files are named by their date; those of an older shape are left out. */
function newestResults() {
  const newest = new Map();
  for (const file of readdirSync(RESULTS).toSorted()) {
    if (!file.endsWith('.json')) continue;
    const run = JSON.parse(readFileSync(join(RESULTS, file), 'utf8'));
    for (const result of run.results) {
      if (result.measures) newest.set(result.name, { result, run });
    }
  }
  return newest;
}
