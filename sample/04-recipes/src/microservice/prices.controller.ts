import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { CacheDefaults, CacheEvict, Cached } from 'nestjs-cache-tier';
import { PriceList, type Price } from './price-list.js';
import { FIND_PRICE, PRICE_CHANGED } from './price-messages.js';
import { PricePipe, ProductPipe } from './price-pipes.js';

/** The microservice. Pipes run before the cache is asked, so that a key is never made of what they refuse. */
@Controller()
@CacheDefaults({ namespace: 'prices', ttl: '10m' })
export class PricesController {
  constructor(private readonly prices: PriceList) {}

  /** `null` for a product that has no price: unlike `undefined` it is sent, and kept. */
  @MessagePattern(FIND_PRICE)
  @Cached({ key: (product: string) => product })
  async find(@Payload(ProductPipe) product: string): Promise<Price | null> {
    return (await this.prices.find(product)) ?? null;
  }

  /** An event reaches one instance. With Redis, its eviction reaches all of them. */
  @EventPattern(PRICE_CHANGED)
  @CacheEvict({ key: ({ product }: Price) => product })
  changed(@Payload(PricePipe) price: Price): Promise<void> {
    return this.prices.set(price);
  }
}
