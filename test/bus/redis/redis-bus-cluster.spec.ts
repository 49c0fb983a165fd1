import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BackendTimeoutError, ClosedError } from '../../../lib/contract/errors.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { failureOf } from '../../backends/redis/helpers.js';
import { freePort } from '../../support/free-port.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { RedisServer } from '../../support/redis-server.js';
import { ClusterBusWorld } from './cluster-bus-world.js';
import { eventually } from '../../support/patience.js';

let cluster: RedisCluster;
const worlds: ClusterBusWorld[] = [];
const buses: InvalidationBus[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  cluster = await RedisCluster.start();
});

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
  await Promise.all(worlds.splice(0).map((world) => world.destroy()));
  if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), 'rejections unhandled');
});

afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await cluster.stop();
});

function createWorld(nodes: Iterable<RedisServer> = cluster.masters): ClusterBusWorld {
  const world = new ClusterBusWorld([...nodes]);
  worlds.push(world);
  return world;
}

async function join(world: ClusterBusWorld, origin: string): Promise<BusRecorder> {
  const bus = await world.endpoint(origin);
  buses.push(bus);
  const recorder = new BusRecorder(bus);
  await bus.connect();
  await eventually(() => bus.verifiedAt > -Infinity);
  return recorder;
}

/** All have proof that is younger than this call. */
async function verified(recorders: readonly BusRecorder[]): Promise<void> {
  const now = performance.now();
  await eventually(() => recorders.every(({ bus }) => bus.verifiedAt > now));
}

async function publish({ bus }: BusRecorder, key: string): Promise<void> {
  await eventually(() =>
    bus.publish({ keys: [key] }).then(
      () => true,
      () => false,
    ),
  );
}

function keysHeard({ invalidations }: BusRecorder): string[] {
  return invalidations.flatMap(({ scope }) => scope.keys ?? []);
}

describe('RedisBus on a Cluster', () => {
  it('listens at the node that holds the log', async () => {
    const world = createWorld();
    const { bus } = await join(world, 'a');
    await bus.publish({ keys: ['key'] });
    const owner = await world.owner();

    for (const master of cluster.masters) {
      const count = await master.call('PUBSUB', 'NUMSUB', world.key('c'));
      expect(count).toEqual([world.key('c'), master === owner ? 1 : 0]);
    }
  });

  it('hears of the ends of leases, at whichever node they are told', async () => {
    const a = await join(createWorld(), 'a');
    for (const master of cluster.masters) {
      await master.call('PUBLISH', 'cache-tier:leases', `${master.port}`);
    }
    const told = cluster.masters.map(({ port }) => `${port}`).toSorted();

    await eventually(() => a.endedLeases.length === told.length);
    expect(a.endedLeases.toSorted()).toEqual(told);
  });

  it('sends the invalidation when the work that comes first has been done', async () => {
    const { bus } = await join(createWorld(), 'a');
    const { position } = bus.stamp;
    const turn: { finish?: () => void } = {};
    const work = new Promise<void>((resolve) => {
      turn.finish = resolve;
    });
    const publishing = bus.publish({ keys: ['key'] }, work);
    await sleep(50);
    expect((await bus.check([])).stamp.position).toBe(position);
    turn.finish?.();

    expect((await publishing).position).toBe(position + 1);
  });

  it('the end of a connection to any node voids the proof until a later question is answered', async () => {
    const world = createWorld();
    const a = await join(world, 'a');
    // The client connects to a node when it first has something to ask there.
    await useNodes(world, [a]);
    const owner = await world.owner();
    const other = world.nodes.findIndex((node) => node !== owner);
    world.proxies(a.bus)[other]?.cut();
    await eventually(() => a.verifications.length === 3);

    expect(a.verifications).toEqual([true, false, true]);
    expect(a.resets).toHaveLength(1);
  });

  it('a log whose slot moves to another node goes on there, and nothing is lost', async () => {
    const world = createWorld();
    const both = [await join(world, 'a'), await join(world, 'b')] as const;
    await publish(both[0], 'before');
    const { epoch } = both[0].bus.stamp;
    const from = await world.owner();
    await moveSlot(world, from);
    expect(await world.owner()).not.toBe(from);
    await verified(both);
    await publish(both[1], 'after');

    for (const recorder of both) {
      await eventually(() => recorder.invalidations.length === 2);
      expect(keysHeard(recorder)).toEqual(['before', 'after']);
      expect(recorder.bus.stamp.epoch).toBe(epoch);
      expect(recorder.resets).toHaveLength(1);
    }
  });

  it('while the node of the log is stopped, nothing is proved and publish fails in time', async () => {
    const world = createWorld();
    const a = await join(world, 'a');
    const owner = await world.owner();
    owner.pause();
    const paused = performance.now();
    expect(await failureOf(a.bus.publish({ keys: ['key'] }))).toBeInstanceOf(BackendTimeoutError);
    expect(a.bus.verifiedAt).toBeLessThanOrEqual(paused);
    await eventually(() => a.bus.verifiedAt === -Infinity);
    owner.resume();

    await verified([a]);
    expect(a.resets).toHaveLength(1);
  });

  it('a node that is started again begins a new epoch, once: it may hold older values', async () => {
    const world = createWorld();
    const both = [await join(world, 'a'), await join(world, 'b')] as const;
    await publish(both[0], 'before');
    const { epoch } = both[0].bus.stamp;
    const owner = await world.owner();
    const other = world.nodes.find((node) => node !== owner);
    await other?.restart();
    // It is noticed when somebody asks that node for something.
    await eventually(async () => {
      await useNodes(world, both);
      return both.every(({ bus }) => bus.stamp.epoch > epoch);
    });
    await verified(both);
    const late = await join(world, 'late');
    await publish(both[1], 'after');

    for (const recorder of both) {
      await eventually(() => keysHeard(recorder).includes('after'));
      expect(recorder.resets).toHaveLength(2);
      expect(recorder.bus.stamp.epoch).toBe(late.bus.stamp.epoch);
    }
  }, 120_000);

  it('check is not complete while a node may have lost something', async () => {
    const world = createWorld();
    const a = await join(world, 'a');
    expect((await a.bus.check([])).complete).toBe(true);
    const owner = await world.owner();
    const other = world.nodes.findIndex((node) => node !== owner);
    world.proxies(a.bus)[other]?.hole();
    world.proxies(a.bus)[other]?.cut();
    await eventually(() => a.bus.verifiedAt === -Infinity);
    expect((await a.bus.check([])).complete).toBe(false);
    world.restore(a.bus);

    await verified([a]);
    expect((await a.bus.check([])).complete).toBe(true);
  }, 120_000);

  it('nothing is left of a bus that is closed while the node of the log is stopped', async () => {
    const world = createWorld();
    const a = await join(world, 'a');
    const owner = await world.owner();
    owner.pause();
    await eventually(() => a.bus.verifiedAt === -Infinity);
    await sleep(100);
    await a.bus.close();
    expect(await failureOf(a.bus.check([]))).toBeInstanceOf(ClosedError);
    owner.resume();
    world.client(a.bus).disconnect();

    await eventually(() => world.proxies(a.bus).every((proxy) => proxy.connections === 0));
  });
});

