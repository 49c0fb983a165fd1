import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import type { Stamp } from '../../../lib/contract/entry.js';
import { BackendError, BackendTimeoutError } from '../../../lib/contract/errors.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { failureOf } from '../../backends/redis/helpers.js';
import { RedisServer } from '../../support/redis-server.js';
import { RedisBusWorld, STALENESS } from './redis-bus-world.js';
import { eventually } from '../../support/patience.js';

let server: RedisServer;
let world: RedisBusWorld;
const buses: RedisBus[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  server = await RedisServer.start();
});

beforeEach(() => {
  world = new RedisBusWorld(server);
});

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
  await world.destroy();
  if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), 'rejections unhandled');
});

afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await server.stop();
});

async function join(origin: string): Promise<BusRecorder> {
  const bus = await world.endpoint(origin);
  buses.push(bus);
  const recorder = new BusRecorder(bus);
  await bus.connect();
  await eventually(() => bus.verifiedAt > -Infinity);
  return recorder;
}

/** The time of a clock that buses use too. */
function now(): number {
  return performance.now();
}

async function verifiedAfter({ bus }: BusRecorder, time: number): Promise<void> {
  await eventually(() => bus.verifiedAt >= time);
}

async function heardKeys({ invalidations }: BusRecorder, keys: readonly string[]): Promise<void> {
  await eventually(() => invalidations.length >= keys.length);
  expect(invalidations.flatMap(({ scope }) => scope.keys ?? [])).toEqual(keys);
}

/** Records an invalidation whose message is lost. */
async function recordSilently(key: string): Promise<void> {
  const [epoch] = [await server.call('HGET', world.key('m'), 'e')];
  const position = await server.call('HINCRBY', world.key('m'), 'n', 1);
  const payload = JSON.stringify({ v: 1, keys: [key] });
  const fields = ['e', String(epoch), 'n', String(position), 'o', 'silent', 'p', payload];
  await server.call('XADD', world.key('l'), '*', ...fields);
}

/** Waits until all are in a later epoch, have been told, have proof and hear of each other. */
async function newEpochOf(recorders: readonly BusRecorder[], after: number): Promise<number> {
  await eventually(() => recorders.every(({ bus }) => bus.stamp.epoch > after));
  await Promise.all(recorders.map((recorder) => verifiedAfter(recorder, now())));
  const stamps: Stamp[] = [];
  // The connection that publishes may still be on its way.
  await eventually(async () => {
    const stamp = await recorders[0]?.bus.publish({ keys: ['new'] }).catch(() => undefined);
    if (stamp !== undefined) stamps.push(stamp);
    return stamp !== undefined;
  });
  const [stamp] = stamps;
  for (const { bus, resets } of recorders) {
    await eventually(() => bus.stamp.position === stamp?.position);
    expect(bus.stamp.epoch).toBe(stamp?.epoch);
    expect(resets.at(-1)?.epoch).toBe(stamp?.epoch);
  }
  return stamp?.epoch ?? -1;
}

