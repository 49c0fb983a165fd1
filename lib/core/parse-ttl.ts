import { InvalidTtlError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import { MAX_TTL } from '../contract/ttl.js';

/**
 * The ttls with a name, in milliseconds.
 *
 * @publicApi
 */
export const ttlStrategies = {
  /** 10 seconds. */
  realTime: 10_000,
  /** 5 minutes. */
  shortTerm: 300_000,
  /** 1 hour. */
  mediumTerm: 3_600_000,
  /** 3 hours. */
  longTerm: 10_800_000,
} as const;

/** The name of a ttl, such as `mediumTerm`. */
export type TtlStrategy = keyof typeof ttlStrategies;

const units = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const;

/** A number and a unit: milliseconds, seconds, minutes, hours, days, weeks; such as '250ms', '5m' or '1.5h'. */
export type DurationString = `${number}${keyof typeof units}`;

/**
 * How long something is kept: milliseconds, a duration, or the name of a strategy.
 *
 * @publicApi
 */
export type Ttl = number | DurationString | TtlStrategy;

/** How long a value is kept when nothing is said: 5 minutes, in milliseconds. */
export const DEFAULT_TTL = ttlStrategies.shortTerm;

/**
 * A ttl in whole milliseconds. Fractions are rounded to the nearest one, and what is less than one is one.
 *
 * @param option the name of the option that it was given for, for the message
 * @throws InvalidTtlError
 */
export function parseTtl(ttl: Ttl, option: string): number {
  const milliseconds = typeof ttl === 'string' ? parseText(ttl) : ttl;
  // Not a number at all, or NaN, fails each comparison.
  if (typeof milliseconds === 'number' && milliseconds > 0 && milliseconds <= MAX_TTL) {
    return Math.max(1, Math.round(milliseconds));
  }
  throw new InvalidTtlError(
    `Option "${option}": ${quote(ttl)} is not a ttl. Give milliseconds (more than 0, at most ${MAX_TTL}), ` +
      `a duration such as '250ms', '5m' or '1.5h' (${Object.keys(units).join(', ')}), ` +
      `or a strategy: ${Object.keys(ttlStrategies).join(', ')}`,
  );
}

function parseText(text: string): number | undefined {
  if (isOneOf(text, ttlStrategies)) return ttlStrategies[text];
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? [];
  return isOneOf(unit, units) ? Number(amount) * units[unit] : undefined;
}

function isOneOf<T extends object>(name: string, table: T): name is string & keyof T {
  return Object.hasOwn(table, name);
}
