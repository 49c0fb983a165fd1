import type { INestMicroservice } from '@nestjs/common';
import { ClientProxyFactory, Transport, type ClientProxy } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { TieredCache } from 'nestjs-cache-tier';
import { lastValueFrom } from 'rxjs';
import { freePort } from '../../../../test/support/free-port.js';
import { eventually } from '../../../../test/support/patience.js';
import { FIND_PRICE, PRICE_CHANGED } from '../../src/microservice/price-messages.js';
import { PriceList } from '../../src/microservice/price-list.js';
import { PricesModule } from '../../src/microservice/prices.module.js';
import { setEnvironment } from './recipe.js';

/** An instance of the microservice, and a client of it. */
export class Prices {
  private constructor(
    private readonly app: INestMicroservice,
    private readonly client: ClientProxy,
    readonly port: number,
  ) {}

  /** @param list the database, which instances may share */
  static async start(list: PriceList, redisUrl?: string): Promise<Prices> {
    setEnvironment('REDIS_URL', redisUrl);
    const testing = await Test.createTestingModule({ imports: [PricesModule] })
      .overrideProvider(PriceList)
      .useValue(list)
      .compile();
    const options = { host: '127.0.0.1', port: await freePort() };
    const app = testing.createNestMicroservice({
      transport: Transport.TCP,
      options,
      logger: false,
    });
    await app.listen();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    const prices = new Prices(app, client, options.port);
    await eventually(async () => (await prices.cache.healthCheck()).status === 'up');
    return prices;
  }

  get cache(): TieredCache {
    return this.app.get(TieredCache);
  }

  ask(product: unknown): Promise<unknown> {
    return lastValueFrom(this.client.send(FIND_PRICE, product));
  }

  /** Resolves when the event has been sent, which is before it is dealt with. */
  async tell(price: unknown): Promise<void> {
    await lastValueFrom(this.client.emit(PRICE_CHANGED, price), { defaultValue: undefined });
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.app.close();
  }
}