describe('RedisBus, when the connection suffers', () => {
  it('a connection that is reset has no proof at once, and catches up on the next', async () => {
    const [a, b] = [await join('a'), await join('b')];
    world.proxy(b.bus).cut();
    await a.bus.publish({ keys: ['during'] });
    await eventually(() => b.verifications.includes(false));
    await verifiedAfter(b, now());
    await a.bus.publish({ keys: ['after'] });

    await heardKeys(b, ['during', 'after']);
    expect(b.resets).toHaveLength(1);
    expect(b.verifications).toEqual([true, false, true]);
  });

  it('in a silent hole nothing is proved of the time after it began, and the connection is given up', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const proxy = world.proxy(b.bus);
    const connections = proxy.accepted;
    proxy.hole();
    const began = now();
    await a.bus.publish({ keys: ['unheard'] });
    while (proxy.accepted === connections) {
      expect(b.bus.verifiedAt).toBeLessThanOrEqual(began);
      await sleep(5);
    }
    expect(now() - began).toBeGreaterThan(STALENESS);
    expect(b.bus.verifiedAt).toBe(-Infinity);
    proxy.heal();
    await verifiedAfter(b, now());

    await heardKeys(b, ['unheard']);
    expect(b.toldAtProof).toBe(b.told);
  });

  it('a server that is stopped proves nothing until it goes on', async () => {
    const a = await join('a');
    server.pause();
    const paused = now();
    await sleep(3 * STALENESS);
    expect(a.bus.verifiedAt).toBeLessThanOrEqual(paused);
    server.resume();

    await verifiedAfter(a, now());
    expect(a.verifications.at(-1)).toBe(true);
  });

  it('a proof is of the time when the question was sent, not when the answer came', async () => {
    const a = await join('a');
    world.proxy(a.bus).delay(60);
    await verifiedAfter(a, now());
    await eventually(() => (a.bus.stats().lag ?? 0) >= 100);
    const seen: number[] = [];
    for (let at = a.bus.verifiedAt; seen.length < 2; at = a.bus.verifiedAt) {
      await eventually(() => a.bus.verifiedAt > at);
      seen.push(now() - a.bus.verifiedAt);
    }

    for (const age of seen) expect(age).toBeGreaterThan(100);
  });

  it('a log that has grown long is read in steps, in order and once', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await a.bus.publish({ keys: ['before'] });
    await heardKeys(b, ['before']);
    world.sever(b.bus);
    await eventually(() => b.bus.verifiedAt === -Infinity);
    const keys = Array.from({ length: 1_700 }, (_, index) => `key ${index}`);
    await Promise.all(keys.map((key) => a.bus.publish({ keys: [key] })));
    await eventually(() => a.invalidations.length === keys.length + 1);
    world.restore(b.bus);
    await verifiedAfter(b, now());

    await heardKeys(b, [
      'before',
      ...a.invalidations.slice(1).flatMap(({ scope }) => scope.keys ?? []),
    ]);
    expect(b.toldAtProof).toBe(b.told);
    expect(b.bus.stats()).toMatchObject({ resyncs: 1, resets: 0 });
  });

  it('a client that the server kills comes back and has missed nothing', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await server.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await a.bus.publish({ keys: ['during'] });
    await eventually(() => b.verifications.length >= 3);

    await heardKeys(b, ['during']);
    expect(b.bus.stats().resyncs).toBeGreaterThanOrEqual(1);
  });

  it('the end of the data connection voids the proof until a later question is answered', async () => {
    const a = await join('a');
    await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await eventually(() => a.verifications.length === 3);

    expect(a.verifications).toEqual([true, false, true]);
  });

  it('publish fails by its timeout while the server is stopped, and at once while it is down', async () => {
    await world.destroy();
    world = new RedisBusWorld(server, { timeout: 1000 });
    const a = await join('a');
    server.pause();
    expect(await failureOf(a.bus.publish({ keys: ['key'] }))).toBeInstanceOf(BackendTimeoutError);
    server.resume();
    await verifiedAfter(a, now());
    await server.kill();
    await eventually(() => a.bus.verifiedAt === -Infinity);
    for (const call of [a.bus.publish({ keys: ['key'] }), a.bus.check(['tag'])]) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(BackendError);
      expect(failure).not.toBeInstanceOf(BackendTimeoutError);
    }
    await server.restart();

    await verifiedAfter(a, now());
    expect(a.verifications.at(-1)).toBe(true);
  });

  it('connect resolves while the server is down, and the bus begins when it is there', async () => {
    await server.kill();
    const bus = await world.endpoint('early');
    buses.push(bus);
    const recorder = new BusRecorder(bus);
    await bus.connect();
    expect(bus.verifiedAt).toBe(-Infinity);
    expect(recorder.told).toBe(0);
    await server.restart();
    await eventually(() => bus.verifiedAt > -Infinity);

    expect(recorder.resets).toHaveLength(1);
  });
});

