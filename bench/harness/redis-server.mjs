import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureRedis } from '../../scripts/ensure-redis.mjs';

const STARTS_WITHIN = 10_000;

/** Starts a server on a free port of the loopback address, which keeps nothing on disk. */
export async function startRedis() {
  const binary = ensureRedis();
  const directory = mkdtempSync(join(tmpdir(), 'cache-tier-bench-'));
  const port = await freePort();
  const child = spawn(
    binary,
    ['--port', port, '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  // It ends with this process, however that ends, unless it is killed.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

  const info = await untilItAnswers(child, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    version: /^redis_version:(.*)$/m.exec(info)?.[1].trim(),
    /** Forgets all data, and what was counted. */
    async empty() {
      await ask(port, 'FLUSHALL\r\n');
    },
    async stop() {
      process.off('exit', kill);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(child, port) {
  const deadline = Date.now() + STARTS_WITHIN;
  for (;;) {
    const info = await ask(port, 'INFO server\r\n').catch(() => '');
    if (info.includes('redis_version')) return info;
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error('The Redis server does not start.');
    }
    await sleep(20);
  }
}

function ask(port, command) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(command));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once('error', reject);
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
