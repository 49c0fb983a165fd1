import { Module } from '@nestjs/common';
import { CacheTierModule } from 'nestjs-cache-tier';
import { cacheOptions } from '../cache-options.js';
import { PriceList } from './price-list.js';
import { PricesController } from './prices.controller.js';

@Module({
  imports: [
    CacheTierModule.forRootAsync({ useFactory: () => cacheOptions('recipe-microservice') }),
  ],
  controllers: [PricesController],
  providers: [PriceList],
})
export class PricesModule {}
