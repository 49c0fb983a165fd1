import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busConformance } from '../../../lib/testing/bus-conformance.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { ClusterBusWorld } from './cluster-bus-world.js';

describe.each([
  ['RESP3', {}],
  ['RESP2', { protocol: 2 }],
])('RedisBus on a Cluster, in %s', (_protocol, options) => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });

  afterAll(async () => {
    await cluster.stop();
  });

  const faults = ['sever', 'flush', 'trim', 'rollBack'] as const;
  const create = (): ClusterBusWorld => new ClusterBusWorld([...cluster.masters], options);
  // A node that was started again takes some seconds until the others trust it.
  const cases = busConformance({ create, faults, patience: 30_000 });
  it.each(cases)(
    '$name',
    async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    },
    120_000,
  );
});
