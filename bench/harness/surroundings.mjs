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
    'lru-cache of the library': versionIn('node_modules/lru-cache'),
    'ioredis of the library': versionIn('node_modules/ioredis'),
    '@nestjs/core of the library': versionIn('node_modules/@nestjs/core'),
    ...benchPackages(),
    ...(redis && { 'redis server': redis.version }),
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

/** The floors and the peers, as they are installed. */
function benchPackages() {
  const { devDependencies } = manifestIn('bench');
  const names = Object.keys(devDependencies);
  return Object.fromEntries(names.map((name) => [name, versionIn(`bench/node_modules/${name}`)]));
}

function versionIn(directory) {
  return manifestIn(directory).version;
}

function manifestIn(directory) {
  return JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
}

/** Which state of the sources was measured. */
function commit() {
  const changed = git('status', '--porcelain', '--', 'lib') ? ' with changes' : '';
  return `${git('rev-parse', '--short', 'HEAD') || 'no commit'}${changed}`;
}

function git(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim();
}
