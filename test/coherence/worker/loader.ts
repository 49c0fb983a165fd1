import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedKey } from '../checked-key.js';
import type { Origin } from '../origin.js';
import type { Random } from '../random.js';
import type { Versioned } from '../subjects/subject.js';

/** What a loader throws on purpose. */
export class LoaderError extends Error {
  override readonly name = 'LoaderError';
}

/**
 * The worst loader that keeps to the rules: it reads the origin as soon as it begins, and answers that after a
 * while, sometimes after a long one, sometimes never but with an error.
 */
export class OriginLoader {
  #loads = 0;

  constructor(
    private readonly origin: Origin,
    private readonly random: Random,
    private readonly staleness: number,
  ) {}

  get loads(): number {
    return this.#loads;
  }

  async load({ index }: CheckedKey): Promise<Versioned> {
    this.#loads++;
    const version = this.origin.read(index);
    const duration = this.#duration();
    const fails = this.random.chance(0.03);
    if (duration >= 1) await sleep(duration);
    if (fails) throw new LoaderError('the origin is out of order');
    return { key: index, version };
  }

  #duration(): number {
    const kind = this.random.weighted({ quick: 48, usual: 38, slow: 11, verySlow: 3 });
    if (kind === 'quick') return this.random.between(0, 5);
    if (kind === 'usual') return this.random.between(5, 60);
    return this.random.between(0.2, kind === 'slow' ? 1.5 : 4) * this.staleness;
  }
}
