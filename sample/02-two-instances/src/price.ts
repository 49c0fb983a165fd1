/** What the store answers, and what is cached. */
export interface Price {
  /** Whole euros. Each change makes it dearer, so that an older price is always a lower one. */
  readonly euros: number;
  /** When the store read it, in milliseconds since 1970. */
  readonly readAt: number;
}

/** Whether it is a price as the store takes one. */
export function isEuros(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 1_000_000;
}
