import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import type { RedisBusOptions } from '../../../lib/bus/redis/redis-bus-options.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import type { BusWorld } from '../../../lib/testing/bus/bus-world.js';
import type { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { CONNECT_TIMEOUT, STALENESS } from './redis-bus-world.js';

/** A way to the cluster, with a proxy before each of its nodes. */
interface Way {
  readonly client: Cluster;
  readonly proxies: readonly TcpProxy[];
}

/** A log of its own in a cluster, and buses each of which reaches it through proxies of its own. */
export class ClusterBusWorld implements BusWorld {
  readonly namespace = randomUUID();
  readonly #ways = new Map<InvalidationBus, Way>();

  constructor(
    /** Masters, and replicas if there are any. */
    readonly nodes: readonly RedisServer[],
    private readonly clientOptions: object = {},
    private readonly options: RedisBusOptions = {},
  ) {}

  async endpoint(origin: string): Promise<RedisBus> {
    const { nodes } = this;
    const proxies = await Promise.all(nodes.map(({ port }) => TcpProxy.start(port)));
    const addresses = proxies.map(({ port }) => ({ host: '127.0.0.1', port }));
    const natMap = Object.fromEntries(
      nodes.map(({ port }, index) => [`127.0.0.1:${port}`, addresses[index] ?? { host: '', port }]),
    );
    const client = new Cluster(addresses, {
      lazyConnect: true,
      natMap,
      redisOptions: {
        connectTimeout: CONNECT_TIMEOUT,
        disconnectTimeout: 100,
        ...this.clientOptions,
      },
      slotsRefreshTimeout: CONNECT_TIMEOUT,
    });
    client.on('error', () => undefined);
    const bus = new RedisBus({
      client,
      namespace: this.namespace,
      staleness: STALENESS,
      origin,
      ...this.options,
    });
    this.#ways.set(bus, { client, proxies });
    return bus;
  }

  proxies(bus: InvalidationBus): readonly TcpProxy[] {
    return this.#way(bus).proxies;
  }

  client(bus: InvalidationBus): Cluster {
    return this.#way(bus).client;
  }

  /** New connections are accepted, but nothing passes. */
  sever(bus: InvalidationBus): void {
    for (const proxy of this.proxies(bus)) proxy.hole();
    for (const proxy of this.proxies(bus)) proxy.cut();
  }

  restore(bus: InvalidationBus): void {
    for (const proxy of this.proxies(bus)) proxy.heal();
    for (const proxy of this.proxies(bus)) proxy.cut();
  }

  async flush(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.call('FLUSHALL')));
  }

  async trim(): Promise<void> {
    await (await this.owner()).call('XTRIM', this.key('l'), 'MAXLEN', 0);
  }

  async rollBack(): Promise<() => Promise<void>> {
    const owner = await this.owner();
    const snapshot = await owner.snapshot();
    return () => owner.restart({ snapshot });
  }

  async destroy(): Promise<void> {
    for (const { client, proxies } of this.#ways.values()) {
      client.disconnect();
      await Promise.all(proxies.map((proxy) => proxy.close()));
    }
  }

  /** The node that holds the log now. */
  async owner(): Promise<RedisServer> {
    for (const node of this.nodes) {
      const answer = await node.call('HLEN', this.key('m')).catch(() => undefined);
      if (answer !== undefined) return node;
    }
    throw new TypeError('no node holds the log');
  }

  key(suffix: 'm' | 'l' | 'c'): string {
    return `{cache-tier:${this.namespace}}:${suffix}`;
  }

  #way(bus: InvalidationBus): Way {
    const way = this.#ways.get(bus);
    if (way === undefined) throw new TypeError('the bus is of another world');
    return way;
  }
}
