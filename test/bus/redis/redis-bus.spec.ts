import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { RedisConnection } from '../../../lib/backends/redis/redis-connection.js';
import type { RedisBackendOptions } from '../../../lib/backends/redis/redis-options.js';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import type { RedisBusOptions } from '../../../lib/bus/redis/redis-bus-options.js';
import { BackendError, ClosedError, InvalidOptionError } from '../../../lib/contract/errors.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { failureOf } from '../../backends/redis/helpers.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';

let server: RedisServer;
let admin: Redis;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = await RedisServer.start({ password: 'secret' });
  admin = new Redis(server.url);
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  await admin.flushall();
});

afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

async function join(options: RedisBusOptions): Promise<BusRecorder> {
  const bus = new RedisBus({ staleness: NEVER_STALE, ...PATIENT, ...options });
  ends.push(() => bus.close());
  const recorder = new BusRecorder(bus);
  await bus.connect();
  await eventually(() => bus.verifiedAt > -Infinity);
  return recorder;
}

function makeClient(options: object): Redis {
  const client = new Redis(server.url, { lazyConnect: true, ...options });
  ends.push(() => client.disconnect());
  return client;
}

function share(options: RedisBackendOptions = { url: server.url }): RedisConnection {
  const connection = new RedisConnection({ ...PATIENT, ...options });
  ends.push(() => connection.link.close());
  return connection;
}

function removal(
  connection: RedisConnection,
  command: string,
  ...args: string[]
): Promise<unknown> {
  return connection.commander.run(
    'discard',
    (client) => client.callBuffer(command, ...args),
    (reply) => reply,
  );
}

/** How often the server carries out each of these commands while `action` runs. */
async function countsOf(
  commands: readonly string[],
  action: () => Promise<unknown>,
): Promise<number[]> {
  await admin.config('RESETSTAT');
  await action();
  const stats = await admin.info('commandstats');
  return commands.map((command) => {
    const [, calls = '0'] = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats) ?? [];
    return Number(calls);
  });
}

describe('RedisBus', () => {
  it('keeps the keys of a log in one slot, whatever the namespace holds', async () => {
    const { bus } = await join({
      url: server.url,
      prefix: 'shop:',
      namespace: 'a}{b%',
      origin: 'host-1',
    });
    const { epoch, position } = await bus.publish({ tags: ['tag'], all: true });

    const tag = '{shop:a%7D%7Bb%25}';
    expect((await admin.keys('*')).toSorted()).toEqual([`${tag}:l`, `${tag}:m`]);
    const numbers = { e: `${epoch}`, n: `${position}` };
    expect(await admin.hgetall(`${tag}:m`)).toEqual({
      ...numbers,
      all: `${position}`,
      't:tag': `${position}`,
      s: expect.stringMatching(/^\w{40}$/),
    });
    const [[, fields] = ['', []]] = await admin.xrevrange(`${tag}:l`, '+', '-', 'COUNT', 1);
    const payload = '{"v":1,"tags":["tag"],"all":true}';
    expect(fields).toEqual(['e', numbers.e, 'n', numbers.n, 'o', bus.origin, 'p', payload]);
    expect(bus.origin).toMatch(/^host-1\.[0-9a-f]{16}$/);
  });

  it('publishes by one command', async () => {
    const { bus } = await join({ url: server.url });
    await bus.publish({ keys: ['warm'] });
    const counts = await countsOf(['evalsha', 'eval', 'publish', 'xadd'], () =>
      bus.publish({ keys: ['key'], tags: ['tag'] }),
    );

    expect(counts).toEqual([1, 0, 1, 1]);
  });

  it('costs four small commands per staleness while nothing happens', async () => {
    const clock = new ManualClock();
    const { bus } = await join({ url: server.url, staleness: 400, clock });
    const counts = await countsOf(['hmget', 'evalsha', 'ping', 'xrange'], async () => {
      for (let quarter = 1; quarter <= 12; quarter++) {
        await clock.advance(100);
        await eventually(() => bus.verifiedAt === clock.now());
      }
    });

    expect(counts).toEqual([12, 0, 0, 0]);
  });

  it('logs of other namespaces and prefixes are not heard of', async () => {
    const own = await join({ url: server.url, namespace: 'own' });
    const others = [
      await join({ url: server.url, namespace: 'other' }),
      await join({ url: server.url, namespace: 'own', prefix: 'p:' }),
    ];
    await own.bus.publish({ keys: ['key'] });

    await eventually(() => own.invalidations.length === 1);
    for (const { bus } of others) await bus.publish({ all: true });
    const { position } = await own.bus.publish({ keys: ['last'] });
    await eventually(() => own.positions.includes(position));
    expect(own.invalidations).toHaveLength(2);
    for (const { invalidations } of others) {
      expect(invalidations.flatMap(({ scope }) => scope.keys ?? [])).toEqual([]);
    }
  });

  it('the log is kept to about its length, and tags of a lost epoch are forgotten', async () => {
    const { bus } = await join({ url: server.url, logLength: 100 });
    for (let index = 0; index < 500; index++) await bus.publish({ tags: [`${index}`] });
    expect(await admin.xlen('{cache-tier:}:l')).toBeLessThan(300);
    expect(await admin.hlen('{cache-tier:}:m')).toBeGreaterThan(500);
    await admin.hset('{cache-tier:}:m', 'n', 1);
    await bus.publish({ keys: ['key'] });

    expect(await admin.hkeys('{cache-tier:}:m')).toEqual(['e', 'n', 'all', 's']);
  });

  it('a given client is duplicated for listening, used for commands, and left open', async () => {
    const client = makeClient({});
    const { bus, invalidations } = await join({ client });
    await bus.publish({ keys: ['key'] });
    await eventually(() => invalidations.length === 1);
    await bus.close();

    expect(client.status).toBe('ready');
    expect(client.listenerCount('close')).toBe(0);
    expect(await failureOf(bus.publish({ keys: ['key'] }))).toBeInstanceOf(ClosedError);
  });

  it.each([{ protocol: 2 }, { protocol: 3 }])(
    'clients with a key prefix, numbers as text and %p agree with others',
    async (protocol) => {
      const client = makeClient({ keyPrefix: 'app:', stringNumbers: true, ...protocol });
      const a = await join({ client, namespace: 'n' });
      const b = await join({ url: server.url, prefix: 'app:x:', namespace: 'n' });
      const c = await join({ client: makeClient({ keyPrefix: 'app:' }), namespace: 'n' });
      await a.bus.publish({ tags: ['tag'] });
      await c.bus.publish({ keys: ['key'] });
      await eventually(() => a.invalidations.length === 2 && c.invalidations.length === 2);

      expect(b.invalidations).toEqual([]);
      expect(await admin.exists('app:{cache-tier:n}:m')).toBe(1);
      expect((await a.bus.check(['tag'])).tags).toEqual([a.invalidations[0]?.stamp.position]);
    },
  );

  it('tells the end of a lease, whichever instance ends it', async () => {
    const a = await join({ url: server.url, prefix: 'p:' });
    const b = await join({ client: makeClient({ keyPrefix: 'app:' }), prefix: 'p:' });
    await admin.publish('p:leases', 'a key');
    await eventually(() => a.endedLeases.length === 1 && b.endedLeases.length === 1);

    expect([a.endedLeases, b.endedLeases]).toEqual([['a key'], ['a key']]);
  });

  it('knows by the error that the password is wrong, without telling it', async () => {
    const url = server.url.replace('secret', 'guessed-secret');
    const bus = new RedisBus({ url, ...PATIENT });
    ends.push(() => bus.close());
    await bus.connect();
    const failure = await failureOf(bus.publish({ keys: ['key'] }));

    expect(failure).toBeInstanceOf(BackendError);
    expect(String(failure)).toMatch(/WRONGPASS/);
    expect(String(failure)).not.toMatch(/guessed/);
  });
});

