import { compare } from './compare.mjs';
import { printResult, storeResults } from './report.mjs';
import { startRedis } from './redis-server.mjs';
import { describeSurroundings } from './surroundings.mjs';

const DEFAULT_ROUNDS = 11;
const DEFAULT_ROUND_TIME = 150;

/**
 * Measures scenarios one after another, prints each, and stores the run. One that fails is told, and the others
 * are measured all the same.
 *
 * @returns whether all went well
 */
export async function measureAll(scenarios, options) {
  const redis = scenarios.some(({ needsRedis }) => needsRedis) ? await startRedis() : undefined;
  try {
    const surroundings = describeSurroundings(redis);
    console.log(`${surroundings.machine.summary}\n${surroundings.versionSummary}\n`);
    const results = [];
    const failures = [];
    for (const scenario of scenarios) {
      try {
        const result = await measureOne(scenario, { options, redisUrl: redis?.url });
        printResult(result);
        results.push(result);
      } catch (error) {
        console.error(`${scenario.name} has failed:`, error, '\n');
        failures.push({ name: scenario.name, message: error.message });
      }
      await redis?.empty();
    }
    if (results.length > 0 && !options['no-store']) {
      console.log(`Stored in ${storeResults({ surroundings, results, failures })}`);
    }
    return failures.length === 0;
  } finally {
    await redis?.stop();
  }
}

async function measureOne(scenario, { options, redisUrl }) {
  const { name, title, floor } = scenario;
  const rounds = Number(options.rounds ?? scenario.rounds ?? DEFAULT_ROUNDS);
  const roundTime = Number(options.time ?? scenario.roundTime ?? DEFAULT_ROUND_TIME);
  const wanted = options.only?.split(',');
  const only = (contestant) =>
    contestant === floor || !wanted || wanted.some((start) => contestant.startsWith(start));
  const began = performance.now();
  const settings = { rounds, roundTime, redisUrl, only };
  const measured = await (scenario.measure?.(settings) ?? compare(scenario, settings));
  const seconds = Math.round((performance.now() - began) / 1000);
  const notes = [...(scenario.notes ?? []), ...(measured.notes ?? [])];
  return { name, title, floor, rounds, roundTime, seconds, ...measured, notes };
}
