import { CONTENT_SCENARIOS } from './content-scenarios.js';
import { ORIGIN_SCENARIOS } from './origin-scenarios.js';
import { PROCESS_SCENARIOS } from './process-scenarios.js';
import { REDIS_SCENARIOS } from './redis-scenarios.js';
import type { Scenario } from './scenario.js';

export const SCENARIOS: readonly Scenario[] = [
  ...REDIS_SCENARIOS,
  ...CONTENT_SCENARIOS,
  ...ORIGIN_SCENARIOS,
  ...PROCESS_SCENARIOS,
];
