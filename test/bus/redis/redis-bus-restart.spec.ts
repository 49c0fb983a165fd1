import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis, type RedisOptions } from 'ioredis';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { freePort } from '../../support/free-port.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { eventually, PATIENT } from '../../support/patience.js';

const STALENESS = 800;

/** A master that lets no replica wait. */
const SYNCS_AT_ONCE = { args: ['--repl-diskless-sync-delay', '0'] };

let server: RedisServer;
let namespace: string;
const ends: (() => unknown)[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(async () => {
  process.on('unhandledRejection', onUnhandled);
  server = await RedisServer.start(SYNCS_AT_ONCE);
  ends.push(() => server.stop());
  namespace = randomUUID();
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  process.off('unhandledRejection', onUnhandled);
  if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), 'rejections unhandled');
});

interface Member extends BusRecorder {
  readonly client: Redis;
}

/** A bus that has begun, and perhaps has no proof yet. */
async function begin(client: Redis): Promise<Member> {
  client.on('error', () => undefined);
  ends.push(() => client.disconnect());
  const bus = new RedisBus({ client, namespace, staleness: STALENESS, ...PATIENT });
  ends.push(() => bus.close());
  const recorder = new BusRecorder(bus);
  await bus.connect();
  return Object.assign(recorder, { client });
}

async function join(options: RedisOptions = {}): Promise<Member> {
  const member = await begin(new Redis({ port: server.port, ...options }));
  await verified(member);
  return member;
}

/** One that is reached through a proxy of its own. */
async function joinBehind(options: RedisOptions): Promise<[Member, TcpProxy]> {
  const proxy = await TcpProxy.start(server.port);
  ends.push(() => proxy.close());
  return [await join({ ...options, port: proxy.port }), proxy];
}

/** All have proof that is younger than this call. */
async function verified(...members: readonly Member[]): Promise<void> {
  const now = performance.now();
  await eventually(() => members.every(({ bus }) => bus.verifiedAt > now));
}

/** New connections are accepted, but nothing passes. */
function sever(proxy: TcpProxy): void {
  proxy.hole();
  proxy.cut();
}

function restore(proxy: TcpProxy): void {
  proxy.heal();
  proxy.cut();
}

function hash(field: string, of = server): Promise<unknown> {
  return of.call('HGET', `{cache-tier:${namespace}}:m`, field);
}

async function lifeOf(of: RedisServer): Promise<string> {
  const [, life] = /run_id:(\w+)/.exec(String(await of.call('INFO', 'server'))) ?? [];
  return String(life);
}

