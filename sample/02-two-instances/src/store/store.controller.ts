import { BadRequestException, Body, Controller, Get, HttpCode, Put } from '@nestjs/common';
import { isEuros, type Price } from '../price.js';
import { PriceStore } from './price-store.js';

/** The store, for the instances. */
@Controller('store/price')
export class StoreController {
  constructor(private readonly store: PriceStore) {}

  @Get()
  read(): Promise<Price> {
    return this.store.read();
  }

  @Put()
  @HttpCode(204)
  change(@Body() body: { readonly euros?: unknown } | undefined): void {
    if (!isEuros(body?.euros)) throw new BadRequestException('"euros" must be a whole number');
    this.store.change(body.euros);
  }
}
