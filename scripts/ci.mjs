// Everything that has to hold before a change lands. It goes on after a failure, so that one run tells all of
// them, and ends with the true counts: each test is one, and so is each check that is not a test.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.mjs';

const samples = [
  ['sample 01', 'sample/01-city-guide'],
  ['sample 02', 'sample/02-two-instances'],
  ['sample 03', 'sample/03-from-cache-manager'],
  ['sample 04', 'sample/04-recipes'],
];
const results = mkdtempSync(join(tmpdir(), 'cache-tier-ci-'));
const failures = [];
let passed = 0;
let failed = 0;

/** Runs a command that tells by its code; it counts as one. */
function check(name, command, args) {
  announce(name);
  count(name, succeeds(command, args) ? [1, 0] : [0, 1]);
}

/** Runs a jest command, and counts its tests; a run that leaves no result counts as one failure. */
function jest(name, args) {
  announce(name);
  const file = join(results, `${name.replaceAll(/\W+/g, '-')}.json`);
  const succeeded = succeeds('npm', [...args, '--', '--json', `--outputFile=${file}`]);
  count(name, jestCounts(file, succeeded));
}

function jestCounts(file, succeeded) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests } =
      JSON.parse(readFileSync(file, 'utf8'));
    // A test that was skipped has not passed, and a suite that did not even load has failed.
    const bad = numFailedTests + numRuntimeErrorTestSuites + numPendingTests;
    return [numPassedTests, bad === 0 && !succeeded ? 1 : bad];
  } catch {
    return [0, 1];
  }
}

function succeeds(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  return status === 0;
}

/** Whether a sample has a page, and so tests of it. */
function hasPage(workspace) {
  const { scripts } = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
  return 'test:browser' in scripts;
}

function announce(name) {
  console.log(`\n=== ${name}`);
}

function count(name, [good, bad]) {
  passed += good;
  failed += bad;
  if (bad > 0) failures.push(name);
  console.log(`--- ${name}: ${bad === 0 ? 'ok' : 'FAILED'}`);
}

jest('tests', ['test', '--silent']);
check('lint', 'npm', ['run', 'lint', '--silent']);
check('format', 'npm', ['run', 'format:check', '--silent']);
check('types', 'npm', ['run', 'typecheck', '--silent']);
for (const [name, workspace] of samples) {
  check(`types of ${name}`, 'npm', ['run', 'typecheck', '--silent', '--workspace', workspace]);
}
jest('package', ['run', 'test:package', '--silent']);
for (const [name, workspace] of samples) {
  jest(name, ['run', 'test:e2e', '--silent', '--workspace', workspace]);
  if (!hasPage(workspace)) continue;
  jest(`${name} in a browser`, ['run', 'test:browser', '--silent', '--workspace', workspace]);
}

rmSync(results, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
