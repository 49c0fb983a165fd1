import { Injectable } from '@nestjs/common';
import { InvalidationPendingError, TieredCache } from 'nestjs-cache-tier';
import type { ChangeMade } from '../instance-messages.js';
import { monotonicTime } from '../monotonic-time.js';
import type { Price } from '../price.js';
import { readTrace } from './read-trace.js';
import { StoreClient } from './store-client.js';

const KEY = 'coffee';

/** Reads and changes the price, as any service with a cache in front of its database does. */
@Injectable()
export class PricesService {
  constructor(
    private readonly cache: TieredCache,
    private readonly store: StoreClient,
  ) {}

  price(): Promise<Price> {
    return this.cache.getOrCompute(KEY, () => this.#load(), { ttl: '1h' });
  }

  /** First the store, then the cache: who loads between the two loads the new price. */
  async change(euros: number): Promise<ChangeMade> {
    await this.store.change(euros);
    const began = monotonicTime();
    const pending = await this.#invalidate();
    return { began, ended: monotonicTime(), pending };
  }

  /** @returns whether it waits for Redis; the price has changed either way, so this is no error here */
  async #invalidate(): Promise<boolean> {
    try {
      await this.cache.remove(KEY);
      return false;
    } catch (error) {
      if (error instanceof InvalidationPendingError) return true;
      throw error;
    }
  }

  #load(): Promise<Price> {
    const trace = readTrace.getStore();
    if (trace !== undefined) trace.source = 'store';
    return this.store.read();
  }
}
