import shared from '../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...shared,
  roots: ['<rootDir>/test'],
  // A first start makes a database and loads every place into it.
  testTimeout: 120_000,
};
