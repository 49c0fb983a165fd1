import { memoryTier, type MemoryTierOptions } from '../../../lib/backends/memory/memory-tier.js';
import { FencedMapBackend } from '../../../lib/backends/map/fenced-map.backend.js';
import type { LocalBus } from '../../../lib/bus/local/local-bus.js';
import { LocalLog } from '../../../lib/bus/local/local-log.js';
import type { InvalidationBus, InvalidationScope } from '../../../lib/contract/invalidation-bus.js';
import type { TierDefinition, TierPolicy } from '../../../lib/contract/tier-definition.js';
import type { CoherenceOptions } from '../../../lib/core/coherence/coherence-options.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { altered, deferred, type Deferred, type Options } from '../helpers.js';

/** How old a proof may be in these tests, in milliseconds. */
export const STALENESS = 1000;

/** How long memory serves where nothing answers, in milliseconds. */
export const MAX_UNVERIFIED = 30_000;

/** How long a lease lasts that nobody renews, in milliseconds. */
export const LEASE = 1500;

/** One instance: a cache with a memory, a bus and a connection to the shared store, all its own. */
export interface Instance {
  readonly cache: TieredCache;
  readonly bus: LocalBus;
  /** Its connection to the shared store: what befalls it befalls no other instance. */
  readonly store: FaultyBackend;
}

export interface InstanceOptions extends Omit<Options, 'coherence'> {
  readonly coherence?: CoherenceOptions;
  /** How the connection answers. */
  readonly answering?: (store: FaultyBackend) => FaultyBackend;
  /** What stands between the cache and the bus. */
  readonly wrapBus?: (bus: LocalBus) => InvalidationBus;
  /** The first tier. */
  readonly memory?: MemoryTierOptions;
  /** How the shared tier is used. */
  readonly policy?: TierPolicy;
  /** Tiers below the shared one. */
  readonly below?: readonly TierDefinition[];
}

/** Several instances over one store and one log, on a clock that stands still. */
export class World {
  readonly clock = new ManualClock();
  readonly log = new LocalLog(this.clock);
  /** The store that all share. */
  readonly shared = new FencedMapBackend({
    clock: this.clock,
    onLeaseEnded: (key) => this.log.endLease(key),
  });

  constructor() {
    // Something has happened before: a log that has just begun holds no place where anybody could be.
    this.log.write({ keys: ['default::before'] });
  }

  instance(origin: string, options: InstanceOptions = {}): Instance {
    const { clock } = this;
    const {
      coherence,
      answering = same,
      wrapBus = same,
      memory,
      policy,
      below = [],
      ...others
    } = options;
    const bus = this.log.endpoint(origin);
    const store = new FaultyBackend(this.shared, clock);
    const cache = createTieredCache({
      clock,
      tiers: [
        memoryTier(memory),
        customTier({ useValue: answering(store), name: 'shared', ...policy }),
        ...below,
      ],
      coherence: {
        staleness: STALENESS,
        maxUnverified: MAX_UNVERIFIED,
        bus: wrapBus(bus),
        ...coherence,
      },
      ...others,
    });
    return { cache, bus, store };
  }

  /** Instances that have joined the log. */
  async join(...origins: string[]): Promise<Instance[]> {
    const instances = origins.map((origin) => this.instance(origin));
    for (const { cache } of instances) await cache.healthCheck();
    return instances;
  }

  /** What has been recorded since, in its order. */
  get recorded(): readonly InvalidationScope[] {
    return (this.log.history() ?? []).slice(1).map(({ scope }) => scope);
  }
}

/** Two instances, `a` and `b`, that have joined the log. */
export async function twoInstances(): Promise<World & { a: Instance; b: Instance }> {
  const world = new World();
  const [a, b] = await world.join('a', 'b');
  if (a === undefined || b === undefined) throw new Error('there are two');
  return Object.assign(world, { a, b });
}

/** Three of them. */
export async function threeInstances(): Promise<World & { a: Instance; b: Instance; c: Instance }> {
  const world = await twoInstances();
  const [c] = await world.join('c');
  if (c === undefined) throw new Error('there is one');
  return Object.assign(world, { c });
}

type Answering = 'getFenced' | 'getFencedMany' | 'lease' | 'fill' | 'replace' | 'discard';

/** Operations that are carried out at once, and answered when the gate opens; others are not touched. */
export class LateAnswers {
  readonly #gates = new Map<Answering, Deferred<void>>();

  readonly through = (store: FaultyBackend): FaultyBackend => {
    const late = <A extends unknown[], R>(
      operation: Answering,
      act: ((...args: A) => R | PromiseLike<R>) | undefined,
    ) => ({
      [operation]: async (...args: A): Promise<R> => {
        if (act === undefined) throw new Error(`the store has no ${operation}`);
        const answer = await act(...args);
        await this.#gates.get(operation)?.promise;
        return answer;
      },
    });
    return altered(store, {
      ...late('getFenced', store.getFenced),
      ...late('getFencedMany', store.getFencedMany),
      ...late('lease', store.lease),
      ...late('fill', store.fill),
      ...late('replace', store.replace),
      ...late('discard', store.discard),
    });
  };

  /** Holds answers back from now on. */
  hold(operation: Answering): void {
    this.#gates.set(operation, deferred());
  }

  release(operation: Answering): void {
    const gate = this.#gates.get(operation);
    this.#gates.delete(operation);
    gate?.resolve();
  }
}

/** What is behind the caches: each load answers the version that is current when it begins. */
export class Source {
  version = 1;
  loads = 0;
  #gate: Deferred<void> | undefined;

  readonly load = async (): Promise<number> => {
    this.loads++;
    const { version } = this;
    await this.#gate?.promise;
    return version;
  };

  /** Loads that begin from now on do not end before `release`. */
  hold(): void {
    this.#gate = deferred();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }
}

/** The error that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function same<T>(value: T): T {
  return value;
}
