import { checkFailure } from '../conformance-case.js';
import { checkHealth, type Checks } from './check.js';
import { operationsOf } from './operations.js';

/** For a backend whose store is out of reach. */
export const downChecks: Checks = {
  'a failure is thrown: it is no miss, and no silence': async (backend) => {
    for (const [name, operation] of operationsOf(backend)) {
      await checkFailure(`${name}, with the store out of reach,`, operation);
    }
  },

  'healthCheck answers false when the store is out of reach, and does not throw': async (
    backend,
  ) => {
    await checkHealth(backend, false);
    await checkHealth(backend, false);
  },
};
