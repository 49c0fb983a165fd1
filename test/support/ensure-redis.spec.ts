import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureRedis, findRedisServer, INSTALL_HINT } from '../../scripts/ensure-redis.mjs';

let directory: string;
let bin: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ensure-redis-'));
  bin = join(directory, 'bin');
  mkdirSync(bin);
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Puts a program on the PATH of the test. */
function program(name: string, script = ''): string {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('findRedisServer', () => {
  it('prefers redis-server to valkey-server', () => {
    program('valkey-server');
    const redis = program('redis-server');

    expect(findRedisServer({ env: { PATH: bin }, directories: [] })).toBe(redis);
  });

  it('takes valkey-server where there is no redis-server', () => {
    const valkey = program('valkey-server');

    expect(findRedisServer({ env: { PATH: bin }, directories: [] })).toBe(valkey);
  });

  it('looks in the usual places when the PATH has none', () => {
    const redis = program('redis-server');

    expect(findRedisServer({ env: {}, directories: [bin] })).toBe(redis);
  });

  it('takes REDIS_SERVER_BIN before all others, and refuses one that cannot be run', () => {
    program('redis-server');
    const own = program('my-redis');
    const env = { PATH: bin, REDIS_SERVER_BIN: own };
    expect(findRedisServer({ env })).toBe(own);

    chmodSync(own, 0o644);
    expect(() => findRedisServer({ env })).toThrow(/REDIS_SERVER_BIN.*my-redis/);
  });

  it('finds nothing where there is nothing', () => {
    mkdirSync(join(bin, 'redis-server'));

    expect(findRedisServer({ env: { PATH: bin }, directories: [] })).toBeUndefined();
  });
});

describe('ensureRedis', () => {
  let policyFile: string;
  beforeEach(() => {
    policyFile = join(directory, 'policy-rc.d');
  });

  /** An apt-get that writes down how it was called and what the policy was, and brings a server. */
  function aptGet(brings: string): void {
    const log = join(directory, 'apt.log');
    program(
      'apt-get',
      `echo "$DEBIAN_FRONTEND $*" >> ${log}
       if [ "$1" = install ]; then /bin/cp ${policyFile} ${directory}/policy-seen; ${brings}; fi`,
    );
  }

  it('installs with apt-get as root, says so, and lets no service start', () => {
    aptGet(`echo > ${bin}/redis-server; /bin/chmod +x ${bin}/redis-server`);
    const lines: string[] = [];

    const found = ensureRedis({
      env: { PATH: bin },
      directories: [],
      root: true,
      policyFile,
      log: (line) => lines.push(line),
    });

    expect(found).toBe(join(bin, 'redis-server'));
    expect(lines.join()).toContain('installing redis-server');
    expect(readFileSync(join(directory, 'apt.log'), 'utf8').split('\n').slice(0, -1)).toEqual([
      ' --version',
      'noninteractive update',
      'noninteractive install -y --no-install-recommends redis-server',
    ]);
    expect(readFileSync(join(directory, 'policy-seen'), 'utf8')).toContain('exit 101');
    expect(existsSync(policyFile)).toBe(false);
  });

  it('puts a policy that was there back, and says when the installation fails', () => {
    aptGet('exit 1');
    writeFileSync(policyFile, 'own policy');
    const options = { env: { PATH: bin }, directories: [], root: true, policyFile };

    expect(() => ensureRedis({ ...options, log: () => undefined })).toThrow(/has failed/);

    expect(readFileSync(policyFile, 'utf8')).toBe('own policy');
  });

  it('says what to install when it is not root, or when there is no apt-get', () => {
    expect(() => ensureRedis({ env: { PATH: bin }, directories: [], root: true })).toThrow(
      INSTALL_HINT,
    );
    aptGet('');
    expect(() => ensureRedis({ env: { PATH: bin }, directories: [], root: false })).toThrow(
      INSTALL_HINT,
    );
    expect(existsSync(join(directory, 'apt.log'))).toBe(false);
  });

  it('ends with an error and a reason as a command', () => {
    const script = new URL('../../scripts/ensure-redis.mjs', import.meta.url).pathname;
    const run = (env: NodeJS.ProcessEnv): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [script], { env, encoding: 'utf8' });

    const failed = run({ REDIS_SERVER_BIN: '/no/such/server' });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('/no/such/server');

    const redis = program('redis-server');
    const passed = run({ PATH: bin });
    expect(passed.status).toBe(0);
    expect(passed.stdout).toContain(redis);
  });
});
