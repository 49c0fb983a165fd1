// Makes the API reference in docs/api, from whatever state the clone is in.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages, run } from '../../scripts/run.mjs';

const here = dirname(fileURLToPath(import.meta.url));

ensurePackages();
run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here });
run(process.execPath, [join(here, 'node_modules/typedoc/bin/typedoc')], { cwd: here });
