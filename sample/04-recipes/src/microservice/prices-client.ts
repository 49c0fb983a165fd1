import { ClientsModule } from '@nestjs/microservices';
import { pricesAddress } from './prices-address.js';

/** The token of the connection to the microservice. */
export const PRICES = Symbol('PRICES');

export const PricesClientModule = ClientsModule.registerAsync([
  { name: PRICES, useFactory: pricesAddress },
]);
