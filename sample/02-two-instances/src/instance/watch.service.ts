import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { WatchEnded } from '../instance-messages.js';
import { monotonicTime } from '../monotonic-time.js';
import { PricesService } from './prices.service.js';

/** How long a watch goes on that nobody ends, in milliseconds. */
const LONGEST = 20_000;

interface Watch {
  over: boolean;
  readonly seen: Promise<WatchEnded>;
}

/** Reads the price over and over, to tell to a fraction of a millisecond when it became another. */
@Injectable()
export class WatchService {
  #watch: Watch | undefined;

  constructor(private readonly prices: PricesService) {}

  /** Begins; resolves once the first read was answered. */
  async begin(): Promise<void> {
    const { euros } = await this.prices.price();
    const watch: Watch = { over: false, seen: this.#read(euros, () => watch.over) };
    // A failure is told to whoever ends the watch; perhaps nobody does.
    watch.seen.catch(() => undefined);
    this.#watch = watch;
  }

  /** Resolves as soon as another price was read, and after `limit` milliseconds in any case. */
  async end(limit: number): Promise<WatchEnded | undefined> {
    const watch = this.#watch;
    if (watch === undefined) return undefined;
    await Promise.race([watch.seen, sleep(limit)]);
    watch.over = true;
    return watch.seen;
  }

  async #read(old: number, isOver: () => boolean): Promise<WatchEnded> {
    const started = monotonicTime();
    let lastOld = started;
    for (let reads = 1; ; reads++) {
      // Messages are received between the turns: reads from memory alone would never let one in.
      await nextTurn();
      const began = monotonicTime();
      const { euros } = await this.prices.price();
      if (euros !== old) return { reads, lastOld, firstNew: monotonicTime() };
      lastOld = began;
      if (isOver() || began > started + LONGEST) return { reads, lastOld, firstNew: null };
    }
  }
}
