import { Injectable } from '@nestjs/common';

const LONGEST = 12;

export interface Happening {
  /** Tells it from all others; the greatest is the last. */
  readonly id: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** `A`, `B` or `Redis`. */
  readonly who: string;
  readonly text: string;
}

/** What has happened of late, the last first. */
@Injectable()
export class Timeline {
  #count = 0;
  #happenings: readonly Happening[] = [];

  get happenings(): readonly Happening[] {
    return this.#happenings;
  }

  add(who: string, text: string): void {
    const happening = { id: ++this.#count, at: Date.now(), who, text };
    this.#happenings = [happening, ...this.#happenings].slice(0, LONGEST);
  }
}
