// Runs the sample from whatever state the clone is in.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, ensurePackages, run } from '../../../scripts/run.mjs';

ensurePackages();
build();
run('npm', ['run', 'build', '--silent'], { cwd: dirname(dirname(fileURLToPath(import.meta.url))) });
// In this process, so that the signals that are sent to it reach the launcher.
await import('../dist/main.js');
