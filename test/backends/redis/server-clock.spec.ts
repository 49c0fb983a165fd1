import { beforeEach, describe, expect, it } from '@jest/globals';
import { ServerClock } from '../../../lib/backends/redis/server-clock.js';
import type { RedisClient } from '../../../lib/backends/redis/redis-client.js';

const START = 1_700_000_000_000;

/** A server whose clock runs beside ours, and whose answers take as long as a test says. */
class Server {
  ours = 0;
  ahead = START;
  questions = 0;
  toServer = 0;
  fromServer = 0;
  stream = { cork: () => undefined, uncork: () => undefined };

  get time(): number {
    return this.ours + this.ahead;
  }

  callBuffer(): Promise<Buffer[]> {
    this.questions++;
    this.ours += this.toServer;
    const at = this.time;
    this.ours += this.fromServer;
    return Promise.resolve(
      [Math.floor(at / 1000), (at % 1000) * 1000].map((part) => Buffer.from(String(part))),
    );
  }
}

let server: Server;
let clock: ServerClock;
const ask = (): Promise<void> | undefined => clock.refresh(server as unknown as RedisClient);

beforeEach(() => {
  server = new Server();
  clock = new ServerClock(() => server.ours);
});

/** How far the bounds are from the server's clock. */
function slack(): { before: number; after: number } {
  const { least, most } = clock.time ?? { least: NaN, most: NaN };
  return { before: server.time - least, after: most - server.time };
}

describe('the clock of a server', () => {
  it('is not known before it has been asked', async () => {
    expect(clock.time).toBeUndefined();
    await ask();
    expect(clock.time).toEqual({ least: START, most: START });
  });

  it('is known as well as an answer takes, and is never outside its bounds', async () => {
    server.toServer = 30;
    server.fromServer = 70;
    await ask();
    expect(slack()).toEqual({ before: 70, after: 30 });
  });

  it('is known better with every answer, wherever the time went', async () => {
    server.toServer = 100;
    await ask();
    server.ours += 1000;
    server.toServer = 0;
    server.fromServer = 100;
    await ask();
    expect(slack().before).toBeLessThan(2);
    expect(slack().after).toBeLessThan(2);
    expect(slack().before).toBeGreaterThanOrEqual(0);
    expect(slack().after).toBeGreaterThanOrEqual(0);
  });

  it('is asked once a second, and anew on another connection', async () => {
    await ask();
    server.ours += 999;
    expect(ask()).toBeUndefined();
    server.ours += 1;
    await ask();
    expect(server.questions).toBe(2);
    server.stream = { ...server.stream };
    const asked = ask();
    expect(clock.time).toBeUndefined();
    await asked;
    expect(clock.time).toBeDefined();
  });

  it('is found again where it has been set', async () => {
    await ask();
    for (const step of [3_600_000, -7_200_000]) {
      server.ahead += step;
      server.ours += 1000;
      await ask();
      expect(slack()).toEqual({ before: 0, after: 0 });
    }
  });

  it('drifts: the bounds widen with the age of what is known, and after five seconds nothing is', async () => {
    await ask();
    server.ours += 4000;
    expect(slack()).toEqual({ before: 4, after: 4 });
    server.ours += 1001;
    expect(clock.time).toBeUndefined();
  });

  it.each([
    ['refuses to tell it', () => Promise.reject(new Error('NOPERM'))],
    ['answers something else', () => Promise.resolve(['no', 'time'])],
    ['answers nothing', () => Promise.resolve(null)],
  ])('is not known where the server %s', async (_what, answer) => {
    server.callBuffer = answer as unknown as () => Promise<Buffer[]>;
    await ask();
    expect(clock.time).toBeUndefined();
  });

  it('is not taken from the answer of a connection that was lost', async () => {
    const asked = ask();
    server.stream = { ...server.stream };
    server.callBuffer = () => new Promise(() => undefined);
    void ask();
    await asked;
    expect(clock.time).toBeUndefined();
  });
});
