import shared from '../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...shared,
  roots: ['<rootDir>/test'],
  // Three processes start, on a machine that may be busy.
  testTimeout: 120_000,
};
