import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { RedisServer } from './redis-server.js';

const SLOTS = 16_384;
const JOINS_WITHIN = 50_000;

/** A real cluster of masters that share the slots evenly, without replicas. */
export class RedisCluster {
  private constructor(readonly masters: readonly RedisServer[]) {}

  static async start(options: { readonly masters?: number } = {}): Promise<RedisCluster> {
    const { masters = 3 } = options;
    const started = await Promise.allSettled(Array.from({ length: masters }, startNode));
    const nodes = started.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
    const cluster = new RedisCluster(nodes.map(({ server }) => server));
    try {
      for (const node of started) if (node.status === 'rejected') throw node.reason;
      await cluster.#join(nodes);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** What a `Cluster` of ioredis begins with. */
  get startupNodes(): { host: string; port: number }[] {
    return this.masters.map(({ port }) => ({ host: '127.0.0.1', port }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.masters.map((master) => master.stop()));
  }

  async #join(nodes: readonly ClusterNode[]): Promise<void> {
    const [first] = this.masters;
    for (const [index, { server, busPort }] of nodes.entries()) {
      const from = Math.floor((index * SLOTS) / nodes.length);
      const to = Math.floor(((index + 1) * SLOTS) / nodes.length) - 1;
      await server.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      await server.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      if (server !== first) await first?.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
    }
    const deadline = Date.now() + JOINS_WITHIN;
    while (
      !(await Promise.all(nodes.map(({ server }) => knowsAll(server, nodes.length)))).every(Boolean)
    ) {
      if (Date.now() > deadline) throw new Error('the Redis servers do not form a cluster');
      await sleep(20);
    }
  }
}

interface ClusterNode {
  readonly server: RedisServer;
  readonly busPort: number;
}

async function startNode(): Promise<ClusterNode> {
  const busPort = await freePort();
  const args = `--cluster-enabled yes --cluster-port ${busPort} --cluster-node-timeout 2000`.split(
    ' ',
  );
  return { server: await RedisServer.start({ args }), busPort };
}

async function knowsAll(server: RedisServer, masters: number): Promise<boolean> {
  const info = String(await server.call('CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_size:${masters}\r`);
}
