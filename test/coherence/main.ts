import { ATTEMPTS, CONTROLS, type Control } from './run/controls.js';
import { readOptions, USAGE, type Command } from './run/read-options.js';
import { describeOutcome } from './run/report.js';
import { runCheck } from './run/run-check.js';
import type { RunOptions } from './run/run-options.js';
import { Totals } from './run/totals.js';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @returns whether nothing was found */
async function checkAll(runs: readonly RunOptions[]): Promise<boolean> {
  const totals = new Totals();
  for (const options of runs) {
    const outcome = await runCheck(options);
    totals.add(outcome);
    print(`${describeOutcome(outcome)}\n`);
  }
  print(`${runs.length} runs: ${totals.line}`);
  return totals.violations + totals.failures === 0;
}

/** @returns whether the control was found guilty */
async function checkControl({ title, changes }: Control, first: RunOptions): Promise<boolean> {
  const totals = new Totals();
  for (let attempt = 0; attempt < ATTEMPTS && totals.violations === 0; attempt++) {
    const seed = first.seed + attempt;
    totals.add(await runCheck({ ...first, ...changes, seed, whenUnverified: 'bypass' }));
  }
  const verdict = totals.violations > 0 ? 'guilty' : 'NOT FOUND GUILTY';
  print(`${title.padEnd(34)} ${verdict}: ${totals.line}`);
  return totals.violations > 0;
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
  const { runs, controls } = command;
  let isGood = await checkAll(runs);
  const [first] = runs;
  if (controls && first !== undefined) {
    print('\nThese have to be found guilty:');
    for (const control of CONTROLS) isGood = (await checkControl(control, first)) && isGood;
  }
  return isGood ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