describe.each([{ protocol: 3 }, { protocol: 2 }] as const)(
  'RedisBus in RESP$protocol, when the server has been started again',
  (options) => {
    it('from an older copy, who comes new voids what it holds, though nobody is there who knows better', async () => {
      const [witness, proxy] = await joinBehind(options);
      await witness.bus.publish({ keys: ['kept'] });
      const snapshot = await server.snapshot();
      const { epoch } = await witness.bus.publish({ tags: ['lost'] });
      sever(proxy);
      await server.restart({ snapshot });
      const fresh = await join(options);

      expect(fresh.bus.stamp.epoch).toBeGreaterThan(epoch);
      expect((await fresh.bus.check([])).all).toBe(fresh.bus.stamp.position);
      expect(await hash('s')).toBe(await lifeOf(server));
      restore(proxy);
      await verified(witness);
      expect(witness.bus.stamp).toEqual(fresh.bus.stamp);
    });

    it('from an older copy, who was cut off since before takes it for void, though its own position is there', async () => {
      const [witness, proxy] = await joinBehind(options);
      const [late, lateProxy] = await joinBehind(options);
      const { position } = await witness.bus.publish({ keys: ['kept'] });
      await eventually(() => late.bus.stamp.position === position);
      sever(lateProxy);
      const snapshot = await server.snapshot();
      const { epoch } = await witness.bus.publish({ keys: ['lost'] });
      sever(proxy);
      await server.restart({ snapshot });
      restore(lateProxy);
      await verified(late);

      expect(late.bus.stamp.epoch).toBeGreaterThan(epoch);
      expect(late.resets.at(-1)?.epoch).toBe(late.bus.stamp.epoch);
    });

    it('with all that it had, a new epoch begins all the same, once: nobody can know that it is all', async () => {
      const members = [await join(options), await join(options), await join(options)] as const;
      const before = await members[0].bus.publish({ keys: ['key'] });
      await verified(...members);
      await server.restart({ snapshot: await server.snapshot() });
      await eventually(() => members.every(({ bus }) => bus.stamp.epoch > before.epoch));
      await verified(...members);

      for (const { bus, resets } of members) {
        expect(bus.stamp).toEqual({
          epoch: members[0].bus.stamp.epoch,
          position: before.position + 1,
        });
        expect(resets).toHaveLength(2);
      }
    });

    it('and proof is given only when that is known', async () => {
      const member = await join(options);
      const { epoch } = await member.bus.publish({ keys: ['key'] });
      const proofs: number[] = [];
      member.onVerification = (isVerified) => {
        if (isVerified) proofs.push(member.bus.stamp.epoch);
      };
      await server.restart({ snapshot: await server.snapshot() });
      await verified(member);

      expect(Math.min(...proofs)).toBeGreaterThan(epoch);
    });

    it('a server that has only lost its connections is the same, and voids nothing', async () => {
      const members = [await join(options), await join(options)] as const;
      const stamp = await members[0].bus.publish({ keys: ['key'] });
      for (const type of ['normal', 'pubsub', 'normal']) {
        await server.call('CLIENT', 'KILL', 'TYPE', type);
        await verified(...members);
      }

      for (const { bus, resets } of members) {
        expect(bus.stamp).toEqual(stamp);
        expect(resets).toHaveLength(1);
      }
    });

    it('a user who may not ask for INFO follows the log, and is not warned by a restart', async () => {
      const [username, password] = ['cache', 'password'];
      const acl = ['cache', 'on', `>${password}`, '~*', '&*', '+@all', '-info'];
      await server.call('ACL', 'SETUSER', ...acl);
      const login = { ...options, username, password, enableReadyCheck: false };
      const member = await join(login);
      const stamp = await member.bus.publish({ keys: ['key'] });
      expect(await hash('s')).toBeNull();
      expect(await member.bus.check([])).toMatchObject({ stamp, complete: true });
      const snapshot = await server.snapshot();
      await server.restart({ snapshot });
      await server.call('ACL', 'SETUSER', ...acl);
      await verified(member);
      expect(member.bus.stamp).toEqual(stamp);

      // What it knows itself to be lost is void as before.
      await member.bus.publish({ keys: ['lost'] });
      await server.restart({ snapshot });
      await server.call('ACL', 'SETUSER', ...acl);
      await eventually(() => member.bus.stamp.epoch > stamp.epoch);
      await verified(member);
    });
  },
);

