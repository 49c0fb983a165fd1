import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { redisTier, type RedisTierOptions } from '../../../lib/backends/redis/redis-tier.js';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import { systemClock } from '../../../lib/contract/clock.js';
import { ClosedError, InvalidOptionError } from '../../../lib/contract/errors.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import type { BusContext } from '../../../lib/contract/tier-definition.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { RedisServer } from '../../support/redis-server.js';
import { failureOf } from './helpers.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';

const CONTEXT: BusContext = { clock: systemClock, namespace: 'shop', staleness: NEVER_STALE };

let server: RedisServer;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

afterAll(() => server.stop());

function makeBackend(options: RedisTierOptions): RedisBackend {
  const { source } = redisTier({ ...PATIENT, ...options });
  const backend = 'create' in source ? source.create({ clock: systemClock }) : undefined;
  if (!(backend instanceof RedisBackend)) throw new TypeError('the tier makes another backend');
  ends.push(() => backend.close());
  return backend;
}

function makeBus(options: RedisTierOptions, backend = makeBackend(options)): InvalidationBus {
  const bus = redisTier({ ...PATIENT, ...options }).bus?.(backend, CONTEXT);
  if (bus === undefined) throw new TypeError('the tier has no bus');
  ends.push(() => bus.close());
  return bus;
}

async function join(options: RedisTierOptions, backend?: RedisBackend): Promise<BusRecorder> {
  const recorder = new BusRecorder(makeBus(options, backend));
  await recorder.bus.connect();
  await eventually(() => recorder.bus.verifiedAt > -Infinity);
  return recorder;
}

describe('the bus of a Redis tier', () => {
  it('is one on the connection of the backend, with the prefix and the namespace', async () => {
    const options = { url: server.url, prefix: 'app:', origin: 'web-1', maxTags: 5 };
    const backend = makeBackend(options);
    const { bus } = await join(options, backend);
    await backend.discard(['warm']);
    await bus.publish({ keys: ['warm'] }, backend.discard(['warm']));

    expect(bus).toBeInstanceOf(RedisBus);
    expect(bus.origin).toMatch(/^web-1\./);
    expect(await server.call('EXISTS', '{app:shop}:m')).toBe(1);
    // One for commands, one that listens, and the one that asks.
    await eventually(async () => {
      const clients = String(await server.call('CLIENT', 'LIST'));
      return clients.trim().split('\n').length === 3;
    });
  });

  it('is heard by the tiers of other instances, which hear of leases too', async () => {
    const options = { url: server.url };
    const backend = makeBackend(options);
    const [a, b] = [await join(options, backend), await join(options)];
    const { position } = await a.bus.publish({ keys: ['key'] });
    await eventually(() => b.positions.includes(position));
    const [holder, waiter] = ['a'.repeat(16), 'b'.repeat(16)];
    await backend.lease('key', holder, 10_000);
    await backend.lease('key', waiter, 10_000);
    await backend.discard(['key']);

    await eventually(() => b.endedLeases.length === 1);
    expect(b.endedLeases).toEqual(['key']);
  });

  it('ends without the backend, and not after it', async () => {
    const options = { url: server.url };
    const backend = makeBackend(options);
    const { bus } = await join(options, backend);
    await bus.close();
    expect(await backend.get('key')).toBeUndefined();
    const second = makeBus(options, backend);
    await backend.close();

    expect(await failureOf(second.publish({ keys: ['key'] }))).toBeInstanceOf(ClosedError);
  });

  it('is none on a Cluster that reads from replicas, on a client that cannot be duplicated, and on another backend', () => {
    const cluster = new Cluster([{ port: 1 }], { lazyConnect: true, scaleReads: 'all' });
    const single = Object.assign(new Redis({ lazyConnect: true }), { duplicate: undefined });
    for (const client of [cluster, single]) {
      const options = { client };
      expect(redisTier(options).bus?.(makeBackend(options), CONTEXT)).toBeUndefined();
    }
    expect(redisTier().bus?.(new MapBackend(), CONTEXT)).toBeUndefined();
  });

  it('is one on a Cluster too', () => {
    const options = { client: new Cluster([{ port: 1 }], { lazyConnect: true }) };
    expect(makeBus(options)).toBeInstanceOf(RedisBus);
  });

  it.each([
    ['redis.logLength', { logLength: 0 }],
    ['redis.maxTags', { maxTags: 0.5 }],
    ['redis.origin', { origin: 'two words' }],
  ])('refuses a wrong "%s" where the tier is made', (option, options) => {
    expect(() => redisTier(options)).toThrow(InvalidOptionError);
    expect(() => redisTier(options)).toThrow(`Option "${option}"`);
    expect(() => new RedisBackend(options as object)).toThrow('there is no such option');
  });
});
