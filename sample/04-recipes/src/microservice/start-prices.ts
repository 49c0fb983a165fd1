import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { pricesAddress } from './prices-address.js';
import { PricesModule } from './prices.module.js';

export async function startPrices(): Promise<INestMicroservice> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(PricesModule, {
    ...pricesAddress(),
    abortOnError: false,
  });
  app.enableShutdownHooks();
  await app.listen();
  return app;
}
