import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CacheTierHealthModule } from 'nestjs-cache-tier/terminus';
import { DatabaseHealthIndicator } from './database.health.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule, CacheTierHealthModule],
  controllers: [HealthController],
  providers: [DatabaseHealthIndicator],
})
export class HealthModule {}
