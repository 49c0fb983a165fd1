// Checks the promise of coherence under faults: npm run check:coherence -- --seed 7 --seconds 30
// It reads the sources and not dist/, and needs no build. `--help` tells all options.
import { ensureRedis } from './ensure-redis.mjs';
import { ensurePackages, run } from './run.mjs';

ensurePackages();
const redis = ensureRedis();
run(
  process.execPath,
  [
    '--import',
    './test/coherence/typescript.mjs',
    'test/coherence/main.ts',
    ...process.argv.slice(2),
  ],
  { env: { REDIS_SERVER_BIN: redis } },
);
