import shared from '../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...shared,
  roots: ['<rootDir>/test'],
  // The app as it was before is built, on a machine that may be busy.
  testTimeout: 120_000,
};
