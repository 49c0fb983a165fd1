import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';

export interface SalesReport {
  readonly orders: number;
  readonly euros: number;
  /** When it was made, as ISO 8601. */
  readonly madeAt: string;
}

/** How long it takes to make the report, in milliseconds. */
const TAKES = 2000;

/** Stands for your database, and a query that is slow. */
@Injectable()
export class Sales {
  readonly #logger = new Logger(Sales.name);
  readonly #orders: number[] = [12, 30, 7];

  async add(euros: number): Promise<void> {
    this.#orders.push(euros);
  }

  async report(): Promise<SalesReport> {
    this.#logger.log('makes the report');
    await sleep(TAKES);
    const euros = this.#orders.reduce((sum, one) => sum + one, 0);
    return { orders: this.#orders.length, euros, madeAt: new Date().toISOString() };
  }
}
