import type { CacheBackend } from '../../contract/cache-backend.js';
import type { Closable } from '../../contract/capabilities.js';
import { checkBytes, checkFailure } from '../conformance-case.js';
import { bytes, checkHealth, LONG, type Checks } from './check.js';
import { operationsOf } from './operations.js';

export const closableChecks: Checks<CacheBackend & Closable> = {
  'connect may be called, twice too, before the first use': async (backend) => {
    await backend.connect();
    await backend.connect();
    await backend.setWithTtl('key', bytes('value'), LONG);
    await backend.connect();
    checkBytes('the value', await backend.get('key'), bytes('value'));
  },

  'many may connect at once': async (backend) => {
    await Promise.all([1, 2, 3, 4].map(async () => backend.connect()));
    await checkHealth(backend, true);
  },

  'closing twice is fine, and so is closing what was never used': async (backend) => {
    await backend.close();
    await backend.close();
    await Promise.all([1, 2].map(async () => backend.close()));
  },

  'a closed backend throws on use': async (backend) => {
    await backend.setWithTtl('key', bytes('value'), LONG);
    await backend.close();
    for (const [name, operation] of operationsOf(backend)) {
      await checkFailure(`${name} of a closed backend`, operation);
    }
  },

  'healthCheck of a closed backend answers false': async (backend) => {
    await backend.connect();
    await backend.close();
    await checkHealth(backend, false);
  },
};