describe('RedisBus on the connection of a backend', () => {
  it('sends the invalidation right behind the removal: both take one round trip', async () => {
    const proxy = await TcpProxy.start(server.port);
    ends.push(() => proxy.close());
    const { password } = server;
    const connection = share({ options: { host: '127.0.0.1', port: proxy.port, password } });
    const { bus } = await join({ connection });
    await bus.publish({ keys: ['warm'] });
    await eventually(() => bus.stats().received === 1);
    // What is sent without waiting for an answer has arrived long before one comes.
    proxy.delay(100);
    const before = proxy.roundTrips;
    const counts = await countsOf(['unlink', 'evalsha'], async () => {
      await bus.publish({ keys: ['key'] }, removal(connection, 'UNLINK', 'value'));
    });

    expect(counts).toEqual([1, 1]);
    expect(proxy.roundTrips - before).toBe(1);
  });

  it('publishes once more where the removal was carried out after all', async () => {
    const backend = new RedisBackend({ url: server.url, ...PATIENT });
    ends.push(() => backend.close());
    const { connection } = backend;
    const recorder = await join({ connection });
    const { bus } = recorder;
    await backend.discard(['warm']);
    await bus.publish({ keys: ['warm'] });
    // The server has forgotten the script of removals alone: it is sent again, and comes behind the message.
    const other = await join({ url: server.url });
    await admin.script('FLUSH');
    const before = await other.bus.publish({ keys: ['other'] });
    const stamp = await bus.publish({ keys: ['key'] }, backend.discard(['key']));
    // The messages come by another connection: `publish` waits for them only a moment.
    await eventually(() => recorder.positions.includes(stamp.position));

    expect(stamp.position).toBe(before.position + 2);
  });

  it('tells the failure of the removal', async () => {
    const connection = share();
    const { bus } = await join({ connection });
    const refused = removal(connection, 'NO-SUCH-COMMAND');

    expect(await failureOf(bus.publish({ keys: ['key'] }, refused))).toBe(await failureOf(refused));
  });

  it('does not close it', async () => {
    const connection = share();
    const { bus } = await join({ connection });
    await bus.close();

    expect(String(await removal(connection, 'PING'))).toBe('PONG');
  });
});

describe('the options of RedisBus', () => {
  const cluster = new Cluster([{ port: 1 }], { lazyConnect: true, scaleReads: 'slave' });
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['a misspelt name', { stalenes: 5 }, 'redis.stalenes'],
    ['a Cluster that reads from replicas', { client: cluster }, 'redis.client'],
    ['a staleness that is too short', { staleness: 39 }, 'redis.staleness'],
    ['a staleness that is too long', { staleness: 3_600_001 }, 'redis.staleness'],
    ['a staleness that is no number', { staleness: 'soon' }, 'redis.staleness'],
    ['a log of no length', { logLength: 0 }, 'redis.logLength'],
    ['no counters', { maxTags: 0 }, 'redis.maxTags'],
    ['a name with a space', { origin: 'two words' }, 'redis.origin'],
    ['an empty name', { origin: '' }, 'redis.origin'],
    ['half a character', { namespace: '\ud800' }, 'redis.namespace'],
    ['braces in the prefix', { prefix: 'a{b}' }, 'redis.prefix'],
    [
      'two ways to connect',
      { connection: new RedisConnection({}), url: 'redis://h' },
      'redis.connection',
    ],
    ['no object', 'redis://h', 'redis'],
  ];

  it.each(wrong)('refuse %s', (_what, options, option) => {
    const make = (): RedisBus => new RedisBus(options as RedisBusOptions);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`Option "${option}"`);
  });
});
