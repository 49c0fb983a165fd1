import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedKey } from '../checked-key.js';
import type { ReadKind } from '../history/history.js';
import { systemClock } from '../../../lib/contract/clock.js';
import { monotonicNow } from '../monotonic-now.js';
import type { Random } from '../random.js';
import type { Load, Subject } from '../subjects/subject.js';
import type { Recorder } from './recorder.js';

const HOW: Readonly<Record<ReadKind, number>> = {
  getOrCompute: 78,
  get: 8,
  getOrComputeMany: 6,
  getMany: 3,
  peek: 5,
};

/** The longest pause between two reads of one reader, in milliseconds. */
const PAUSE = 12;

/** Reads keys at random, and records each answer. */
export class Readers {
  #resting = false;
  #failed = 0;

  constructor(
    private readonly instance: string,
    private readonly keys: readonly CheckedKey[],
    private readonly subject: Subject,
    private readonly load: Load,
    private readonly recorder: Recorder,
  ) {}

  /** Reads that were answered with an error. */
  get failed(): number {
    return this.#failed;
  }

  /** Reads one after the other until `rest`. */
  async run(random: Random): Promise<void> {
    while (!this.#resting) {
      await sleep(random.between(0, PAUSE));
      for (let burst = random.below(4); burst >= 0 && !this.#resting; burst--) {
        const how = random.weighted(HOW);
        const isMany = how === 'getMany' || how === 'getOrComputeMany';
        const count = isMany ? 1 + random.below(4) : 1;
        await this.read(
          Array.from({ length: count }, () => this.#pickKey(random)),
          how,
        );
      }
    }
  }

  rest(): void {
    this.#resting = true;
  }

  async read(keys: readonly CheckedKey[], how: ReadKind): Promise<void> {
    const start = monotonicNow() - clockIsBehind();
    try {
      const values = await this.subject.read(keys, how, this.load);
      const end = monotonicNow();
      for (const [at, { index }] of keys.entries()) {
        const value = values[at];
        if (value === undefined) continue;
        // The value of another key is a version that this one never had.
        const version = value.key === index ? value.version : 0;
        this.recorder.read({ instance: this.instance, key: index, version, start, end, how });
      }
    } catch {
      this.#failed++;
    }
  }

  /** The first keys more often than the last. */
  #pickKey(random: Random): CheckedKey {
    const key = this.keys[Math.floor(random.next() ** 1.5 * this.keys.length)];
    return key ?? random.pick(this.keys);
  }
}

/**
 * The promise is by the clock of the cache, which stands still during a turn of the event loop; the machine may interrupt
 * a turn for as long as it likes.
 */
function clockIsBehind(): number {
  return Math.max(0, performance.now() - systemClock.now());
}
