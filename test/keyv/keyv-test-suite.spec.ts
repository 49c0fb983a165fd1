import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import keyvTestSuite from '@keyv/test-suite';
import { Keyv } from 'keyv';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { TieredCacheKeyv } from '../../lib/keyv/tiered-cache-keyv.js';
import { PATIENT } from '../support/patience.js';
import { RedisServer } from '../support/redis-server.js';

const declareTest = it;

/**
 * What the suite uses of vitest: it is given the functions, and imports none. A test is given `expect` by its context
 * there, which is all that Jest does otherwise.
 */
const runner = {
  beforeEach,
  afterEach,
  it: (name: string, run: (context: { expect: typeof expect }) => unknown) => {
    declareTest(name, async () => {
      await run({ expect });
    });
  },
} as unknown as Parameters<typeof keyvTestSuite>[0];

describe('@keyv/test-suite on a cache in memory', () => {
  const cache = createTieredCache({ tiers: [memoryTier()] });
  afterAll(() => cache.close());

  keyvTestSuite(runner, Keyv, () => new TieredCacheKeyv(cache));
});

describe('@keyv/test-suite on a cache in memory and Redis', () => {
  let server: RedisServer;
  let cache: TieredCache;
  beforeAll(async () => {
    server = await RedisServer.start();
    cache = createTieredCache({
      tiers: [memoryTier(), redisTier({ url: server.url, ...PATIENT })],
    });
  });
  afterAll(async () => {
    await cache.close();
    await server.stop();
  });

  keyvTestSuite(runner, Keyv, () => new TieredCacheKeyv(cache));
});