describe('RedisBus, when its connections are made again one by one', () => {
  it('what the data connection answers is not complete while the log does not know the server', async () => {
    const client = new Redis({ port: server.port });
    const ports = { listen: server.port };
    const member = await begin(
      Object.assign(client, {
        duplicate: (overrides: RedisOptions) => new Redis({ ...overrides, port: ports.listen }),
      }),
    );
    await verified(member);
    await member.bus.publish({ keys: ['key'] });
    const { epoch } = member.bus.stamp;
    expect((await member.bus.check([])).complete).toBe(true);
    ports.listen = await freePort();
    await server.restart({ snapshot: await server.snapshot() });
    await eventually(() => client.status === 'ready');

    expect(await member.bus.check([])).toMatchObject({ stamp: { epoch }, complete: false });
    expect(member.bus.verifiedAt).toBe(-Infinity);
    ports.listen = server.port;
    await verified(member);
    expect(member.bus.stamp.epoch).toBeGreaterThan(epoch);
    expect((await member.bus.check([])).complete).toBe(true);
  });

  it('nothing is proved while commands go to another server than the one that is listened to', async () => {
    const other = await RedisServer.start();
    ends.push(() => other.stop());
    const client = new Redis({ port: server.port });
    const { port } = server;
    const member = await begin(
      Object.assign(client, {
        duplicate: (overrides: RedisOptions) => new Redis({ ...overrides, port }),
      }),
    );
    await verified(member);
    client.options.port = other.port;
    client.stream.destroy();
    await eventually(() => member.bus.verifiedAt === -Infinity);
    await eventually(() => client.status === 'ready');
    await sleep(3 * STALENESS);
    expect(member.verifications).toEqual([true, false]);
    expect((await member.bus.check([])).complete).toBe(false);
    client.options.port = server.port;
    client.stream.destroy();

    await verified(member);
    expect(member.resets).toHaveLength(1);
  });

  it('asks the server for its life at a new connection, and never on a healthy one', async () => {
    const member = await join();
    await verified(member);
    await server.call('CONFIG', 'RESETSTAT');
    await sleep(3 * STALENESS);
    const calls = async (): Promise<number> => {
      const stats = String(await server.call('INFO', 'commandstats'));
      const [, count = '0'] = /cmdstat_eval(?:sha)?:calls=(\d+)/.exec(stats) ?? [];
      return Number(count);
    };
    expect(await calls()).toBe(0);
    await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await eventually(() => member.verifications.length === 3);

    expect(await calls()).toBeGreaterThan(0);
  });
});

describe('RedisBus, when a replica is made the master', () => {
  it('a new epoch begins there, though the replica has had everything', async () => {
    const replica = await RedisServer.start();
    ends.push(() => replica.stop());
    await replicate(replica, server);
    const members = [await join(), await join()] as const;
    const { epoch, position } = await members[0].bus.publish({ keys: ['key'] });
    await eventually(async () => (await hash('n', replica)) === `${position}`);
    await replica.call('REPLICAOF', 'NO', 'ONE');
    // Both lead there from now on, as Sentinel has them do.
    for (const member of members) member.client.options.port = replica.port;
    await server.kill();
    await eventually(() => members.every(({ bus }) => bus.stamp.epoch > epoch));
    await verified(...members);

    expect(await hash('s', replica)).toBe(await lifeOf(replica));
    for (const { bus, resets } of members) {
      expect(bus.stamp).toEqual({ epoch: members[0].bus.stamp.epoch, position: position + 1 });
      expect(resets).toHaveLength(2);
    }
  });

  it('a master that has become a replica proves nothing, and is left for the new one', async () => {
    const next = await RedisServer.start(SYNCS_AT_ONCE);
    ends.push(() => next.stop());
    const member = await join();
    await member.bus.publish({ keys: ['key'] });
    const { epoch } = member.bus.stamp;
    await replicate(server, next);
    const demoted = performance.now();
    member.client.options.port = next.port;
    await eventually(async () => (await listeners(next)) === 1);
    expect(member.bus.verifiedAt).toBeLessThanOrEqual(demoted);
    member.client.stream.destroy();

    await verified(member);
    expect(member.bus.stamp.epoch).toBeGreaterThan(epoch);
  });
});

/** Resolves when `replica` has had all that `master` has. */
async function replicate(replica: RedisServer, master: RedisServer): Promise<void> {
  await replica.call('REPLICAOF', '127.0.0.1', master.port);
  await eventually(async () =>
    String(await replica.call('INFO', 'replication')).includes('link_status:up'),
  );
}

/** How many instances listen at that server. */
async function listeners(at: RedisServer): Promise<number> {
  const channel = `{cache-tier:${namespace}}:c`;
  const reply = await at.call('PUBSUB', 'NUMSUB', channel);
  return Number(Array.isArray(reply) ? reply[1] : undefined);
}