describe('RedisBus on a Cluster, when the master of the log dies', () => {
  /** Two nodes of which one is the replica of the other. */
  let pair: readonly RedisServer[];

  beforeAll(async () => {
    const [first] = cluster.masters;
    if (first === undefined) throw new TypeError('there is no node');
    pair = [first, await addReplica(first)];
  }, 120_000);

  afterAll(() => pair.at(-1)?.stop());

  /** A world whose log is held by the pair. */
  async function createPairedWorld(isHeldByPair = true): Promise<ClusterBusWorld> {
    for (;;) {
      const world = createWorld(new Set([...cluster.masters, ...pair]));
      if (pair.includes(await world.owner()) === isHeldByPair) return world;
    }
  }

  it('its replica goes on, in a new epoch: nobody knows what it has not had', async () => {
    const world = await createPairedWorld();
    const both = [await join(world, 'a'), await join(world, 'b')] as const;
    await publish(both[0], 'before');
    const { epoch } = both[0].bus.stamp;
    const owner = await world.owner();
    await replicated(owner);
    await owner.kill();
    await eventually(() => both.every(({ bus }) => bus.verifiedAt === -Infinity));
    await verified(both);
    await publish(both[1], 'after');
    await owner.restart();

    for (const recorder of both) {
      await eventually(() => keysHeard(recorder).includes('after'));
      expect(keysHeard(recorder)[0]).toBe('before');
      expect(recorder.bus.stamp.epoch).toBeGreaterThan(epoch);
      expect(recorder.resets.at(-1)?.epoch).toBe(recorder.bus.stamp.epoch);
    }
  }, 120_000);

  it('and its replica has not had the last invalidations, a new epoch begins', async () => {
    const world = await createPairedWorld();
    const both = [await join(world, 'a'), await join(world, 'b')] as const;
    await publish(both[0], 'before');
    const owner = await world.owner();
    const replica = pair.find((node) => node !== owner);
    await replicated(owner);
    replica?.pause();
    // What was sent would be read when it goes on.
    await owner.call('CLIENT', 'KILL', 'TYPE', 'replica');
    await publish(both[0], 'lost');
    const { epoch, position } = both[0].bus.stamp;
    await eventually(() => both[1].bus.stamp.position === position);
    await owner.kill();
    replica?.resume();
    await eventually(() => both.every(({ bus }) => bus.stamp.epoch > epoch));
    await verified(both);
    await publish(both[1], 'after');

    for (const recorder of both) {
      await eventually(() => keysHeard(recorder).includes('after'));
      expect(recorder.bus.stamp.epoch).toBe(recorder.resets.at(-1)?.epoch);
      expect(recorder.resets.length).toBeGreaterThanOrEqual(2);
    }
    await owner.restart();
  }, 120_000);

  it('and not of the log, a new epoch begins all the same: it had values', async () => {
    const [master, replica] = await rolesOf(pair);
    await replicated(master);
    const world = await createPairedWorld(false);
    const both = [await join(world, 'a'), await join(world, 'b')] as const;
    // Where there is a connection to the replica already, none is made that would tell.
    for (const { bus } of both) {
      await Promise.all(
        world
          .client(bus)
          .nodes('all')
          .map((node) => node.ping()),
      );
    }
    await verified(both);
    const { epoch } = both[0].bus.stamp;
    await master.kill();
    await eventually(async () => String(await replica.call('ROLE')).startsWith('master'));
    await eventually(async () => {
      await useNodes(world, both);
      return both.every(({ bus }) => bus.stamp.epoch > epoch);
    });
    await verified(both);

    for (const { resets } of both) expect(resets).toHaveLength(2);
  }, 120_000);
});

