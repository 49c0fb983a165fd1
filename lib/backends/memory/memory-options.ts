import { checkOptionNames, checkText, joinPath } from '../../contract/check-options.js';
import type { Clock } from '../../contract/clock.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { MAX_TTL } from '../../contract/ttl.js';

/** What `MemoryBackend` takes. @publicApi */
export interface MemoryOptions {
  /** What the backend is called in errors and, if the tier has no name, in stats. Default: `memory`. */
  readonly name?: string;
  /**
   * How many entries are kept at most, from 1 to 8,388,608; the one that was not used for longest makes room
   * for a new one. Default: 10,000.
   */
  readonly maxEntries?: number;
  /**
   * How many bytes the keys and values take together at most, beside `maxEntries`. Bytes are counted, values
   * are estimated. A value that is larger by itself is not kept. Default: no such limit, nothing is measured.
   */
  readonly maxBytes?: number;
  /** The longest that any entry is kept here, in milliseconds. Default: as long as its own ttl says. */
  readonly ttl?: number;
  /** An entry that was not used for longer than this is dropped, in milliseconds. Default: no such limit. */
  readonly idle?: number;
  /** Default: the system's. A backend that serves entries takes the clock of its cache. */
  readonly clock?: Clock;
}

/** Beyond it, a `Map` that is written to for long cannot always grow to make room for its own deleted slots. */
const MOST_ENTRIES = 2 ** 23;

const LIMITS = {
  maxEntries: MOST_ENTRIES,
  maxBytes: Number.MAX_SAFE_INTEGER,
  ttl: MAX_TTL,
  idle: MAX_TTL,
} as const;

/** The names of the options that a tier takes; the clock is the cache's. */
export const MEMORY_TIER_OPTIONS: readonly string[] = ['name', ...Object.keys(LIMITS)];

/** @throws InvalidOptionError when an option is unknown, of the wrong type or out of range */
export function checkMemoryOptions(options: MemoryOptions): void {
  checkOptionNames(options, [...MEMORY_TIER_OPTIONS, 'clock'], 'memory');
  checkText(options.name, 'memory.name');
  for (const name of ['maxEntries', 'maxBytes', 'ttl', 'idle'] as const) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > LIMITS[name]) {
      throw new InvalidOptionError(
        joinPath('memory', name),
        `is a whole number from 1 to ${LIMITS[name]}; got ${quote(value)}`,
      );
    }
  }
}
