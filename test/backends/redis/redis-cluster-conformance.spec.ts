import { Cluster } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis-5';
import { RedisCluster } from '../../support/redis-cluster.js';
import { describeConformance } from './conformance-cases.js';

for (const [version, Client] of [
  ['6', Cluster],
  ['5', Cluster5],
] as const) {
  describeConformance(`by a Cluster of ioredis ${version}`, async () => {
    const cluster = await RedisCluster.start();
    const client = new Client(cluster.startupNodes);
    const stop = async (): Promise<void> => {
      client.disconnect();
      await cluster.stop();
    };
    return { connect: { client }, stop };
  });
}
