import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the root, its output shown; ends this process with the command's code when it fails. */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs the packages, where they are not there yet. */
export function ensurePackages() {
  if (existsSync(join(root, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing packages (npm ci)…');
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']);
}

/** Builds the package into dist/. */
export function build() {
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
}
