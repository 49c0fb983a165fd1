import base from './jest.config.js';

/** What people install: the packed tarball, in projects of their own. Run with `npm run test:package`. */
export default {
  ...base,
  roots: ['<rootDir>/test/package'],
  testMatch: ['**/*.package.ts'],
  testTimeout: 180_000,
  maxWorkers: 2,
};
