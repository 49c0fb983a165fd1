import { parseArgs } from 'node:util';
import { SCENARIOS } from '../scenarios/all-scenarios.js';
import { CONTROLS } from '../scenarios/controls.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Times } from './times.js';

export const USAGE = `node scripts/check-faults.mjs [options] [scenarios]
  scenarios           what their names begin with; all by default
  --long              longer phases, and a million keys of others
  --warm ms           until the measuring begins; default 2000, long 4000
  --calm ms           before the fault; default 3000, long 15000
  --fault ms          default 4000, long 20000
  --recovery ms       default 2500, long 10000
  --foreign-keys n    default 200000, long 1000000
  --controls          plays apps that have to be found guilty, too
  --store             stores the results of a part, too; those of all scenarios are stored anyway
  --list              names the scenarios`;

/** What the command line asks for. */
export interface Command {
  readonly scenarios: readonly Scenario[];
  readonly times: Times;
  readonly stores: boolean;
  readonly lists: boolean;
  /** What has to be found guilty. */
  readonly controls: readonly Scenario[];
}

const USUAL = { warm: 2000, calm: 3000, fault: 4000, recovery: 2500, foreignKeys: 200_000 };
const LONG = { warm: 4000, calm: 15_000, fault: 20_000, recovery: 10_000, foreignKeys: 1_000_000 };

/** @throws Error that says what is wrong */
export function readOptions(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      long: { type: 'boolean', default: false },
      warm: { type: 'string' },
      calm: { type: 'string' },
      fault: { type: 'string' },
      recovery: { type: 'string' },
      'foreign-keys': { type: 'string' },
      controls: { type: 'boolean', default: false },
      store: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const usual = values.long ? LONG : USUAL;
  const scenarios = SCENARIOS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((begin) => name.startsWith(begin)),
  );
  if (scenarios.length === 0) {
    throw new Error(`there is no such scenario; there are ${SCENARIOS.map(nameOf).join(', ')}`);
  }
  return {
    scenarios,
    times: {
      warm: wholeNumber('warm', values.warm, usual.warm),
      calm: wholeNumber('calm', values.calm, usual.calm),
      fault: wholeNumber('fault', values.fault, usual.fault),
      recovery: wholeNumber('recovery', values.recovery, usual.recovery),
      foreignKeys: wholeNumber('foreign-keys', values['foreign-keys'], usual.foreignKeys),
      timeout: 5,
      judgesTimes: true,
    },
    stores: values.store || positionals.length === 0,
    lists: values.list,
    controls: values.controls ? CONTROLS : [],
  };
}

function nameOf({ name }: Scenario): string {
  return name;
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`--${name} is a whole number; got ${text}`);
  return Number(text);
}