/** The master of the two, and its replica. */
async function rolesOf(pair: readonly RedisServer[]): Promise<[RedisServer, RedisServer]> {
  const [first, second] = pair;
  if (first === undefined || second === undefined) throw new TypeError('a pair was expected');
  const isFirst = String(await first.call('ROLE')).startsWith('master');
  return isFirst ? [first, second] : [second, first];
}

/** Reads keys of all nodes, as a cache does. */
async function useNodes(world: ClusterBusWorld, recorders: readonly BusRecorder[]): Promise<void> {
  const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
  await Promise.allSettled(
    recorders.flatMap(({ bus }) => keys.map((key) => world.client(bus).get(key))),
  );
}

/** Moves the slot of the log, with what it holds. */
async function moveSlot(world: ClusterBusWorld, from: RedisServer): Promise<void> {
  const to = world.nodes.find((node) => node !== from);
  if (to === undefined) throw new TypeError('there is no other node');
  const slot = Number(await from.call('CLUSTER', 'KEYSLOT', world.key('m')));
  const [fromId, toId] = [await idOf(from), await idOf(to)];
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
  const keys = [world.key('m'), world.key('l')];
  await from.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
  for (const node of [to, from, ...world.nodes]) {
    await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  }
}

async function idOf(node: RedisServer): Promise<string> {
  return String(await node.call('CLUSTER', 'MYID'));
}

/** Adds a replica of `master` to the cluster, which from then on notices soon that a node is dead. */
async function addReplica(master: RedisServer): Promise<RedisServer> {
  const busPort = await freePort();
  const args = `--cluster-enabled yes --cluster-port ${busPort} --repl-diskless-sync-delay 0`;
  const replica = await RedisServer.start({ args: args.split(' ') });
  await master.call('CLUSTER', 'MEET', '127.0.0.1', replica.port, busPort);
  const id = await idOf(master);
  const replicates = (): Promise<unknown> => replica.call('CLUSTER', 'REPLICATE', id);
  // It has to hear of the master first.
  await eventually(async () => (await failureOf(replicates())) === undefined);
  const replicaId = await idOf(replica);
  for (const node of [...cluster.masters, replica]) {
    await node.call('CONFIG', 'SET', 'cluster-node-timeout', 600);
    await eventually(async () => {
      const lines = String(await node.call('CLUSTER', 'NODES')).split('\n');
      return lines.some((line) => line.startsWith(replicaId) && line.includes('slave'));
    });
  }
  await replicated(master);
  return replica;
}

/** Waits until the replica has had all that the master has. */
async function replicated(master: RedisServer): Promise<void> {
  await eventually(async () => {
    const info = String(await master.call('INFO', 'replication'));
    const [, has] = /slave0:.*state=online,offset=(\d+)/.exec(info) ?? [];
    const [, end] = /master_repl_offset:(\d+)/.exec(info) ?? [];
    return has !== undefined && has === end;
  });
}
