import { describe, expect, it } from '@jest/globals';
import { LocalBus } from '../../../lib/bus/local/local-bus.js';
import { LocalLog } from '../../../lib/bus/local/local-log.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import type { BusWorld } from '../../../lib/testing/bus/bus-world.js';
import { busConformance } from '../../../lib/testing/bus-conformance.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const clock = new ManualClock();

function createWorld(): BusWorld {
  const log = new LocalLog(clock);
  return {
    endpoint: (origin) => log.endpoint(origin),
    sever: (bus) => local(bus).sever(),
    restore: (bus) => local(bus).restore(),
    flush: () => log.flush(),
    trim: () => log.trim(),
    rollBack: () => {
      const { position } = log.stamp;
      return () => log.rollBack(position);
    },
  };
}

function local(bus: InvalidationBus): LocalBus {
  if (bus instanceof LocalBus) return bus;
  throw new TypeError('the bus is another');
}

describe('LocalBus', () => {
  const faults = ['sever', 'flush', 'trim', 'rollBack'] as const;
  it.each(busConformance({ create: createWorld, faults, clock }))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
