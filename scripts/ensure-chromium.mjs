#!/usr/bin/env node
// Makes sure that there is a Chromium for the browser test: `node scripts/ensure-chromium.mjs`.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { pathToFileURL } from 'node:url';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const DIRECTORIES = ['/usr/bin', '/usr/local/bin'];

const INSTALL_HINT = `The browser test needs Chromium or Chrome, and there is none. Install one:
  Debian           sudo apt-get install chromium
  Fedora           sudo dnf install chromium
  Alpine           sudo apk add chromium
or set CHROMIUM_BIN to the path of a chromium or google-chrome.`;

/** The path of a Chromium, which is installed where that can be done; throws where it cannot. */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !succeeds('apt-get', ['--version'], 'ignore')) throw new Error(INSTALL_HINT);
  console.log('There is no Chromium: installing chromium with apt-get.');
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    if (!succeeds('apt-get', args, 'inherit')) {
      throw new Error(`apt-get ${args.join(' ')} has failed.\n${INSTALL_HINT}`);
    }
  }
  const installed = findChromium();
  if (installed === undefined) throw new Error(`apt-get has not brought one.\n${INSTALL_HINT}`);
  return installed;
}

function findChromium() {
  const named = env.CHROMIUM_BIN;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM_BIN is no program that can be run: ${named}`);
  }
  const places = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...DIRECTORIES];
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find(isExecutable);
}

/** What a command prints goes to stderr, so that a result on stdout stays alone. */
function succeeds(command, args, output) {
  const { status } = spawnSync(command, args, {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: output === 'inherit' ? ['ignore', 2, 2] : 'ignore',
  });
  return status === 0;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    console.log(`Chromium: ${ensureChromium()}`);
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
