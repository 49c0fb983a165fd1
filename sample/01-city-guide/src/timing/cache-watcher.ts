import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TieredCache } from 'nestjs-cache-tier';
import type { Subscription } from 'rxjs';
import { requestTrace } from './request-trace.js';

/**
 * Writes into a request's trace which tier has answered it. The cache tells of a hit in the middle of the
 * call that it answers, so the trace at hand is that of the request.
 */
@Injectable()
export class CacheWatcher implements OnModuleDestroy {
  readonly #subscription: Subscription;

  constructor(cache: TieredCache) {
    this.#subscription = cache.events.subscribe((event) => {
      const trace = requestTrace.getStore();
      if (trace !== undefined && event.type === 'hit') trace.tier = event.tier;
    });
  }

  onModuleDestroy(): void {
    this.#subscription.unsubscribe();
  }
}
