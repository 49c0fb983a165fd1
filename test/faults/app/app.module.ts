import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CacheTierModule } from '../../../lib/index.js';
import { CacheTierHealthModule } from '../../../lib/terminus.js';
import type { AppSettings } from './app-orders.js';
import { HealthController } from './health.controller.js';
import { JumpingClock } from './jumping-clock.js';
import { Origin } from './origin.js';
import { Shop } from './shop.js';
import { ShopController } from './shop.controller.js';

@Module({})
export class AppModule {
  static of({ cache, redisUrl }: AppSettings): DynamicModule {
    const clock = new JumpingClock();
    return {
      module: AppModule,
      imports: [
        CacheTierModule.forRoot({
          namespace: 'faults',
          ...cache,
          redis: { ...cache.redis, url: redisUrl },
          clock,
        }),
        TerminusModule.forRoot({ logger: false }),
        CacheTierHealthModule,
      ],
      controllers: [ShopController, HealthController],
      providers: [Origin, Shop, { provide: JumpingClock, useValue: clock }],
    };
  }
}
