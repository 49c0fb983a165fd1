import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Price } from '../price.js';

/** How long a read takes, as a query that is worth caching does. In milliseconds. */
export const READ_DURATION = 150;

/** The truth, which both instances load from: in the place of a database. */
@Injectable()
export class PriceStore {
  #euros = 20;

  /** The price now. */
  get euros(): number {
    return this.#euros;
  }

  /** Takes its time after it has looked: a change in that time is not in the answer. */
  async read(): Promise<Price> {
    const price = { euros: this.#euros, readAt: Date.now() };
    await sleep(READ_DURATION);
    return price;
  }

  change(euros: number): void {
    this.#euros = euros;
  }
}
