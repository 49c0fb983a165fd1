import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { retryDelay } from '../../../lib/backends/redis/retry-delay.js';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import { systemClock, type Clock, type Timer } from '../../../lib/contract/clock.js';
import { freePort } from '../../support/free-port.js';
import { RedisServer } from '../../support/redis-server.js';
import { eventually } from '../../support/patience.js';

/** How many times faster its timers are. */
const HASTE = 50;

/** Its timers pass fast, and it tells for how long each was set. */
class HastyClock implements Clock {
  readonly waits: number[] = [];

  now(): number {
    return systemClock.now();
  }

  wallTime(): number {
    return systemClock.wallTime();
  }

  setTimer(ms: number, callback: () => void): Timer {
    this.waits.push(ms);
    return systemClock.setTimer(ms / HASTE, callback);
  }
}

/** What the timers were set to that are none of the fixed ones. */
function retries({ waits }: HastyClock, ...fixed: number[]): number[] {
  return waits.filter((ms) => !fixed.includes(ms));
}

const ATTEMPTS = 30;
const TIMEOUT = 60_001;
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Each is at most twice the one before, at most half a second, and anywhere from half of that up: what is not so. */
function mistakes(waits: readonly number[]): readonly string[] {
  const wrong = waits.flatMap((ms, index) => {
    const longest = Math.min(500, 50 * 2 ** index);
    return ms >= longest / 2 && ms <= longest ? [] : [`${ms} ms after ${index} failures`];
  });
  const last = waits.slice(5);
  const isLeftToChance = Math.max(...last) - Math.min(...last) > 50;
  return isLeftToChance ? wrong : [...wrong, `all alike: ${last.join(' ')}`];
}

describe('the attempts to connect again', () => {
  it('are made after a time that doubles, up to half a second, and is left to chance by half', () => {
    for (const [failures, longest] of [50, 100, 200, 400, 500, 500, 500].entries()) {
      const delays = Array.from({ length: 1000 }, () => retryDelay(failures));
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(longest / 2);
      expect(Math.max(...delays)).toBeLessThanOrEqual(longest);
      expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(longest / 3);
    }
    expect(retryDelay(10_000)).toBeLessThanOrEqual(500);
  });

  it('of the connection for commands back off with jitter', async () => {
    const clock = new HastyClock();
    const backend = new RedisBackend({
      options: { host: '127.0.0.1', port: await freePort(), connectTimeout: 0 },
      timeout: TIMEOUT,
      clock,
    });
    ends.push(() => backend.close());
    await backend.healthCheck();
    await eventually(() => retries(clock, TIMEOUT).length >= ATTEMPTS);
    expect(mistakes(retries(clock, TIMEOUT))).toEqual([]);
  });

  it('of the connection that listens back off with jitter', async () => {
    const port = await freePort();
    const clock = new HastyClock();
    const client = new Redis(port, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    ends.push(() => client.disconnect());
    const staleness = 60_000;
    const bus = new RedisBus({ client, clock, timeout: TIMEOUT, staleness });
    ends.push(() => bus.close());
    await bus.connect();
    // The patience with each attempt is 2000.
    await eventually(() => retries(clock, TIMEOUT, 2000).length >= ATTEMPTS);
    expect(mistakes(retries(clock, TIMEOUT, 2000))).toEqual([]);
  });

  it('are not waited for by one connection when the other has been made', async () => {
    const port = await freePort();
    const clock = new HastyClock();
    // So that the next attempt would come in a minute, unless something else calls for it.
    const slow: Clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      setTimer: (ms, callback) => {
        const isRetry = ms <= 500 && ms !== 250;
        return systemClock.setTimer(isRetry && clock.waits.push(ms) > 4 ? 60_000 : ms, callback);
      },
    };
    const options = { options: { host: '127.0.0.1', port }, clock: slow, timeout: TIMEOUT };
    const backend = new RedisBackend(options);
    ends.push(() => backend.close());
    const bus = new RedisBus({ connection: backend.connection, clock: slow, timeout: TIMEOUT });
    ends.push(() => bus.close());
    void bus.connect();
    await eventually(() => clock.waits.length >= 6);
    const server = await RedisServer.start({ port });
    ends.unshift(() => server.stop());
    // One of the two is made by hand: the other follows it.
    backend.connection.link.retryNow();
    await eventually(async () => (await backend.healthCheck()) && bus.verifiedAt > -Infinity);
    expect(await backend.healthCheck()).toBe(true);
  });
});
