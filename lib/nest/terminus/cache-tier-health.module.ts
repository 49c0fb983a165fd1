import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CacheTierHealthIndicator } from './cache-tier.health.js';

/**
 * Provides `CacheTierHealthIndicator`: import it beside `TerminusModule` where the health endpoint is.
 *
 * @publicApi
 */
@Module({
  imports: [TerminusModule],
  providers: [CacheTierHealthIndicator],
  exports: [CacheTierHealthIndicator],
})
export class CacheTierHealthModule {}
