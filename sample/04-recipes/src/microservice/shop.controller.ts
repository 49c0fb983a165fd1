import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Put,
} from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { lastValueFrom, timeout } from 'rxjs';
import type { Price } from './price-list.js';
import { FIND_PRICE, PRICE_CHANGED } from './price-messages.js';
import { isEuros, isProduct } from './price-pipes.js';
import { PRICES } from './prices-client.js';

/** How long the microservice may take to answer, in milliseconds. */
const ANSWERS_WITHIN = 5000;

/** Another process in real life: it asks the microservice, and has no cache of its own. */
@Controller('prices/:product')
export class ShopController {
  constructor(@Inject(PRICES) private readonly prices: ClientProxy) {}

  @Get()
  async price(@Param('product') product: string): Promise<Price> {
    const found = isProduct(product) ? await this.#find(product) : null;
    if (found === null) throw new NotFoundException('There is no price');
    return found;
  }

  /** 202: the event is on its way, and for a moment the old price may still be answered. */
  @Put()
  @HttpCode(202)
  async change(@Param('product') product: string, @Body('euros') euros: unknown): Promise<void> {
    if (!isProduct(product)) throw new NotFoundException('There is no such product');
    if (!isEuros(euros)) throw new BadRequestException('"euros" is a number, 0 or more');
    const price: Price = { product, euros };
    await lastValueFrom(this.prices.emit(PRICE_CHANGED, price), { defaultValue: undefined });
  }

  #find(product: string): Promise<Price | null> {
    const answer = this.prices.send<Price | null>(FIND_PRICE, product);
    return lastValueFrom(answer.pipe(timeout(ANSWERS_WITHIN)));
  }
}
