import type { FencedBackend } from '../../contract/capabilities.js';
import type { Checks } from './check.js';
import { discardChecks } from './discard-checks.js';
import { fillChecks } from './fill-checks.js';
import { leaseChecks } from './lease-checks.js';
import { replaceChecks } from './replace-checks.js';

export const fencedChecks: Checks<FencedBackend> = {
  ...leaseChecks,
  ...fillChecks,
  ...replaceChecks,
  ...discardChecks,
};
