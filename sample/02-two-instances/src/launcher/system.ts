import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InstanceProcess } from './instance-process.js';
import { RedisServer } from './redis-server.js';
import { Timeline } from './timeline.js';

/** The three processes beside this one: a Redis, and two instances of an app that share it. */
@Injectable()
export class System implements OnApplicationShutdown {
  #redis: RedisServer | undefined;
  #instances: readonly InstanceProcess[] = [];
  #stopping = false;

  constructor(private readonly timeline: Timeline) {}

  /** The processes that have been started; none before `start` has resolved. */
  get running(): { redis: RedisServer; instances: readonly InstanceProcess[] } | undefined {
    const redis = this.#redis;
    return redis && this.#instances.length > 0 ? { redis, instances: this.#instances } : undefined;
  }

  /**
   * Starts them, and resolves once they answer. A process that ends before it is told to is a failure.
   *
   * @param storeUrl where the instances find the store
   */
  async start(storeUrl: string, onFailure: (reason: string) => void): Promise<void> {
    const redis = await RedisServer.start();
    this.#redis = redis;
    void this.#watch('Redis', redis.ended, onFailure);
    const instances = ['A', 'B'].map(
      (name) =>
        new InstanceProcess(name, { REDIS_URL: redis.url, STORE_URL: storeUrl }, (text) =>
          this.timeline.add(name, text),
        ),
    );
    this.#instances = instances;
    for (const { name, ended } of instances) {
      void this.#watch(`Instance ${name}`, ended, onFailure);
    }
    await Promise.all(instances.map((instance) => instance.ready()));
  }

  /** Redis last, and not frozen: the instances take their leave of it. */
  async onApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    this.#redis?.resume();
    await Promise.all(this.#instances.map((instance) => instance.end()));
    await this.#redis?.end();
  }

  async #watch(
    what: string,
    ended: Promise<unknown>,
    onFailure: (reason: string) => void,
  ): Promise<void> {
    await ended;
    if (!this.#stopping) onFailure(`${what} has ended unexpectedly.`);
  }
}
