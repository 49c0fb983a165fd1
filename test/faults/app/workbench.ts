import type { INestApplicationContext } from '@nestjs/common';
import { getBackendToken, TieredCache, type MemoryBackend } from '../../../lib/index.js';
import type { AppFigures, AppOrders, Heap } from './app-orders.js';
import type { AppLog } from './app-log.js';
import { JumpingClock } from './jumping-clock.js';
import { Origin, type OriginMode } from './origin.js';
import type { Requests } from './requests.js';
import { TAG } from './shop.js';

/** How many values are stored at a time. */
const BATCH = 100;

/** Carries out what the app is told to do beside answering requests. */
export class Workbench implements AppOrders {
  readonly #cache: TieredCache;
  readonly #memory: MemoryBackend;
  readonly #origin: Origin;
  readonly #clock: JumpingClock;
  readonly #warnings: string[] = [];
  #asked = 0;

  constructor(
    app: INestApplicationContext,
    private readonly requests: Requests,
    private readonly log: AppLog,
  ) {
    this.#cache = app.get(TieredCache);
    this.#memory = app.get<MemoryBackend>(getBackendToken('memory'));
    this.#origin = app.get(Origin);
    this.#clock = app.get(JumpingClock);
    process.on('warning', ({ name, message }) => this.#warnings.push(`${name}: ${message}`));
  }

  origin(mode: OriginMode): void {
    this.#origin.become(mode);
  }

  block(ms: number): void {
    for (const end = performance.now() + ms; performance.now() < end;);
  }

  jump(ms: number): void {
    this.#clock.jump(ms);
  }

  async serves(): Promise<boolean> {
    const key = `probe:${++this.#asked}`;
    await this.#cache.getOrCompute(key, () => key);
    this.#memory.removeWhere((stored) => stored.endsWith(key));
    const isForgotten = this.#cache.peek(key) === undefined;
    const found = await this.#cache.get(key);
    return isForgotten && found === key && this.#cache.peek(key) === key;
  }

  async invalidate(how: 'pattern' | 'tags' | 'clear'): Promise<void> {
    if (how === 'pattern') return this.#cache.removePattern('mix:1*');
    if (how === 'tags') return this.#cache.invalidateTags([TAG]);
    return this.#cache.clear();
  }

  async fill(entries: number, bytes: number): Promise<void> {
    for (let from = 0; from < entries; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, entries - from) }, (_, at) => from + at);
      await Promise.all(batch.map((at) => this.#cache.set(`fill:${at}`, bulk(at, bytes))));
    }
  }

  async callers(count: number): Promise<{ loads: number; failed: number }> {
    const key = `callers:${++this.#asked}`;
    let loads = 0;
    const load = (): Promise<unknown> => {
      loads++;
      return this.#origin.load(key);
    };
    const calls = Array.from({ length: count }, () => this.#cache.getOrCompute(key, load));
    const settled = await Promise.allSettled(calls);
    return { loads, failed: settled.filter(({ status }) => status === 'rejected').length };
  }

  figures(): AppFigures {
    return {
      origin: this.#origin.counts,
      cache: this.#cache.stats(),
      requests: this.requests.counts,
      warnings: this.#warnings,
      errors: this.log.errors,
      logged: this.log.lines,
    };
  }

  async heap(): Promise<Heap> {
    // Twice, with a turn between: finalizers run after the first.
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heapUsed, external, rss };
  }
}

/** Data of many small parts, as they are read from databases. */
function bulk(at: number, bytes: number): readonly object[] {
  const row = 100;
  return Array.from({ length: Math.ceil(bytes / row) }, (_, index) => ({
    id: `${at}-${index}`,
    name: `the name of row ${index} of ${at}`,
    amount: at / (index + 1),
  }));
}
