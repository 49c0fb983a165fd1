// npm run bench                      measures everything
// npm run bench -- l2 l1-hit         measures what begins with these names
// npm run bench -- --rounds 5 --time 200
import { parseArgs } from 'node:util';
import { build } from '../scripts/run.mjs';
import { ensureBenchPackages } from './harness/ensure-bench-packages.mjs';
import { compare } from './harness/compare.mjs';
import { describeSurroundings } from './harness/surroundings.mjs';
import { printScenario, storeResults } from './harness/report.mjs';
import { startRedis } from './harness/redis-server.mjs';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '25' },
    time: { type: 'string', default: '200' },
    'no-build': { type: 'boolean', default: false },
  },
});
const settings = { rounds: Number(options.rounds), roundTime: Number(options.time) };
if (!(settings.rounds >= 1 && settings.roundTime >= 1)) {
  console.error('--rounds and --time (milliseconds) are numbers from 1.');
  process.exit(1);
}

ensureBenchPackages();
if (!options['no-build']) build();

// Only now: the scenarios import packages that may not have been there before.
const { scenarios } = await import('./scenarios/all.mjs');
const chosen = scenarios.filter(
  ({ name }) => names.length === 0 || names.some((wanted) => name.startsWith(wanted)),
);
if (chosen.length === 0) {
  console.error(`There are: ${scenarios.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

const redis = chosen.some((scenario) => scenario.needsRedis) ? await startRedis() : undefined;
try {
  const surroundings = describeSurroundings(redis);
  console.log(`${surroundings.machine.summary}\n${surroundings.versionSummary}\n`);
  const results = [];
  for (const scenario of chosen) {
    const result = await compare(scenario, { ...settings, redisUrl: redis?.url });
    printScenario(result);
    results.push(result);
  }
  console.log(`Stored in ${storeResults({ surroundings, settings, results })}`);
} finally {
  await redis?.stop();
}
