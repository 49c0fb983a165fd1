import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../contract/clock.js';
import type { Loader } from '../call-options.js';
import type { KeySource } from './key-source.js';
import type { WarmUpSettings } from './warm-up-options.js';
import { WarmUpTally, type WarmUpOutcome, type WarmUpProgress } from './warm-up-tally.js';

/** After so many keys others have their turn: keys that memory has cost none of their own. */
const KEYS_PER_TURN = 100;

/** Warms one key. Throws at once where it is no key, and never rejects. */
export type WarmKey = (key: string) => Promise<WarmUpOutcome>;

/** What a warm-up takes from the cache. */
export interface WarmUpContext {
  readonly clock: Clock;
  readonly settings: Omit<WarmUpSettings, 'signal'>;
  readonly warm: WarmKey;
  readonly onOutcome: (outcome: WarmUpOutcome) => void;
}

/**
 * One warm-up: reads keys as there is room for them, a few under way at a time. Its end does not wait for what
 * may never end: when it is stopped, or its keys cannot be read, the loads under way go on without it.
 */
export class WarmUp {
  readonly #tally = new WarmUpTally();
  readonly #stopped: Promise<never>;
  #reject: (reason: unknown) => void = () => undefined;
  #wake: () => void = () => undefined;
  #underWay = 0;
  #ended = false;
  #reportedAt: number;
  #reported = -1;

  constructor(
    private readonly source: KeySource,
    private readonly context: WarmUpContext,
  ) {
    this.#reportedAt = context.clock.now();
    this.#stopped = new Promise((_, reject) => {
      this.#reject = reject;
    });
  }

  /** Rejects with what the keys' iterator or `onProgress` throws, with `InvalidKeyError`, or with what stops it. */
  async run(): Promise<WarmUpProgress> {
    try {
      // In this order: what is stopped before it has begun has nothing to do, and has not done it.
      await Promise.race([this.#stopped, this.#warmAll()]);
      this.#report();
      return this.#tally.progress;
    } finally {
      this.#ended = true;
      this.source.close();
    }
  }

  /** Ends it, now. */
  stop(reason: unknown): void {
    this.#ended = true;
    this.#reject(reason);
    this.#wake();
  }

  async #warmAll(): Promise<void> {
    const { settings, warm } = this.context;
    for (let read = 1; !this.#ended; read++) {
      const next = await this.source.next();
      if (next === undefined || this.#ended) break;
      void this.#await(warm(next.key));
      while (this.#underWay >= settings.concurrency && !this.#ended) await this.#settled();
      if (read % KEYS_PER_TURN === 0) await nextTurn();
    }
    while (this.#underWay > 0 && !this.#ended) await this.#settled();
  }

  async #await(warming: Promise<WarmUpOutcome>): Promise<void> {
    this.#underWay++;
    const outcome = await warming;
    this.#underWay--;
    if (this.#ended) return;
    this.#tally.count(outcome);
    this.context.onOutcome(outcome);
    this.#reportNowAndThen();
    this.#wake();
  }

  /** Resolves when the next key is done, or there is nothing to wait for any more. */
  #settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #reportNowAndThen(): void {
    const now = this.context.clock.now();
    if (now - this.#reportedAt < this.context.settings.progressEvery) return;
    this.#reportedAt = now;
    try {
      this.#report();
    } catch (error) {
      this.stop(error);
    }
  }

  #report(): void {
    const { progress } = this.#tally;
    if (progress.done === this.#reported) return;
    this.#reported = progress.done;
    this.context.settings.onProgress?.(progress);
  }
}

/** Has a key computed, and tells what became of it: nobody but the loader knows whether it ran. */
export async function warmKey<T>(
  key: string,
  loader: Loader<T>,
  compute: (loader: Loader<T>) => Promise<unknown>,
): Promise<WarmUpOutcome> {
  let kind: 'present' | 'loaded' = 'present';
  let failure: { readonly error: unknown } | undefined;
  try {
    await compute(async (context) => {
      try {
        const value = await loader(context);
        kind = 'loaded';
        return value;
      } catch (error) {
        // An older value may be served in its place: then only this tells of the failure.
        failure = { error };
        throw error;
      }
    });
  } catch (error) {
    failure ??= { error };
  }
  return failure === undefined ? { kind } : { kind: 'failed', failure: { key, ...failure } };
}
