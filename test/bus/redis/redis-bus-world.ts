import { randomUUID } from 'node:crypto';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import type { RedisBusOptions } from '../../../lib/bus/redis/redis-bus-options.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import type { BusWorld } from '../../../lib/testing/bus/bus-world.js';
import type { RedisServer } from '../../support/redis-server.js';
import { PATIENT } from '../../support/patience.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

/**
 * How long a proof is good for in tests, in milliseconds: short, so that little time is spent on waiting, and long enough
 * for a slow machine, whose connections are not given up.
 */
export const STALENESS = 800;

/** How long an attempt to connect may take, in milliseconds: attempts behind a hole shall end soon. */
export const CONNECT_TIMEOUT = 1000;

/** A log of its own on a server, and buses each of which reaches it through a proxy of its own. */
export class RedisBusWorld implements BusWorld {
  readonly namespace = randomUUID();
  readonly #proxies = new Map<InvalidationBus, TcpProxy>();

  constructor(
    readonly server: RedisServer,
    private readonly options: RedisBusOptions = {},
  ) {}

  async endpoint(origin: string): Promise<RedisBus> {
    const proxy = await TcpProxy.start(this.server.port);
    const bus = new RedisBus({
      options: { host: '127.0.0.1', port: proxy.port, connectTimeout: CONNECT_TIMEOUT },
      ...PATIENT,
      namespace: this.namespace,
      staleness: STALENESS,
      origin,
      ...this.options,
    });
    this.#proxies.set(bus, proxy);
    return bus;
  }

  proxy(bus: InvalidationBus): TcpProxy {
    const proxy = this.#proxies.get(bus);
    if (proxy === undefined) throw new TypeError('the bus is of another world');
    return proxy;
  }

  /** New connections are accepted, but nothing passes. */
  sever(bus: InvalidationBus): void {
    this.proxy(bus).hole();
    this.proxy(bus).cut();
  }

  restore(bus: InvalidationBus): void {
    this.proxy(bus).heal();
    this.proxy(bus).cut();
  }

  async flush(): Promise<void> {
    await this.server.call('FLUSHALL');
  }

  async trim(): Promise<void> {
    await this.server.call('XTRIM', this.key('l'), 'MAXLEN', 0);
  }

  async rollBack(): Promise<() => Promise<void>> {
    const snapshot = await this.server.snapshot();
    return () => this.server.restart({ snapshot });
  }

  async destroy(): Promise<void> {
    await Promise.all(Array.from(this.#proxies.values(), (proxy) => proxy.close()));
  }

  key(suffix: 'm' | 'l' | 'c'): string {
    return `{cache-tier:${this.namespace}}:${suffix}`;
  }
}
