// Runs the tests of the sample in the working directory, from whatever state the clone is in:
// `node ../../scripts/test-sample.mjs e2e` or `browser`. What follows goes to jest.
import { join } from 'node:path';
import { ensureChromium } from './ensure-chromium.mjs';
import { ensureRedis } from './ensure-redis.mjs';
import { build, ensurePackages, root, run } from './run.mjs';

const [kind, ...jestArguments] = process.argv.slice(2);
const cwd = process.cwd();

/** What the tests of a kind need beside the app. */
const needs = {
  e2e: () => ({ REDIS_SERVER_BIN: ensureRedis() }),
  browser: () => ({ REDIS_SERVER_BIN: ensureRedis(), CHROMIUM_BIN: ensureChromium() }),
};

if (!Object.hasOwn(needs, kind)) {
  console.error(`Usage: test-sample.mjs ${Object.keys(needs).join('|')} [arguments of jest]`);
  process.exit(2);
}

try {
  ensurePackages();
  const environment = needs[kind]();
  build();
  run('npm', ['run', 'build', '--silent'], { cwd });
  run(
    process.execPath,
    [join(root, 'node_modules/jest/bin/jest.js'), '--runInBand', `test/${kind}/`, ...jestArguments],
    {
      cwd,
      env: {
        ...environment,
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`,
      },
    },
  );
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
