import { describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { guardRejections, remoteBackend, timeLeft } from '../helpers.js';
import { DOWN, KEPT, outcomeOf, STALE_FOR, TTL, value } from './origin.js';

guardRejections();

/** Caches of several processes, each with a memory of its own, over one store without fences. */
function processes() {
  const clock = new ManualClock();
  const store = remoteBackend(clock);
  const begin = (memory: Parameters<typeof memoryTier>[0] = {}): TieredCache =>
    createTieredCache({
      clock,
      tiers: [memoryTier(memory), customTier({ useValue: store })],
    });
  return { clock, store, begin };
}

const fails = (): never => {
  throw DOWN;
};

describe('expire, where a tier below memory has the value too', () => {
  it.each([{ ttlScale: 0.1 }, { ttl: 500 }])(
    'keeps it there as long as staleFor says, though memory keeps it for less (%p)',
    async (memory) => {
      const { store, begin } = processes();
      const cache = begin(memory);
      await cache.set('key', 'old', KEPT);
      await cache.expire('key');
      expect(await timeLeft(store, 'key')).toBe(STALE_FOR);
      expect(await cache.get('key')).toBeUndefined();
    },
  );

  it('does not put what memory has in the place of what another process has stored since', async () => {
    const { clock, begin } = processes();
    const [one, other] = [begin(), begin()];
    await one.set('key', 'old', KEPT);
    await clock.advance(TTL);
    await other.set('key', 'new', KEPT);
    await one.expire('key');
    for (const cache of [one, begin()]) {
      expect(await outcomeOf(cache.getOrCompute('key', fails, KEPT))).toEqual(value('new'));
    }
  });

  it('is counted as no read', async () => {
    const { begin } = processes();
    await begin().set('key', 'old', KEPT);
    const cache = begin();
    await cache.expire('key');
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, coalesced: 0 });
  });
});
