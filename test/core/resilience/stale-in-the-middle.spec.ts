import { describe, expect, it } from '@jest/globals';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { World } from '../coherence/world.js';
import { guardRejections, mustNotLoad, remoteBackend } from '../helpers.js';
import { KEPT, TTL } from './origin.js';

guardRejections();

describe('a stale value in a tier with fences', () => {
  it('does not keep a fresh one from coming up from below', async () => {
    const world = new World();
    const third = remoteBackend(world.clock);
    const { cache, store } = world.instance('a', {
      below: [customTier({ useValue: third, name: 'third', ttlScale: 8 })],
    });
    await cache.healthCheck();
    await cache.getOrCompute('key', () => 1, KEPT);
    await world.clock.advance(TTL);
    expect(await cache.getOrCompute('key', mustNotLoad, KEPT)).toBe(1);
    const fills = store.calls('fill');
    expect(fills).toBe(2);
    const other = world.instance('b');
    await other.cache.healthCheck();
    expect(await other.cache.get('key')).toBe(1);
  });
});
