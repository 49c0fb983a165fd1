import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../../../../test/support/app-process.js';
import { startGuide } from '../support/start-guide.js';
import { TemporaryFolder } from '../support/temporary-folder.js';

const PARIS = 2_988_507;

describe('the start of the city guide', () => {
  let folder: TemporaryFolder;
  let running: AppProcess[];

  beforeEach(async () => {
    folder = await TemporaryFolder.create();
    running = [];
  });

  afterEach(async () => {
    await Promise.all(running.map((guide) => guide.kill()));
    await folder.remove();
  });

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const guide = await startGuide({ DATA_FOLDER: folder.path, ...environment });
    running.push(guide);
    return guide;
  }

  it('loads every place once, whenever it is interrupted, and keeps what was changed', async () => {
    const withoutDatabase = await start();
    await withoutDatabase.printed(/Making a new database/);
    await withoutDatabase.kill();

    const withoutPlaces = await start();
    await withoutPlaces.printed(/Loading: [3-9]\d %/);
    await withoutPlaces.kill();

    const first = await start();
    const url = await first.ready();
    expect(first.output).toContain(
      'An earlier load of the places did not finish: beginning again.',
    );
    expect(first.output).toContain('Loading: 100 %, 135,233 of 135,233 places');
    expect(await populationOfParis(url)).toBe(2_138_551);
    await populationOfParis(url, { population: 2_100_000 });
    // As a crash would.
    await first.kill();

    const second = await start();
    expect(await populationOfParis(await second.ready())).toBe(2_100_000);
    expect(second.output).not.toContain('Loading');
    await second.stop();
    expect(second.output).not.toMatch(/error/i);
  }, 180_000);

  it('ends at once though a browser keeps a connection on which it has asked nothing', async () => {
    const guide = await start();
    const url = await guide.ready();
    const spare = connect(Number(new URL(url).port), '127.0.0.1');
    await once(spare, 'connect');
    const used = await fetch(`${url}/cache/stats`);
    expect(used.status).toBe(200);
    const closed = once(spare, 'close');
    await guide.stop();
    await closed;
    expect(guide.output).not.toMatch(/error/i);
  });

  it('ends at once though a page asks again and again on one connection', async () => {
    const guide = await start();
    const url = await guide.ready();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asked = { count: 0, refused: false };
    const ask = (): void => {
      const question = get(`${url}/cache/stats`, { agent }, (answer) => {
        answer.resume().once('close', () => {
          asked.count++;
          ask();
        });
      });
      question.once('error', () => (asked.refused = true));
    };
    ask();
    while (asked.count < 10) await sleep(10);
    await guide.stop();
    while (!asked.refused) await sleep(10);
    agent.destroy();
    expect(guide.output).not.toMatch(/error/i);
  });

  it('says that the port is in use, before anything is loaded', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const guide = await start({ PORT: String(port) });
    await guide.ended();
    other.close();
    expect(guide.output).toContain(`Port ${port} is in use. Stop what listens there, or choose`);
    expect(guide.output).not.toContain('    at ');
    expect(guide.output).not.toContain('Making a new database');
  });

  it('says that another process uses the folder', async () => {
    await writeFile(join(folder.path, 'in-use-by-process'), String(process.pid));
    const guide = await start();
    await guide.ended();
    expect(guide.output).toContain(`is in use by process ${process.pid}`);
    expect(guide.output).not.toContain('    at ');
  });

  it('says that the server of DATABASE_URL cannot be used, and not its password', async () => {
    const guide = await start({ DATABASE_URL: 'postgres://guide:secret@127.0.0.1:1/guide' });
    await guide.ended();
    expect(guide.output).toContain('The Postgres server of DATABASE_URL cannot be used');
    expect(guide.output).not.toContain('secret');
    expect(guide.output).not.toContain('    at ');
  });

  it.each(['70000', '-1', 'http', '3000.5'])('refuses the port %s', async (port) => {
    const guide = await start({ PORT: port });
    await guide.ended();
    expect(guide.output).toContain(`PORT is a whole number from 0 to 65535; got "${port}"`);
    expect(guide.output).not.toContain('    at ');
  });
});

/** Changes it first, where a change is given. */
async function populationOfParis(url: string, change?: object): Promise<number> {
  const response = await fetch(`${url}/cities/${PARIS}`, {
    ...(change && {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    }),
  });
  const { population } = (await response.json()) as { population: number };
  return population;
}
