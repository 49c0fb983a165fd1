import { Module } from '@nestjs/common';
import { CacheTierModule } from 'nestjs-cache-tier';
import { CacheWatcher } from './cache-watcher.js';
import { InstanceController } from './instance.controller.js';
import { PricesService } from './prices.service.js';
import { StateService } from './state.service.js';
import { StoreClient } from './store-client.js';
import { WatchService } from './watch.service.js';

@Module({
  imports: [
    CacheTierModule.forRoot({
      namespace: 'two-instances',
      memory: { maxEntries: 1000 },
      redis: { url: process.env['REDIS_URL'], timeout: 500 },
      // What is given here and above are the defaults: the page tells of them.
      coherence: { staleness: 1000, whenUnverified: 'serve', maxUnverified: 30_000 },
    }),
  ],
  controllers: [InstanceController],
  providers: [CacheWatcher, PricesService, StateService, StoreClient, WatchService],
})
export class InstanceModule {}
