import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import type { RedisBusOptions } from '../../../lib/bus/redis/redis-bus-options.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { failureOf } from '../../backends/redis/helpers.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';

const STALENESS = 400;

let server: RedisServer;
const ends: (() => unknown)[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  server = await RedisServer.start();
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), 'rejections unhandled');
});

afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await server.stop();
});

async function join(options: RedisBusOptions): Promise<BusRecorder> {
  const bus = new RedisBus({ staleness: STALENESS, ...PATIENT, ...options });
  ends.push(() => bus.close());
  const recorder = new BusRecorder(bus);
  await bus.connect();
  await eventually(() => bus.verifiedAt > -Infinity);
  return recorder;
}

async function startProxy(): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(server.port);
  ends.push(() => proxy.close());
  return proxy;
}

/** A client whose duplicate, the connection that listens, has a way of its own. */
function clientThatListensBy<C extends Redis | Redis5>(
  client: C,
  makeListener: (overrides: object) => C,
): C {
  ends.push(() => client.disconnect());
  return Object.assign(client, { duplicate: makeListener });
}

const clients: readonly (readonly [string, (listenerPort: number) => Redis | Redis5])[] = [
  [
    'RESP3',
    (port) =>
      clientThatListensBy(new Redis(server.port), (options) => new Redis({ ...options, port })),
  ],
  [
    'RESP2',
    (port) =>
      clientThatListensBy(
        new Redis({ port: server.port, protocol: 2 }),
        (options) => new Redis({ ...options, port, protocol: 2 }),
      ),
  ],
  [
    'RESP2 and ioredis 5',
    (port) =>
      clientThatListensBy(new Redis5(server.port), (options) => new Redis5({ ...options, port })),
  ],
];

describe.each(clients)(
  'RedisBus in %s, when only the connection that listens is stuck',
  (_, make) => {
    it('proves nothing of the time since, gives it up after twice the staleness, and catches up', async () => {
      const proxy = await startProxy();
      const [a, b] = [await join({ url: server.url }), await join({ client: make(proxy.port) })];
      const { accepted } = proxy;
      proxy.hole();
      const began = performance.now();
      await a.bus.publish({ keys: ['unheard'] });
      while (proxy.accepted === accepted) {
        expect(b.bus.verifiedAt).toBeLessThanOrEqual(began);
        await sleep(5);
      }
      const gaveUp = performance.now() - began;

      expect(gaveUp).toBeGreaterThan(STALENESS);
      expect(b.bus.verifiedAt).toBe(-Infinity);
      // What can be asked is answered meanwhile, and what is published arrives with the others.
      expect(await b.bus.check([])).toMatchObject({ stamp: a.bus.stamp });
      await b.bus.publish({ keys: ['own'] });
      await eventually(() => a.invalidations.length === 2);
      proxy.heal();
      proxy.cut();
      const healed = performance.now();
      await eventually(() => b.bus.verifiedAt > healed);

      expect(b.invalidations.flatMap(({ scope }) => scope.keys ?? [])).toEqual(['unheard', 'own']);
      expect(b.toldAtProof).toBe(b.told);
    });
  },
);

describe('RedisBus, when it joins by a slow way', () => {
  it('connect waits for its proof, though the connection that listens takes its time', async () => {
    const proxy = await startProxy();
    // The connection for commands is ready while the other one is still on its way, and long since.
    proxy.delay(150);
    const bus = new RedisBus({ url: `redis://127.0.0.1:${proxy.port}`, ...PATIENT });
    ends.push(() => bus.close());
    const { resets, verifications } = new BusRecorder(bus);
    await bus.connect();

    expect(bus.verifiedAt).toBeGreaterThan(-Infinity);
    expect(verifications).toEqual([true]);
    expect(resets).toHaveLength(1);
  });
});

describe('RedisBus, with an invalidation of very many keys', () => {
  it('sends messages of bounded size, and resolves when all of them are recorded', async () => {
    const namespace = 'many';
    const a = await join({ url: server.url, namespace, staleness: NEVER_STALE });
    const b = await join({ url: server.url, namespace, staleness: NEVER_STALE });
    const keys = Array.from({ length: 100_000 }, (_, index) => `a key of some length: ${index}`);
    const stamp = await a.bus.publish({ keys });
    const { stamp: stands } = await a.bus.check([]);
    expect(stands).toEqual(stamp);
    await eventually(() => b.bus.stamp.position === stamp.position);

    expect(b.invalidations.flatMap(({ scope }) => scope.keys ?? [])).toEqual(keys);
    expect(b.invalidations.length).toBeLessThan(60);
    expect(b.resets).toHaveLength(1);
    for (const { scope } of b.invalidations) {
      expect(JSON.stringify(scope).length).toBeLessThan(66_000);
    }
    const history = await b.bus.history();
    expect(history?.slice(-b.invalidations.length)).toEqual(b.invalidations);
  });
});

/** What a bus may be doing when it is closed. */
const phases: readonly ((bus: RedisBus, proxy: TcpProxy) => Promise<unknown>)[] = [
  async () => undefined,
  async (bus) => void bus.connect(),
  async (bus) => {
    void bus.connect();
    await sleep(Math.random() * 12);
  },
  (bus) => bus.connect(),
  async (bus) => {
    await bus.connect();
    const asked = [bus.publish({ tags: ['tag'] }), bus.check(['tag']), bus.history()];
    for (const answer of asked) void failureOf(answer);
  },
  async (bus, proxy) => {
    await bus.connect();
    proxy.cut();
    await sleep(Math.random() * 120);
  },
  async (bus, proxy) => {
    proxy.hole();
    void bus.connect();
    await sleep(Math.random() * 20);
    void failureOf(bus.publish({ keys: ['key'] }));
  },
];

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocket')).length;
}

async function connectionsToServer(): Promise<number> {
  return String(await server.call('CLIENT', 'LIST'))
    .split('\n')
    .filter(Boolean).length;
}

describe('RedisBus, when it is closed', () => {
  it('leaves nothing behind, whatever it was doing, a hundred times', async () => {
    const proxies = await Promise.all(phases.map(startProxy));
    const before = sockets();
    const connections = await connectionsToServer();
    for (let round = 0; round < 15; round++) {
      await Promise.all(
        phases.map(async (reach, index) => {
          const proxy = proxies[index];
          if (proxy === undefined) throw new TypeError('there is a proxy for each phase');
          const bus = new RedisBus({
            options: { host: '127.0.0.1', port: proxy.port, connectTimeout: 300 },
            staleness: STALENESS,
            timeout: 100,
          });
          await reach(bus, proxy);
          await bus.close();
          proxy.heal();
        }),
      );
    }
    await eventually(() => proxies.every((proxy) => proxy.connections === 0));
    // The server's ends of those whose closing was swallowed.
    for (const proxy of proxies) proxy.cut();

    await eventually(() => sockets() <= before);
    await eventually(async () => (await connectionsToServer()) <= connections);
    expect(unhandled).toEqual([]);
  });
});
