import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/run.mjs';

/** What the figures depend on: the machine, and the versions of all that takes part. */
export function describeSurroundings(redis) {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const machine = {
    processor,
    cores: availableParallelism(),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
  const versions = {
    'nestjs-cache-tier': `${versionIn('.')} (${commit()})`,
    'lru-cache': versionIn('bench/node_modules/lru-cache'),
    ioredis: versionIn('bench/node_modules/ioredis'),
    'ioredis of the library': versionIn('node_modules/ioredis'),
    '@nestjs/core': versionIn('node_modules/@nestjs/core'),
    ...(redis && { redis: redis.version }),
  };
  return {
    machine: {
      ...machine,
      summary: `${machine.cores} × ${processor}, ${machine.system}, Node ${machine.node}`,
    },
    versions,
    versionSummary: Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · '),
  };
}

function versionIn(directory) {
  return JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8')).version;
}

/** Which state of the sources was measured. */
function commit() {
  const changed = git('status', '--porcelain', '--', 'lib') ? ' with changes' : '';
  return `${git('rev-parse', '--short', 'HEAD') || 'no commit'}${changed}`;
}

function git(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim();
}
