import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoadOrders } from './load/load-orders.js';
import { Child } from './process/child.js';
import { describeOutcome } from './run/report.js';
import { runScenario } from './run/run-scenario.js';
import type { Times } from './run/times.js';
import { SCENARIOS } from './scenarios/all-scenarios.js';
import { CONTROLS } from './scenarios/controls.js';

/** Errors, hangs and counts alone are judged: how long it takes is shown by `npm run check:faults`. */
const SHORT: Times = {
  warm: 400,
  // So long that a machine which stands still for a moment has time for an answer on each lane.
  calm: 1500,
  fault: 2000,
  recovery: 1500,
  timeout: 30,
  foreignKeys: 5000,
  judgesTimes: false,
};

let load: Child<LoadOrders>;

beforeAll(async () => {
  load = await Child.start<LoadOrders>(new URL('./load/load.ts', import.meta.url));
}, 120_000);

afterAll(() => load.kill());

/** @returns what was not met, with all figures */
async function play(name: string): Promise<string> {
  const scenario = [...SCENARIOS, ...CONTROLS].find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const outcome = await runScenario(scenario, load, SHORT);
  return outcome.problems.length === 0 ? '' : describeOutcome(outcome);
}

describe('an app under load', () => {
  it.each([
    'redis-frozen',
    'redis-emptied',
    'content-garbage',
    'origin-failing',
    'process-sigterm',
  ])(
    'goes on in the fault %s, without an error to a client',
    async (name) => {
      expect(await play(name)).toBe('');
    },
    120_000,
  );
});

describe('an app that lacks what protects it', () => {
  it('is found guilty where nothing is kept beyond its ttl, and every load fails', async () => {
    expect(await play('control-fresh-only')).toContain('NOT MET: no error to a client');
  }, 120_000);
});
