#!/usr/bin/env node
// Makes sure that there is a Redis server for the tests to start: `node scripts/ensure-redis.mjs`.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';

const NAMES = ['redis-server', 'valkey-server'];
const DIRECTORIES = ['/usr/bin', '/usr/local/bin'];

export const INSTALL_HINT = `This needs a Redis server (7 or newer) or a Valkey server, and there is none. Install one:
  Debian, Ubuntu   sudo apt-get install redis-server
  Fedora           sudo dnf install valkey
  Alpine           sudo apk add redis
  macOS            brew install redis
or set REDIS_SERVER_BIN to the path of a redis-server or valkey-server. The tests start it themselves.`;

export function findRedisServer({ env = process.env, directories = DIRECTORIES } = {}) {
  const named = env.REDIS_SERVER_BIN;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`REDIS_SERVER_BIN is no program that can be run: ${named}`);
  }
  const places = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...directories];
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find(isExecutable);
}

export function ensureRedis(options = {}) {
  const { env = process.env, root = process.getuid?.() === 0, log = console.log } = options;
  const found = findRedisServer(options);
  if (found !== undefined) return found;
  if (!root || !succeeds('apt-get', ['--version'], env)) throw new Error(INSTALL_HINT);
  log('There is no Redis server: installing redis-server with apt-get.');
  install(options);
  const installed = findRedisServer(options);
  if (installed === undefined) throw new Error(`apt-get has not brought one.\n${INSTALL_HINT}`);
  return installed;
}

/** The distribution would start its own server at once; a policy that refuses keeps it from doing so. */
function install({ env = process.env, policyFile = '/usr/sbin/policy-rc.d' }) {
  const policy = readIfThere(policyFile);
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]) {
      if (!succeeds('apt-get', args, quiet, 'inherit')) {
        throw new Error(`apt-get ${args.join(' ')} has failed.\n${INSTALL_HINT}`);
      }
    }
  } finally {
    if (policy === undefined) rmSync(policyFile);
    else writeFileSync(policyFile, policy);
  }
}

function succeeds(command, args, env, stdio = 'ignore') {
  return spawnSync(command, args, { env, stdio }).status === 0;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    console.log(`Redis server: ${ensureRedis()}`);
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
