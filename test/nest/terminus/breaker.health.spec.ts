import { TerminusModule } from '@nestjs/terminus';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { CacheTierHealthModule } from '../../../lib/nest/terminus/cache-tier-health.module.js';
import { CacheTierHealthIndicator } from '../../../lib/nest/terminus/cache-tier.health.js';
import { getBackendToken } from '../../../lib/nest/tokens.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();

afterEach(() => apps.closeAll());

describe('the breaker of a tier in a Nest application', () => {
  it('is told to Terminus, with the reason', async () => {
    const remote = new FaultyBackend(new MapBackend());
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          tiers: [
            memoryTier(),
            customTier({ useValue: remote, name: 'remote', breaker: { failures: 2 } }),
          ],
        }),
        TerminusModule,
        CacheTierHealthModule,
      ],
    });
    const health = app.get(CacheTierHealthIndicator);
    expect((await health.isHealthy('cache')).cache).toMatchObject({
      tiers: { memory: { status: 'up' }, remote: { status: 'up', breaker: 'closed' } },
    });

    remote.fail(new Error('down'));
    for (const key of ['a', 'b']) await app.get(TieredCache).get(key);

    const { tiers } = (await health.isHealthy('cache')).cache as unknown as {
      readonly tiers: Record<string, object>;
    };
    expect(tiers).toEqual({
      memory: { status: 'up', latency: expect.any(Number) },
      remote: {
        status: 'down',
        latency: expect.any(Number),
        reason: 'the round trip failed; its breaker is open',
        breaker: 'open',
      },
    });
  });

  it('does not stand before the backend that is injected', async () => {
    const remote = new FaultyBackend(new MapBackend());
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          tiers: [memoryTier(), customTier({ useValue: remote, name: 'remote' })],
        }),
      ],
    });
    expect(app.get(getBackendToken('remote'))).toBe(remote);
    expect(app.get(TieredCache).backend('remote')).toBe(remote);
  });
});
