// npm run bench                      measures everything
// npm run bench -- l2 l1-hit         measures what begins with these names
// npm run bench -- l1-hit --only ours,lru-cache      of that, the contestants whose names begin so, and the floor
// npm run bench -- --rounds 5 --time 200 --no-store
// npm run bench -- --charts          measures nothing: draws the newest results into docs/images
// npm run bench -- --list            what there is to measure
import { parseArgs } from 'node:util';
import { build } from '../scripts/run.mjs';
import { ensureBenchPackages } from './harness/ensure-bench-packages.mjs';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    time: { type: 'string' },
    only: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    'no-store': { type: 'boolean', default: false },
    charts: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
if (![options.rounds ?? 1, options.time ?? 1].every((given) => Number(given) >= 1)) {
  console.error('--rounds and --time (milliseconds) are numbers from 1.');
  process.exit(1);
}

ensureBenchPackages();
// Only now: they import packages that may not have been there before.
const { scenarios } = await import('./scenarios/all.mjs');
const { measureAll } = await import('./harness/measure-all.mjs');

const isChosen = ({ name }) =>
  names.length === 0 || names.some((wanted) => name.startsWith(wanted));

if (options.charts) {
  const { drawCharts } = await import('./harness/draw-charts.mjs');
  for (const file of drawCharts((name) => isChosen({ name }))) console.log(file);
  process.exit();
}

const chosen = scenarios.filter(isChosen);
if (chosen.length === 0 || options.list) {
  console.log(scenarios.map(({ name, title }) => `${name} — ${title}`).join('\n'));
  process.exit(options.list ? 0 : 1);
}
if (!options['no-build']) build();
process.exitCode = (await measureAll(chosen, options)) ? 0 : 1;