describe('RedisBus, when messages are lost or make no sense', () => {
  it('a later message shows the gap, which is filled from the log before it is applied', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await recordSilently('lost');
    await a.bus.publish({ keys: ['later'] });

    await heardKeys(b, ['lost', 'later']);
    expect(b.bus.stats()).toMatchObject({ gaps: 1, resyncs: 1, resets: 0 });
  });

  it('the next probe shows a message that was lost, before anything is proved', async () => {
    const a = await join('a');
    await recordSilently('lost');
    await verifiedAfter(a, now());

    await heardKeys(a, ['lost']);
    expect(a.toldAtProof).toBeLessThan(a.told);
    expect(a.bus.stats()).toMatchObject({ gaps: 1, resyncs: 1, resets: 0 });
  });

  it('what nobody understands is counted, and answered by asking the log', async () => {
    const a = await join('a');
    await server.call('PUBLISH', world.key('c'), 'nonsense');
    await a.bus.publish({ keys: ['key'] });

    await heardKeys(a, ['key']);
    await eventually(() => a.bus.stats().resyncs === 1);
    expect(a.bus.stats()).toMatchObject({ malformed: 1, gaps: 0, resets: 0 });
  });

  it('an entry of the log that nobody understands voids everything', async () => {
    const a = await join('a');
    await server.call('HINCRBY', world.key('m'), 'n', 1);
    await server.call('XADD', world.key('l'), '*', 'payload', 'of a later version');
    await eventually(() => a.resets.length === 2);

    expect(a.bus.stats()).toMatchObject({ malformed: 1, resets: 1 });
    expect(a.bus.stamp.epoch).toBe(a.resets[0]?.epoch);
    const { position } = await a.bus.publish({ keys: ['key'] });
    await eventually(() => a.bus.stamp.position === position);
  });

  it('a message of another epoch, such as of another database, begins no new epoch here', async () => {
    const a = await join('a');
    const { epoch } = a.bus.stamp;
    for (const other of [epoch - 1, epoch + 1_000_000]) {
      const text = `${other} 7 1-1 other {"v":1,"keys":["foreign"]}`;
      await server.call('PUBLISH', world.key('c'), text);
    }
    await a.bus.publish({ keys: ['own'] });
    await verifiedAfter(a, now());

    await heardKeys(a, ['own']);
    expect(a.bus.stamp.epoch).toBe(epoch);
    expect(a.resets).toHaveLength(1);
  });
});

