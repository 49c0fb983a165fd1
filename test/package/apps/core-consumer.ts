// Without Nest and without any package but rxjs, whose Observable the events are.
import { createTieredCache, memoryTier, type TieredCache } from 'nestjs-cache-tier/core';
import { redisTier } from 'nestjs-cache-tier/redis';
import { ManualClock } from 'nestjs-cache-tier/testing';

export const cache: TieredCache = createTieredCache({
  clock: new ManualClock(),
  tiers: [memoryTier(), redisTier({ options: { host: '127.0.0.1' } })],
});

export const sized: number = cache.stats().coherence.received;

export const watching = cache.invalidations({ since: 'oldest' }).subscribe();

export const answer: Promise<number> = cache.getOrCompute('answer', () => 42);
