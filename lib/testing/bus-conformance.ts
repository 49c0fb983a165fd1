import { setTimeout as sleep } from 'node:timers/promises';
import type { Awaitable } from '../contract/cache-backend.js';
import { systemClock, type Clock } from '../contract/clock.js';
import { InvalidOptionError } from '../contract/errors.js';
import type { InvalidationBus } from '../contract/invalidation-bus.js';
import {
  wholeWorld,
  type BusChecks,
  type BusFault,
  type BusTools,
  type BusWorld,
} from './bus/bus-world.js';
import { deliveryChecks } from './bus/delivery-checks.js';
import { faultChecks } from './bus/fault-checks.js';
import { proofChecks } from './bus/proof-checks.js';
import { check, proving, type ConformanceCase } from './conformance-case.js';
import { ManualClock } from './manual-clock.js';

/** @publicApi */
export interface BusConformanceOptions {
  /** Makes an empty log, to which any number of buses lead. Called once for each case. */
  readonly create: () => Awaitable<BusWorld>;
  /** The faults that the world can play; the cases about others are left out. Default: none. */
  readonly faults?: readonly BusFault[];
  /** The clock that the buses were given. Default: the system's. */
  readonly clock?: Clock;
  /**
   * Lets so many milliseconds pass for the buses. Default: advances a `ManualClock` that was given as
   * `clock`, else really waits.
   */
  readonly wait?: (ms: number) => Awaitable<void>;
  /** Within how many milliseconds everything has to come about. Default: 5000. */
  readonly patience?: number;
}

/**
 * The promises of `InvalidationBus` as cases for any test runner:
 * `for (const { name, run } of busConformance(options)) it(name, run);`
 *
 * @throws InvalidOptionError when `create` is not a function, or there is no such fault
 * @publicApi
 */
export function busConformance(options: BusConformanceOptions): ConformanceCase[] {
  const { create, faults = [] } = options;
  if (typeof create !== 'function') {
    throw new InvalidOptionError('create', 'is a function that makes an empty log and its buses');
  }
  for (const fault of faults) {
    if (!Object.hasOwn(faultChecks, fault)) {
      throw new InvalidOptionError('faults', `are some of ${Object.keys(faultChecks).join(', ')}`);
    }
  }
  return [proofChecks, deliveryChecks, ...faults.map((fault) => faultChecks[fault])].flatMap(
    (checks) => casesOf(checks, options),
  );
}

function casesOf(checks: BusChecks, options: BusConformanceOptions): ConformanceCase[] {
  return Object.entries(checks).map(([name, prove]) => ({
    name,
    run: () =>
      proving(name, async () => {
        const world = await options.create();
        const buses: InvalidationBus[] = [];
        try {
          await prove(toolsFor(world, buses, options));
        } finally {
          await Promise.all(buses.map((bus) => bus.close()));
          await world.destroy?.();
        }
      }),
  }));
}

function toolsFor(
  world: BusWorld,
  buses: InvalidationBus[],
  { clock = systemClock, patience = 5_000, ...options }: BusConformanceOptions,
): BusTools {
  const wait = options.wait ?? waitBy(clock);
  return {
    world: wholeWorld(world),
    clock,
    wait,
    endpoint: async (origin) => {
      const bus = await world.endpoint(origin);
      buses.push(bus);
      return bus;
    },
    eventually: async (what, condition) => {
      const deadline = clock.now() + patience;
      while (!(await condition())) {
        check(clock.now() <= deadline, `within ${patience} ms it does not come about that ${what}`);
        await wait(5);
      }
    },
  };
}

function waitBy(clock: Clock): (ms: number) => Promise<void> {
  return clock instanceof ManualClock ? (ms) => clock.advance(ms) : (ms) => sleep(ms);
}
