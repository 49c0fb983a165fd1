import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, platform, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findRedisServer } from '../../../scripts/ensure-redis.mjs';

const ROOT = new URL('../../../', import.meta.url);

/** What figures depend on. */
export interface Surroundings {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
}

export async function describeSurroundings(): Promise<Surroundings> {
  const processor = cpus()[0]?.model ?? 'an unknown processor';
  return {
    machine: `${availableParallelism()} × ${processor}, ${platform()} ${release()}`,
    versions: {
      node: process.version,
      'nestjs-cache-tier': `${await versionIn('.')} (${commit()})`,
      '@nestjs/core': await versionIn('node_modules/@nestjs/core'),
      ioredis: await versionIn('node_modules/ioredis'),
      autocannon: await versionIn('node_modules/autocannon'),
      redis: redisVersion(),
    },
  };
}

async function versionIn(directory: string): Promise<string> {
  const text = await readFile(new URL(`${directory}/package.json`, ROOT), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function redisVersion(): string {
  const told = output(findRedisServer() ?? 'redis-server', ['--version']);
  return /v=(\S+)/.exec(told)?.[1] ?? told;
}

/** Which state of the sources was measured. */
function commit(): string {
  const changed =
    output('git', ['status', '--porcelain', '--', 'lib']) === '' ? '' : ' and changes';
  return `${output('git', ['rev-parse', '--short', 'HEAD']) || 'no commit'}${changed}`;
}

function output(command: string, args: readonly string[]): string {
  const { stdout } = spawnSync(command, args, { cwd: fileURLToPath(ROOT), encoding: 'utf8' });
  return stdout?.trim() ?? '';
}
