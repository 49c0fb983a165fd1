import { Injectable, Logger } from '@nestjs/common';

export interface Price {
  readonly product: string;
  readonly euros: number;
}

/** Stands for your database: what it is asked is logged, so that it can be seen what the cache spares. */
@Injectable()
export class PriceList {
  readonly #logger = new Logger(PriceList.name);
  readonly #euros = new Map([
    ['coffee', 8],
    ['tea', 5],
  ]);

  async find(product: string): Promise<Price | undefined> {
    this.#logger.log(`reads the price of ${product}`);
    const euros = this.#euros.get(product);
    return euros === undefined ? undefined : { product, euros };
  }

  async set({ product, euros }: Price): Promise<void> {
    this.#euros.set(product, euros);
  }
}
