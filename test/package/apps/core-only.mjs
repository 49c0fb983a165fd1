// A cache without Nest, and what a tier says whose package is not installed. Prints what it has seen.
import { createTieredCache, memoryTier } from 'nestjs-cache-tier/core';
import { redisTier } from 'nestjs-cache-tier/redis';

const cache = createTieredCache({ tiers: [memoryTier()] });
let loads = 0;
const load = () => ++loads;
await cache.getOrCompute('answer', load);
await cache.getOrCompute('answer', load);
await cache.close();

const tiered = createTieredCache({ tiers: [memoryTier(), redisTier()] });
const failure = await tiered.getOrCompute('answer', load).then(
  () => undefined,
  ({ code, message }) => ({ code, message }),
);
await tiered.close();
process.stdout.write(JSON.stringify({ loads, failure }));
