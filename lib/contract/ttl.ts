import { InvalidTtlError } from './errors.js';
import { quote } from './quote.js';

/** The longest ttl, in milliseconds: 100 years of 365 days. */
export const MAX_TTL = 100 * 365 * 24 * 3_600_000;

/** Throws `InvalidTtlError` unless `ttl` is a whole number of milliseconds from 1 to `MAX_TTL`. */
export function assertTtl(ttl: number): void {
  if (!Number.isInteger(ttl) || ttl < 1 || ttl > MAX_TTL) {
    throw new InvalidTtlError(
      `A ttl is a whole number of milliseconds from 1 to ${MAX_TTL}; got ${quote(ttl)}`,
    );
  }
}
