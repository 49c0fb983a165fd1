import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CacheInterceptor, CacheModule } from 'nestjs-cache-tier/compat';
import { CitiesController } from './cities.controller.js';
import { CitiesService } from './cities.service.js';

@Module({
  imports: [CacheModule.register({ ttl: 60_000 })],
  controllers: [CitiesController],
  providers: [CitiesService, { provide: APP_INTERCEPTOR, useClass: CacheInterceptor }],
})
export class AppModule {}
