import type { LoadOrders } from './load/load-orders.js';
import { Child } from './process/child.js';
import type { JudgedOutcome } from './run/outcome.js';
import { describeOutcome, tableOf } from './run/report.js';
import { readOptions, USAGE, type Command } from './run/run-options.js';
import { runScenario } from './run/run-scenario.js';
import { storeResults } from './run/store-results.js';

const LOAD = new URL('./load/load.ts', import.meta.url);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @returns the code with which the command ends */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    print(USAGE);
    return 0;
  }
  let command: Command;
  try {
    command = readOptions(args);
  } catch (error) {
    print(`${String(error)}\n\n${USAGE}`);
    return 2;
  }
  const { scenarios, controls, times, stores, lists } = command;
  if (lists) {
    for (const { name, title } of scenarios) print(`${name.padEnd(24)} ${title}`);
    return 0;
  }
  const outcomes: JudgedOutcome[] = [];
  let isGood = true;
  const load = await Child.start<LoadOrders>(LOAD);
  try {
    for (const scenario of scenarios) {
      const outcome = await runScenario(scenario, load, times);
      outcomes.push(outcome);
      print(`${describeOutcome(outcome)}\n`);
      if (outcome.problems.length > 0) isGood = false;
    }
    for (const control of controls) {
      const { problems } = await runScenario(control, load, times);
      const verdict = problems.length > 0 ? 'guilty' : 'NOT FOUND GUILTY';
      print(`${control.name}: ${control.title}: ${verdict}`);
      if (problems.length === 0) isGood = false;
    }
  } finally {
    await load.kill();
  }
  print(tableOf(outcomes));
  if (stores) print(`\nStored in ${await storeResults(outcomes, times)}`);
  return isGood ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