describe('RedisBus, when the server loses data', () => {
  it.each(['FLUSHALL', 'DEL'])('%s of the meta hash is noticed without a message', async (how) => {
    const [a, b] = [await join('a'), await join('b')];
    const { epoch } = await a.bus.publish({ keys: ['before'] });
    await (how === 'DEL' ? server.call('DEL', world.key('m')) : server.call('FLUSHALL'));

    expect(await newEpochOf([a, b], epoch)).toBeGreaterThan(epoch);
  });

  it('a counter that was set back begins a new epoch', async () => {
    const [a, b] = [await join('a'), await join('b')];
    for (const key of ['1', '2', '3']) await a.bus.publish({ keys: [key] });
    const { epoch } = a.bus.stamp;
    await server.call('HSET', world.key('m'), 'n', 1);

    expect(await newEpochOf([a, b], epoch)).toBeGreaterThan(epoch);
  });

  it('a server that comes back empty begins a new epoch', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const { epoch } = await a.bus.publish({ keys: ['before'] });
    await server.restart();

    expect(await newEpochOf([a, b], epoch)).toBeGreaterThan(epoch);
  });

  it('a server that comes back from an older copy begins a new epoch', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await a.bus.publish({ keys: ['kept'] });
    const snapshot = await server.snapshot();
    const { epoch } = await a.bus.publish({ keys: ['forgotten'] });
    await server.restart({ snapshot });

    expect(await newEpochOf([a, b], epoch)).toBeGreaterThan(epoch);
  });

  it('a server that comes back with all that it had begins a new epoch: who knows that it is all?', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const { epoch } = await a.bus.publish({ keys: ['before'] });
    await server.restart({ snapshot: await server.snapshot() });

    expect(await newEpochOf([a, b], epoch)).toBeGreaterThan(epoch);
    expect([a, b].map(({ resets }) => resets.length)).toEqual([2, 2]);
  });

  it('an older copy is not believed by who comes new, though nobody is there who knows better', async () => {
    const a = await join('a');
    const snapshot = await server.snapshot();
    const { epoch } = await a.bus.publish({ keys: ['forgotten'] });
    world.sever(a.bus);
    await server.restart({ snapshot });
    const fresh = await join('fresh');
    expect(fresh.bus.stamp.epoch).toBeGreaterThan(epoch);
    world.restore(a.bus);

    expect(await newEpochOf([a, fresh], epoch)).toBeGreaterThan(epoch);
  });

  it.each([
    ['as long as', ['i', 'ii', 'iii']],
    ['longer than', ['i', 'ii', 'iii', 'iv']],
  ])('a new past that has grown %s the old one is not taken for it', async (_length, keys) => {
    const [a, b] = [await join('a'), await join('b')];
    await a.bus.publish({ keys: ['kept'] });
    const snapshot = await server.snapshot();
    for (const key of ['1', '2', '3']) await a.bus.publish({ keys: [key] });
    const { epoch, position } = a.bus.stamp;
    for (const { bus } of [a, b]) world.sever(bus);
    await server.restart({ snapshot });
    for (const key of keys) await recordSilently(key);
    const grown = Number(await server.call('HGET', world.key('m'), 'n'));
    expect(grown).toBe(position - 3 + keys.length);
    for (const { bus } of [a, b]) world.restore(bus);

    expect(await newEpochOf([a, b], epoch)).toBeGreaterThan(epoch);
  });

  it('an instance that publishes to a log that has lost what it knows begins a new epoch first', async () => {
    const a = await join('a');
    await a.bus.publish({ keys: ['1'] });
    const { epoch } = await a.bus.publish({ keys: ['2'] });
    await server.call('HSET', world.key('m'), 'n', 0);
    const stamp = await a.bus.publish({ tags: ['tag'] });

    expect(stamp.epoch).toBeGreaterThan(epoch);
    await eventually(() => a.bus.stamp.epoch === stamp.epoch);
    expect((await a.bus.check(['tag'])).tags).toEqual([stamp.position]);
  });

  it('two who notice at once begin one epoch', async () => {
    const instances = await Promise.all(['a', 'b', 'c', 'd'].map(join));
    const [first] = instances;
    const epoch = first?.bus.stamp.epoch ?? 0;
    await server.call('DEL', world.key('m'));
    await eventually(() => instances.every(({ bus }) => bus.stamp.epoch > epoch));

    const [state] = [await server.call('HMGET', world.key('m'), 'e', 'n')];
    expect(instances.map(({ bus }) => [`${bus.stamp.epoch}`, `${bus.stamp.position}`])).toEqual(
      instances.map(() => state),
    );
    expect(instances.map(({ resets }) => resets.length)).toEqual([2, 2, 2, 2]);
  });
});

describe('RedisBus, when it is closed', () => {
  it.each(['open', 'silent', 'reconnecting'])(
    'nothing is left of a bus that is %s',
    async (how) => {
      const a = await join('a');
      const proxy = world.proxy(a.bus);
      if (how !== 'open') proxy.hole();
      if (how === 'reconnecting') {
        proxy.cut();
        await eventually(() => a.bus.verifiedAt === -Infinity);
      }
      await a.bus.close();
      proxy.heal();

      await eventually(() => proxy.connections === 0);
      const { accepted } = proxy;
      await sleep(2 * STALENESS);
      expect(proxy.accepted).toBe(accepted);
    },
  );

  it('what waits for its own message is let go', async () => {
    const a = await join('a');
    const publishing = a.bus.publish({ keys: ['key'] });
    await a.bus.close();

    expect(await failureOf(publishing)).toBeUndefined();
  });
});
