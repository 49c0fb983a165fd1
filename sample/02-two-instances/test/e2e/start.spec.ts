import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../../../../test/support/app-process.js';
import { Launcher } from '../support/launcher.js';

describe('the processes of the sample', () => {
  const running: AppProcess[] = [];

  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.kill()));
  });

  async function start(): Promise<Launcher> {
    const launcher = await Launcher.start();
    running.push(launcher.app);
    return launcher;
  }

  it('have all ended when the launcher has ended by SIGTERM, and it has nothing to complain of', async () => {
    const launcher = await start();
    const started = await launcher.startedProcesses();
    expect(started.filter(isRunning)).toHaveLength(3);

    await launcher.app.stop();

    expect(started.filter(isRunning)).toEqual([]);
    // The shell that watches over the launcher tells how it ended.
    expect(launcher.app.output).toMatch(/^The two instances are at \S+\n(Terminated\s+)?$/);
  });

  it('have all ended then though Redis was stopped', async () => {
    const launcher = await start();
    await launcher.states();
    const started = await launcher.startedProcesses();
    await launcher.pauseRedis();

    await launcher.app.stop();

    expect(started.filter(isRunning)).toEqual([]);
  });

  it('end when the launcher is killed, a stopped Redis too', async () => {
    const launcher = await start();
    const started = await launcher.startedProcesses();
    await launcher.pauseRedis();

    await launcher.app.kill();

    const deadline = Date.now() + 30_000;
    while (started.some(isRunning) && Date.now() < deadline) await sleep(10);
    expect(started.filter(isRunning)).toEqual([]);
  });

  it('end with the launcher when one of them has died, and it says which', async () => {
    const launcher = await start();
    const started = await launcher.startedProcesses();
    const [, , instanceB = NaN] = started;

    process.kill(instanceB, 'SIGKILL');
    await launcher.app.ended();

    expect(launcher.app.output).toContain('Instance B has ended unexpectedly.');
    expect(started.filter(isRunning)).toEqual([]);
  });

  it('are not started when the port is in use, which is said', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const app = await Launcher.startProcess({ PORT: String(port) });
    running.push(app);
    await app.ended();
    other.close();
    expect(app.output).toContain(`Port ${port} is in use. Stop what listens there, or choose`);
    expect(app.output).not.toContain('    at ');
  });

  it.each(['70000', '-1', 'http', '3000.5'])('are not started with the port %s', async (port) => {
    const app = await Launcher.startProcess({ PORT: port });
    running.push(app);
    await app.ended();
    expect(app.output).toBe(`PORT is a whole number from 0 to 65535; got "${port}"\n`);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** Whether it has ended, and its parent has not asked how: in a container there may be nobody who does. */
function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
