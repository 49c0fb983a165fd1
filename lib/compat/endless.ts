import { MAX_TTL } from '../contract/ttl.js';
import { parseTtl, type Ttl } from '../core/parse-ttl.js';

/** No value that has an end is given so much time; it is half of what stands for no end. */
const NEVER = MAX_TTL / 2;

/**
 * The ttl as the cache takes it: 0 says "no end" in cache-manager, and so does what is longer than the longest.
 *
 * @throws InvalidTtlError where a text is none
 */
export function toTtl(ttl: Ttl | undefined): number | undefined {
  if (ttl === undefined || ttl === null) return undefined;
  if (typeof ttl === 'string') return parseTtl(ttl, 'ttl');
  return ttl === 0 ? MAX_TTL : Math.min(ttl, MAX_TTL);
}

/** Whether a ttl stands for no end. */
export function isEndless(ttl: number): boolean {
  return ttl > NEVER;
}

/** When a value ends, unless it has no end. */
export function endOf(endsAt: number, now: number): number | undefined {
  return isEndless(endsAt - now) ? undefined : endsAt;
}
