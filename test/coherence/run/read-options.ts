import { parseArgs } from 'node:util';
import { ABLATIONS } from '../subjects/ablation.js';
import { FAULT_KINDS } from './faults.js';
import type { RunOptions } from './run-options.js';

export const USAGE = `node scripts/check-coherence.mjs [options]
  --controls           runs caches that must be found guilty, too: the naive one, and ours without each mechanism
  --seed n             repeats the plan of a run; default: drawn
  --runs n             so many runs, each with the next seed; default 1
  --seconds n          how long each goes on; default 60
  --instances n        default 3
  --keys n             default 40
  --readers n          reads at a time in each instance, at most; default 16
  --writes n           writes per second; default 40
  --staleness ms       default 200
  --subject name       ours (default) or naive: delete, publish and subscribe
  --without name       turns off a mechanism of ours: ${ABLATIONS.join(', ')}
  --faults list        of ${FAULT_KINDS.join(', ')}; all by default, or none
  --unverified how     what is served without a proof: bypass, serve, or both by turns (default)
  --max-unverified ms  how long, with serve; default 3000`;

/** What the command line asks for. */
export interface Command {
  readonly runs: readonly RunOptions[];
  /** Whether the controls are run, too. */
  readonly controls: boolean;
}

/** @throws Error that says what is wrong */
export function readOptions(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      controls: { type: 'boolean', default: false },
      seed: { type: 'string' },
      runs: { type: 'string' },
      seconds: { type: 'string' },
      instances: { type: 'string' },
      keys: { type: 'string' },
      readers: { type: 'string' },
      writes: { type: 'string' },
      staleness: { type: 'string' },
      subject: { type: 'string', default: 'ours' },
      without: { type: 'string' },
      faults: { type: 'string' },
      unverified: { type: 'string', default: 'both' },
      'max-unverified': { type: 'string' },
    },
  });
  const number = (name: Exclude<keyof typeof values, 'controls'>, otherwise: number): number =>
    wholeNumber(name, values[name], otherwise);
  const seed = number('seed', Math.floor(Math.random() * 1e9));
  const { without } = values;
  const unverified = oneOf('unverified', values.unverified, ['bypass', 'serve', 'both']);
  const runs = Array.from({ length: number('runs', 1) }, (_, run) => ({
    seed: seed + run,
    seconds: number('seconds', 60),
    instances: number('instances', 3),
    keys: number('keys', 40),
    readers: number('readers', 16),
    writes: number('writes', 40),
    staleness: number('staleness', 200),
    subject: oneOf('subject', values.subject, ['ours', 'naive']),
    without: without === undefined ? undefined : oneOf('without', without, ABLATIONS),
    faults: listOf('faults', values.faults),
    // Whichever it is goes with the seed, so that a run is repeated as it was.
    whenUnverified: unverified === 'both' ? alternate(seed + run) : unverified,
    maxUnverified: number('max-unverified', 3000),
  }));
  return { runs, controls: values.controls };
}

function alternate(seed: number): 'bypass' | 'serve' {
  return seed % 2 === 0 ? 'bypass' : 'serve';
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name} is a whole number; got ${text}`);
  return Number(text);
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined)
    throw new Error(`--${name} is one of ${allowed.join(', ')}; got ${text}`);
  return found;
}

function listOf(name: string, text: string | undefined): RunOptions['faults'] {
  if (text === undefined) return FAULT_KINDS;
  if (text === 'none') return [];
  return text.split(',').map((kind) => oneOf(name, kind, FAULT_KINDS));
}
