import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis-5';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { BackendError } from '../../../lib/contract/errors.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { failureOf } from './helpers.js';
import { eventually, PATIENT } from '../../support/patience.js';

const LONG = 100_000;
const keys = Array.from({ length: 300 }, (_, index) => `key:${index}`);
const fails = ({ status }: { readonly status: string }): boolean => status === 'rejected';
const items = keys.map((key) => ({ key, value: Buffer.from(key), ttl: LONG }));

describe.each([
  ['6', (nodes: RedisCluster['startupNodes']) => new Cluster(nodes, { lazyConnect: true })],
  ['5', (nodes: RedisCluster['startupNodes']) => new Cluster5(nodes, { lazyConnect: true })],
])('RedisBackend on a Cluster of ioredis %s', (_version, connect) => {
  let servers: RedisCluster;
  let client: ReturnType<typeof connect>;
  let backend: RedisBackend;

  beforeAll(async () => {
    servers = await RedisCluster.start();
    client = connect(servers.startupNodes);
    backend = new RedisBackend({ client, ...PATIENT });
  });
  afterAll(async () => {
    client.disconnect();
    await servers.stop();
  });
  afterEach(() => Promise.all(servers.masters.map((master) => master.call('FLUSHALL'))));

  const total = async (): Promise<number> => {
    const sizes = await Promise.all(servers.masters.map((master) => master.call('DBSIZE')));
    return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
  };

  it('sets, gets and removes many keys of all slots at once', async () => {
    await backend.setMany(items);
    for (const master of servers.masters) expect(await master.call('DBSIZE')).not.toBe(0);

    const found = await backend.getMany([...keys, 'absent']);
    expect(found.map((stored) => stored && String(stored.value))).toEqual([...keys, undefined]);

    await backend.removeMany(keys.slice(1));
    expect(await total()).toBe(1);
  });

  it('removes a pattern on every master', async () => {
    await backend.setMany(items);
    await client.set('other:{key:1}', 'value');

    await backend.removePattern('key:?');
    expect(await total()).toBe(291);

    await backend.removePattern('*');
    expect(await total()).toBe(1);
  });

  it('follows a slot that has moved', async () => {
    const [from, to] = servers.masters;
    if (from === undefined || to === undefined) throw new Error('two masters were expected');
    const slot = Number(await from.call('CLUSTER', 'KEYSLOT', 'cache-tier:{key:1}'));
    const owner = servers.masters[Math.floor((slot * 3) / 16_384)];
    const target = owner === from ? to : from;
    const id = await target.call('CLUSTER', 'MYID');
    await backend.getMany(keys);
    for (const master of servers.masters) {
      await master.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(id));
    }

    await backend.setWithTtl('key:1', Buffer.from('moved'), LONG);

    expect(await target.call('GET', 'cache-tier:{key:1}')).toBe('moved');
    expect((await backend.getMany(keys))[1]?.value).toEqual(Buffer.from('moved'));
  });

  it('serves the keys of other masters, though they are asked for in one breath with those of one that is down', async () => {
    const hasty = new RedisBackend({ client, timeout: 500 });
    const [, down] = servers.masters;
    if (down === undefined) throw new Error('a second master was expected');
    const some = Array.from({ length: 30 }, (_, index) => `fenced:${index}`);
    const slots = await Promise.all(
      some.map((key) => down.call('CLUSTER', 'KEYSLOT', `cache-tier:{${key}}`)),
    );
    const isDown = slots.map((slot) => Math.floor((Number(slot) * 3) / 16_384) === 1);
    await hasty.getFenced('so that all masters are known');
    down.pause();

    const token = 'token-of-ann-001';
    const reads = await Promise.allSettled(some.map((key) => hasty.getFenced(key)));
    const leases = await Promise.allSettled(some.map((key) => hasty.lease(key, token, LONG)));
    expect(reads.map(fails)).toEqual(isDown);
    expect(leases.map(fails)).toEqual(isDown);

    down.resume();
    await eventually(() => backend.healthCheck());
  });

  it('fails for the keys of a master that is down, by the timeout', async () => {
    const hasty = new RedisBackend({ client, timeout: 500 });
    const [, down] = servers.masters;
    if (down === undefined) throw new Error('a second master was expected');
    await backend.setMany(items);
    down.pause();

    expect(await failureOf(hasty.getMany(keys))).toBeInstanceOf(BackendError);
    expect(await failureOf(hasty.removePattern('*'))).toBeInstanceOf(BackendError);
    expect(await hasty.healthCheck()).toBe(false);

    down.resume();
    await eventually(() => backend.healthCheck());
  });
});
