import { describe, expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { MissingPeerError } from '../../../lib/contract/errors.js';

jest.unstable_mockModule('ioredis', () => {
  throw new Error("Cannot find package 'ioredis'");
});

const { createTieredCache } = await import('../../../lib/core/create-tiered-cache.js');
const { redisTier } = await import('../../../lib/backends/redis/redis-tier.js');
const { CacheTierModule } = await import('../../../lib/nest/cache-tier.module.js');

describe('where ioredis is not installed', () => {
  it('a read says so, and what to install: the loader could not mend it', async () => {
    const cache = createTieredCache({ tiers: [redisTier()] });
    const answer = cache.getOrCompute('key', () => 'value');
    await expect(answer).rejects.toThrow(MissingPeerError);
    await expect(cache.get('key')).rejects.toThrow('npm install ioredis');
    await cache.close();
  });

  it('the application does not start', async () => {
    const module = Test.createTestingModule({ imports: [CacheTierModule.forRoot({ redis: {} })] });
    await expect(module.compile()).rejects.toThrow(MissingPeerError);
  });
});
