import { Controller, Get, Inject, Param, Post } from '@nestjs/common';
import type { Product } from './origin.js';
import { Shop } from './shop.js';

@Controller()
export class ShopController {
  constructor(@Inject(Shop) private readonly shop: Shop) {}

  @Get('hot/:id')
  hot(@Param('id') id: string): Promise<Product> {
    return this.shop.hot(id);
  }

  @Get('mix/:id')
  mix(@Param('id') id: string): Promise<Product> {
    return this.shop.mix(id);
  }

  @Get('miss/:id')
  miss(@Param('id') id: string): Promise<Product> {
    return this.shop.miss(id);
  }

  @Post('write/:id')
  async write(
    @Param('id') id: string,
  ): Promise<{ readonly key: string; readonly version: number }> {
    return { key: `mix:${id}`, version: await this.shop.write(id) };
  }
}
