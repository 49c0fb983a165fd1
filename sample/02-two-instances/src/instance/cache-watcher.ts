import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TieredCache, type CacheEvent } from 'nestjs-cache-tier';
import type { Subscription } from 'rxjs';
import type { InstanceMessage } from '../instance-messages.js';
import { readTrace } from './read-trace.js';

/** Writes into a read's trace which tier has answered, and tells the launcher what befalls the cache. */
@Injectable()
export class CacheWatcher implements OnModuleDestroy {
  readonly #subscription: Subscription;
  #pending = 0;

  constructor(cache: TieredCache) {
    this.#subscription = cache.events.subscribe((event) => {
      if (event.type === 'hit') noteHit(event.tier);
      else tell(this.#inPlainWords(event));
    });
  }

  onModuleDestroy(): void {
    this.#subscription.unsubscribe();
  }

  #inPlainWords(event: CacheEvent): string | undefined {
    switch (event.type) {
      case 'verification':
        return event.verified
          ? 'has proof that it has heard of every invalidation'
          : 'has no proof any more that it has heard of every invalidation';
      case 'reset':
        return 'has joined the log of invalidations: what it held before is void';
      case 'invalidationPending':
        return this.#pendingInWords(event.count);
      default:
        return undefined;
    }
  }

  /** The cache tells it at each attempt to carry them out. */
  #pendingInWords(count: number): string | undefined {
    if (count === this.#pending) return undefined;
    this.#pending = count;
    if (count === 0) return 'has carried out all invalidations that waited';
    return `keeps ${count} invalidation${count === 1 ? '' : 's'} until Redis answers`;
  }
}

/** The cache tells of a hit in the middle of the call that it answers, so the trace at hand is that of the read. */
function noteHit(tier: string): void {
  const trace = readTrace.getStore();
  if (trace !== undefined) trace.source = tier === 'memory' ? 'memory' : 'redis';
}

function tell(text: string | undefined): void {
  if (text === undefined || !process.connected) return;
  const message: InstanceMessage = { type: 'happened', text };
  process.send?.(message);
}
