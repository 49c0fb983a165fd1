import type { Awaitable } from '../../contract/cache-backend.js';
import type { Stamp } from '../../contract/entry.js';
import type {
  BusCheck,
  BusStats,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from '../../contract/invalidation-bus.js';
import type { Tier } from './tier.js';

/**
 * A bus on the connection of a tier, behind that tier's breaker and its limit of calls: callers do not wait for the bus
 * where the tier does not answer, and what the bus tells of the connection counts for the tier. The bus limits the time
 * of its calls itself.
 */
export class GuardedBus implements InvalidationBus {
  readonly origin: string;

  constructor(
    private readonly bus: InvalidationBus,
    private readonly tier: Pick<Tier, 'breaker' | 'limit'>,
  ) {
    this.origin = bus.origin;
  }

  get stamp(): Stamp {
    return this.bus.stamp;
  }

  get verifiedAt(): number {
    return this.bus.verifiedAt;
  }

  async publish(scope: InvalidationScope, after?: PromiseLike<unknown>): Promise<Stamp> {
    return this.#run('publish', () => this.bus.publish(scope, after));
  }

  async check(tags: readonly string[]): Promise<BusCheck> {
    return this.#run('check', () => this.bus.check(tags));
  }

  history(since?: Stamp): Promise<readonly Invalidation[] | undefined> {
    return this.bus.history(since);
  }

  subscribe(listener: InvalidationListener): void {
    this.bus.subscribe(listener);
  }

  stats(): BusStats {
    return this.bus.stats();
  }

  connect(): Promise<void> {
    return this.bus.connect();
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  #run<T>(operation: string, call: () => Promise<T>): Awaitable<T> {
    const { breaker, limit } = this.tier;
    const counted = limit === undefined ? call : (): Awaitable<T> => limit.run(operation, call);
    return breaker === undefined ? counted() : breaker.run(operation, counted);
  }
}
