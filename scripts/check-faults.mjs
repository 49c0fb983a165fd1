// Checks that faults of Redis, of the origin and of the process are a slow-down nobody notices: npm run check:faults
// It reads the sources and not dist/, and needs no build. `--help` tells all options.
import { ensureRedis } from './ensure-redis.mjs';
import { ensurePackages, run } from './run.mjs';

ensurePackages();
const redis = ensureRedis();
run(
  process.execPath,
  ['--import', './test/coherence/typescript.mjs', 'test/faults/main.ts', ...process.argv.slice(2)],
  { env: { REDIS_SERVER_BIN: redis } },
);
