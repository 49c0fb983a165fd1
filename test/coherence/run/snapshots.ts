import { rm } from 'node:fs/promises';
import { monotonicNow } from '../monotonic-now.js';
import type { Random } from '../random.js';
import type { RedisServer } from '../../support/redis-server.js';

const KEPT = 4;

export interface Snapshot {
  readonly path: string;
  age(): number;
}

/** Some older states of a server. */
export class Snapshots {
  readonly #kept: Snapshot[] = [];

  constructor(private readonly server: RedisServer) {}

  async take(): Promise<void> {
    const at = monotonicNow();
    this.#kept.push({ path: await this.server.snapshot(), age: () => monotonicNow() - at });
    const [oldest] = this.#kept;
    if (this.#kept.length <= KEPT || oldest === undefined) return;
    this.#kept.shift();
    await rm(oldest.path);
  }

  /** One of them; `undefined` when there is none yet. */
  older(random: Random): Snapshot | undefined {
    return this.#kept.length === 0 ? undefined : random.pick(this.#kept);
  }
}
