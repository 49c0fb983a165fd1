import { ConflictException, Injectable } from '@nestjs/common';
import { READ_DURATION, PriceStore } from '../store/price-store.js';
import type { InstanceProcess } from './instance-process.js';
import { Timeline } from './timeline.js';

/** How long the other instance is watched after the change, in milliseconds: `staleness`, and a load. */
const WATCHED_FOR = 1000 + 2 * READ_DURATION;

/** What came of a change. Times are in milliseconds since the invalidation began. */
export interface ChangeReport {
  /** The instance that made the change, and the one that was watched. */
  readonly by: string;
  readonly other: string;
  readonly euros: number;
  /** Whether the invalidation waits for Redis. */
  readonly pending: boolean;
  /** When the call that invalidates had ended. */
  readonly invalidated: number;
  /** How often the other instance was asked for the price. */
  readonly reads: number;
  /** When a read began that it answered with the old price: the last such. 0 when none did. */
  readonly lastOld: number;
  /** When it first answered with the new price; `null` when it still answers with the old one. */
  readonly firstNew: number | null;
}

/** Changes the price in one instance, while the other is asked for it over and over. */
@Injectable()
export class ChangeTrial {
  #underWay = false;

  constructor(
    private readonly store: PriceStore,
    private readonly timeline: Timeline,
  ) {}

  /** @throws ConflictException while another change is being watched */
  async run(by: InstanceProcess, other: InstanceProcess): Promise<ChangeReport> {
    if (this.#underWay) throw new ConflictException('Another change is being watched');
    this.#underWay = true;
    try {
      return await this.#run(by, other);
    } finally {
      this.#underWay = false;
    }
  }

  async #run(by: InstanceProcess, other: InstanceProcess): Promise<ChangeReport> {
    const euros = this.store.euros + 1;
    await other.beginWatch();
    this.timeline.add(by.name, `changes the price to € ${euros}`);
    const { began, ended, pending } = await by.change(euros);
    const { reads, lastOld, firstNew } = await other.endWatch(WATCHED_FOR);
    return {
      by: by.name,
      other: other.name,
      euros,
      pending,
      invalidated: ended - began,
      reads,
      lastOld: Math.max(0, lastOld - began),
      firstNew: firstNew && firstNew - began,
    };
  }
}
