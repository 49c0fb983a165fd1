import type { Awaitable } from '../../contract/cache-backend.js';
import type { Clock } from '../../contract/clock.js';
import type { InvalidationBus } from '../../contract/invalidation-bus.js';
import { check } from '../conformance-case.js';

/**
 * What can be done to a log and to the way to it: `sever` a bus and `restore` it; `flush` the log; `trim` it;
 * `rollBack`.
 *
 * @publicApi
 */
export type BusFault = 'sever' | 'flush' | 'trim' | 'rollBack';

/**
 * A log that is empty, and the buses of instances that share it.
 *
 * @publicApi
 */
export interface BusWorld {
  /** The bus of an instance, not yet connected, with a connection of its own. @param origin its name */
  endpoint(origin: string): Awaitable<InvalidationBus>;
  /** Ends the bus's connections and refuses new ones, until `restore`. */
  sever?(bus: InvalidationBus): Awaitable<void>;
  restore?(bus: InvalidationBus): Awaitable<void>;
  /** Loses all that the log holds, while connections go on. */
  flush?(): Awaitable<void>;
  /** Loses the entries of the log, but not where it stands. */
  trim?(): Awaitable<void>;
  /**
   * Notes what the log holds, and hands back what brings it to that again, as a restart from an older copy
   * does: connections end.
   */
  rollBack?(): Awaitable<() => Awaitable<void>>;
  /** Ends all there is. The buses have been closed. */
  destroy?(): Awaitable<void>;
}

/** What a proof may use. */
export interface BusTools {
  readonly world: Required<Omit<BusWorld, 'destroy'>>;
  readonly clock: Clock;
  /** A bus that is closed when the case ends. */
  readonly endpoint: (origin: string) => Promise<InvalidationBus>;
  readonly wait: (ms: number) => Awaitable<void>;
  /** Waits until the condition holds, which has to come about in time. */
  readonly eventually: (what: string, condition: () => Awaitable<boolean>) => Promise<void>;
}

/** Proofs of promises, by the promise. */
export type BusChecks = Readonly<Record<string, (tools: BusTools) => Promise<void>>>;

/** The world with all its members; to use one of a fault that was not declared is a mistake of the suite. */
export function wholeWorld(world: BusWorld): BusTools['world'] {
  return {
    endpoint: (origin) => world.endpoint(origin),
    sever: world.sever?.bind(world) ?? missing('sever'),
    restore: world.restore?.bind(world) ?? missing('restore'),
    flush: world.flush?.bind(world) ?? missing('flush'),
    trim: world.trim?.bind(world) ?? missing('trim'),
    rollBack: world.rollBack?.bind(world) ?? missing('rollBack'),
  };
}

function missing(name: string): () => Promise<never> {
  return () => {
    check(false, `a fault is declared that needs the member "${name}" of the world`);
    return new Promise(() => undefined);
  };
}
