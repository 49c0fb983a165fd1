import { noErrors, OUTAGE } from '../run/expectations.js';
import { ORIGIN_SCENARIOS } from './origin-scenarios.js';
import { REDIS_SCENARIOS } from './redis-scenarios.js';
import type { Scenario } from './scenario.js';

/**
 * Apps that have to be found guilty, because what protects them was turned off: a check that cannot fail proves
 * nothing.
 */
export const CONTROLS: readonly Scenario[] = [
  {
    ...scenarioOf(REDIS_SCENARIOS, 'redis-frozen'),
    name: 'control-patient',
    title: 'Redis is stopped, and the tier waits for it as long as it takes, without a breaker',
    group: 'control',
    cache: { redis: { timeout: 60_000, breaker: false } },
    expectations: OUTAGE,
  },
  {
    ...scenarioOf(ORIGIN_SCENARIOS, 'origin-failing'),
    name: 'control-fresh-only',
    title: 'Every load fails, and nothing is kept beyond its ttl',
    group: 'control',
    cache: { ttl: 300 },
    // Nothing is kept for when the origin fails, and there is nothing to wait for.
    warmUp: async () => undefined,
    expectations: [noErrors()],
  },
];

function scenarioOf(scenarios: readonly Scenario[], name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
