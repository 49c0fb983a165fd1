import { checkOptionNames, checkWholeNumber } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import type { InvalidationBus } from '../../contract/invalidation-bus.js';
import { quote } from '../../contract/quote.js';
import { assertMethods } from '../check-arguments.js';
import type { CoherenceSettings } from './coherence.js';

/**
 * How far this instance trusts what it has in memory, where others may have invalidated it.
 *
 * @publicApi
 */
export interface CoherenceOptions {
  /**
   * How old the proof may be that every invalidation has been applied here, in milliseconds, from 40 to 3,600,000:
   * how old an answer may be after an invalidation. Default: 1000.
   */
  readonly staleness?: number;
  /**
   * What memory does without a proof, when nothing below it answers either: `serve` goes on, for at most
   * `maxUnverified`; `bypass` answers only what was known good at most `staleness` ago. Default: `serve`.
   */
  readonly whenUnverified?: 'serve' | 'bypass';
  /** How long `serve` answers an entry after it was last known good, in milliseconds. Default: 30,000. */
  readonly maxUnverified?: number;
  /**
   * What carries invalidations between instances. It is connected by the cache, and not closed. Default: that of
   * the Redis tier, or one of this process.
   */
  readonly bus?: InvalidationBus;
}

const MIN_STALENESS = 40;
const MAX_STALENESS = 3_600_000;
const DEFAULT_STALENESS = 1000;
const DEFAULT_MAX_UNVERIFIED = 30_000;
const BUS_METHODS = ['publish', 'check', 'history', 'subscribe', 'stats', 'connect', 'close'];

/** @throws InvalidOptionError */
export function checkCoherenceOptions(options: CoherenceOptions | undefined): void {
  if (options === undefined) return;
  checkOptionNames(options, ['staleness', 'whenUnverified', 'maxUnverified', 'bus'], 'coherence');
  const { staleness, whenUnverified, maxUnverified, bus } = options;
  checkWholeNumber(staleness, MIN_STALENESS, 'coherence.staleness');
  if (staleness !== undefined && staleness > MAX_STALENESS) {
    throw new InvalidOptionError(
      'coherence.staleness',
      `is at most ${MAX_STALENESS} (an hour); got ${quote(staleness)}`,
    );
  }
  checkWholeNumber(maxUnverified, 0, 'coherence.maxUnverified');
  if (whenUnverified !== undefined && !['serve', 'bypass'].includes(whenUnverified)) {
    throw new InvalidOptionError(
      'coherence.whenUnverified',
      `is "serve" or "bypass"; got ${quote(whenUnverified)}`,
    );
  }
  if (bus !== undefined) assertBus(bus, 'coherence.bus');
}

/** @throws InvalidOptionError */
export function assertBus(bus: unknown, name: string): void {
  assertMethods(bus, BUS_METHODS, name);
}

/** The settings with their defaults. */
export function coherenceSettings(
  options: CoherenceOptions = {},
  shared: boolean,
): CoherenceSettings {
  const {
    staleness = DEFAULT_STALENESS,
    whenUnverified = 'serve',
    maxUnverified = DEFAULT_MAX_UNVERIFIED,
  } = options;
  return {
    shared,
    staleness,
    whenUnverified,
    maxUnverified: Math.max(maxUnverified, staleness),
  };
}
