// Runs the tests from whatever state the clone is in. Arguments go to jest: npm test -- test/core
import { join } from 'node:path';
import { ensureRedis } from './ensure-redis.mjs';
import { build, ensurePackages, root, run } from './run.mjs';

ensurePackages();
const redis = ensureRedis();
build();
run(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)], {
  env: {
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`,
    REDIS_SERVER_BIN: redis,
  },
});
