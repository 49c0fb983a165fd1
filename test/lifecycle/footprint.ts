import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/patience.js';

/** How often each test makes and closes what it is about. */
export const CYCLES = 100;

/** So many are there at a time. */
const AT_ONCE = 10;

/** What keeps a process from ending, by its kind; how many listen to the process; and who is connected to the server. */
async function footprint(server?: RedisServer): Promise<Readonly<Record<string, number>>> {
  const connections = server === undefined ? 0 : await connectionsOf(server);
  const counts: Record<string, number> = { listeners: listenersOf(process), connections };
  for (const name of process.getActiveResourcesInfo()) {
    // Whoever connects again and again has either a socket or a timer.
    const kind = ['TCPSocketWrap', 'TCPConnectWrap', 'Timeout'].includes(name) ? 'waiting' : name;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** How many listeners an emitter has, for all its events. */
export function listenersOf(emitter: EventEmitter): number {
  return emitter
    .eventNames()
    .reduce((sum, event) => sum + emitter.listenerCount(event as string), 0);
}

/** How many connections a server has, beside the one that asks. */
async function connectionsOf(server: RedisServer): Promise<number> {
  const list = String(await server.call('CLIENT', 'LIST', 'TYPE', 'normal'));
  const subscribers = String(await server.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  return `${list}\n${subscribers}`.split('\n').filter((line) => line.startsWith('id=')).length - 1;
}

/** Has each test fail whose rejections nobody has handled. */
export function refuseUnhandled(): void {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(() => {
    process.on('unhandledRejection', onUnhandled);
  });
  afterEach(async () => {
    await nextTurn();
    await nextTurn();
    expect(unhandled.splice(0)).toEqual([]);
  });
  afterAll(() => {
    process.off('unhandledRejection', onUnhandled);
  });
}

/**
 * Carries out `cycle` a hundred times. What there is more afterwards than before of all that could keep the process from
 * ending, of listeners to the process, and of connections to the server: it shall be nothing.
 */
export async function leftBehind(
  cycle: (n: number) => Promise<void>,
  server?: RedisServer,
): Promise<Readonly<Record<string, number>>> {
  const before = await footprint(server);
  for (let done = 0; done < CYCLES; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => cycle(done + n)));
  }
  const left = async () => difference(await footprint(server), before);
  // What has been closed may take a moment to be gone.
  await eventually(async () => Object.keys(await left()).length === 0).catch(() => undefined);
  return left();
}

function difference(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(now)
      .map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
      .filter(([, more]) => more > 0),
  );
}
