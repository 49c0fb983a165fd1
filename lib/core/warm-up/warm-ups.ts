import type { Clock } from '../../contract/clock.js';
import { ClosedError } from '../../contract/errors.js';
import { KeySource } from './key-source.js';
import type { WarmUpSettings } from './warm-up-options.js';
import { WarmUpTally, type WarmUpProgress } from './warm-up-tally.js';
import { WarmUp, type WarmKey } from './warm-up.js';

/** The warm-ups of a cache. */
export class WarmUps {
  readonly #running = new Set<WarmUp>();
  readonly #tallies: WarmUpTally[] = [];

  constructor(private readonly clock: Clock) {}

  async run(
    keys: Iterable<string> | AsyncIterable<string>,
    { signal, ...settings }: WarmUpSettings,
    warm: WarmKey,
  ): Promise<WarmUpProgress> {
    const source = new KeySource(keys);
    const warmUp = new WarmUp(source, {
      clock: this.clock,
      settings,
      warm,
      onOutcome: (outcome) => {
        for (const tally of this.#tallies) tally.count(outcome);
      },
    });
    const stop = (): void => warmUp.stop(signal?.reason);
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#running.add(warmUp);
    try {
      return await warmUp.run();
    } finally {
      this.#running.delete(warmUp);
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Counts what all warm-ups do from now on, for as long as the cache is there. */
  tally(): WarmUpTally {
    const tally = new WarmUpTally();
    this.#tallies.push(tally);
    return tally;
  }

  /** The cache is about to be closed. */
  end(): void {
    for (const warmUp of this.#running) {
      warmUp.stop(new ClosedError('The cache was closed during a warm-up'));
    }
  }
}
