import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { PriceStore } from '../store/price-store.js';
import type { InstanceProcess } from './instance-process.js';

const POLL_MS = 10;
const GIVES_UP_AFTER = 15_000;

/** Waits until the instances agree. */
@Injectable()
export class Agreement {
  constructor(private readonly store: PriceStore) {}

  /**
   * @returns how many milliseconds it took until all were verified, kept no invalidation back, and answered
   *   with the price of the store; `null` when they did not in good time
   */
  async reached(instances: readonly InstanceProcess[]): Promise<number | null> {
    const began = performance.now();
    for (;;) {
      const agree = await this.#agree(instances);
      const duration = performance.now() - began;
      if (agree) return duration;
      if (duration > GIVES_UP_AFTER) return null;
      await sleep(POLL_MS);
    }
  }

  async #agree(instances: readonly InstanceProcess[]): Promise<boolean> {
    const states = await Promise.all(instances.map((instance) => instance.state()));
    return states.every(
      ({ verified, pending, price }) =>
        verified && pending === 0 && price.euros === this.store.euros,
    );
  }
}
