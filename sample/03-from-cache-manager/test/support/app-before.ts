import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SAMPLE = resolve(import.meta.dirname, '../..');
const OURS = `'nestjs-cache-tier/compat'`;
const THEIRS = `'@nestjs/cache-manager'`;

/** Every line of the sample that names this package, by its file. */
export function changedLines(): string[] {
  return readdirSync(join(SAMPLE, 'src')).flatMap((file) =>
    readFileSync(join(SAMPLE, 'src', file), 'utf8')
      .split('\n')
      .filter((line) => line.includes('nestjs-cache-tier'))
      .map((line) => `${file}: ${line}`),
  );
}

/**
 * Builds the sample as it was before: with @nestjs/cache-manager in the place of this package, and nothing else
 * changed. The compiler checks it, too.
 *
 * @returns the path of its main program
 */
export function buildBefore(): string {
  // Within the sample, so that its packages are found.
  const folder = join(SAMPLE, 'dist', 'before');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(SAMPLE, 'src'), join(folder, 'src'), { recursive: true });
  for (const file of readdirSync(join(folder, 'src'))) {
    const path = join(folder, 'src', file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(OURS, THEIRS));
  }
  const config = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: 'src', outDir: 'out' },
    include: ['src'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = resolve(SAMPLE, '../../node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stdout);
  return join(folder, 'out', 'main.js');
}
