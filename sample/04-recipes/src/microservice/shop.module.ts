import { Module } from '@nestjs/common';
import { PricesClientModule } from './prices-client.js';
import { ShopController } from './shop.controller.js';

@Module({ imports: [PricesClientModule], controllers: [ShopController] })
export class ShopModule {}
