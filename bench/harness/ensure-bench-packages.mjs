import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../../scripts/run.mjs';

/** Installs what the lockfile of bench/ says, unless it has been installed since the lockfile last changed. */
export function ensureBenchPackages() {
  const bench = join(root, 'bench');
  const installed = join(bench, 'node_modules', '.package-lock.json');
  const wanted = join(bench, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.log('Installing the packages of bench/ (npm ci)…');
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: bench });
}
