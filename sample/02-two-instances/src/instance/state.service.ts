import { Injectable } from '@nestjs/common';
import { TieredCache } from 'nestjs-cache-tier';
import type { InstanceState } from '../instance-messages.js';
import { PricesService } from './prices.service.js';
import { readTrace, type ReadTrace } from './read-trace.js';

/** One read, and who answered it. */
@Injectable()
export class StateService {
  constructor(
    private readonly cache: TieredCache,
    private readonly prices: PricesService,
  ) {}

  async state(): Promise<InstanceState> {
    const trace: ReadTrace = { source: undefined };
    const began = performance.now();
    const price = await readTrace.run(trace, () => this.prices.price());
    const duration = performance.now() - began;
    const { verified, lag, pending } = this.cache.stats().coherence;
    return {
      price,
      source: trace.source ?? 'shared',
      duration,
      verified,
      lag: lag ?? null,
      pending,
    };
  }
}
