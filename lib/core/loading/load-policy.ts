import { InvalidOptionError, InvalidTtlError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { parseTtl, type Ttl } from '../parse-ttl.js';

/**
 * How long the outcome of a load is kept, and what is answered while a load is slow or fails. They are options of a
 * call, and, for calls that do not say, of the cache; `false` switches off for a call what the cache has.
 *
 * @publicApi
 */
export interface LoadPolicyOptions {
  /** How long "absent" (a loader's `undefined`) is kept. Default: not at all. */
  readonly negativeTtl?: Ttl | false;
  /**
   * How long a value is kept beyond its ttl. It is stale then, and is answered only where its load fails (fail-safe)
   * or is slow (`softTimeout`). What was invalidated is never answered. Default: not at all.
   */
  readonly staleFor?: Ttl | false;
  /**
   * After a load that failed, a stale value is answered for so long before it is loaded again. Default: 5 seconds.
   */
  readonly failSafeThrottle?: Ttl | false;
  /**
   * Where there is a stale value, a load is waited for at most so long; it goes on in the background. With 0 the
   * stale value is answered at once (stale-while-revalidate). Default: as long as it takes.
   */
  readonly softTimeout?: Ttl | false;
  /**
   * How long a load is waited for, from when it is known that there is nothing to answer: then a stale value is
   * answered, or the call rejects with `LoadTimeoutError`. The load's `AbortSignal` is aborted; until the load has
   * really ended, this process does not load the key again. Default: as long as it takes.
   */
  readonly hardTimeout?: Ttl | false;
  /**
   * A value is loaded anew in the background at random before its ttl ends: the sooner, the longer its load took,
   * times this (the beta of XFetch; 1 is usual). It needs a memory tier, and is not done for batches. Default: off.
   *
   * Source: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015.
   */
  readonly earlyRefresh?: number | false;
  /** A ttl is shortened by a random part of up to this fraction, 0 to 1: what was stored together does not end together. Default: 0. */
  readonly jitter?: number;
  /**
   * How long the failure of a load is remembered by this process: meanwhile callers are given the same error, and
   * nothing is loaded. Default: not at all; those who share one load share its failure anyway.
   */
  readonly errorTtl?: Ttl | false;
}

/** The same, checked and complete; times in milliseconds. */
export interface LoadPolicy {
  readonly negativeTtl: number | undefined;
  readonly staleFor: number;
  readonly failSafeThrottle: number;
  readonly softTimeout: number | undefined;
  readonly hardTimeout: number | undefined;
  /** 0 for off. */
  readonly earlyRefresh: number;
  readonly jitter: number;
  readonly errorTtl: number;
}

const UNSAID: LoadPolicy = {
  negativeTtl: undefined,
  staleFor: 0,
  failSafeThrottle: 5000,
  softTimeout: undefined,
  hardTimeout: undefined,
  earlyRefresh: 0,
  jitter: 0,
  errorTtl: 0,
};

/** The names of the options. */
// A record, so that a member which is added to the options cannot be forgotten here.
export const LOAD_POLICY_OPTIONS: Readonly<Record<keyof LoadPolicyOptions, true>> = {
  negativeTtl: true,
  staleFor: true,
  failSafeThrottle: true,
  softTimeout: true,
  hardTimeout: true,
  earlyRefresh: true,
  jitter: true,
  errorTtl: true,
};

/** The most that `earlyRefresh` may be. */
const MAX_BETA = 100;

/**
 * @param prefix what stands before an option's name in messages
 * @throws InvalidOptionError and InvalidTtlError
 */
export function loadPolicy(
  options: LoadPolicyOptions,
  prefix = '',
  defaults: LoadPolicy = UNSAID,
): LoadPolicy {
  const { negativeTtl } = options;
  const time = (name: TimeOption, least: 0 | 1): number | undefined =>
    timeOf(options[name], `${prefix}${name}`, defaults[name], least);
  return {
    negativeTtl: negativeTtlOf(negativeTtl, `${prefix}negativeTtl`, defaults),
    staleFor: time('staleFor', 0) ?? 0,
    failSafeThrottle: time('failSafeThrottle', 0) ?? 0,
    softTimeout: time('softTimeout', 0),
    hardTimeout: time('hardTimeout', 1),
    earlyRefresh: numberOf(options, 'earlyRefresh', prefix, MAX_BETA) ?? defaults.earlyRefresh,
    jitter: numberOf(options, 'jitter', prefix, 1) ?? defaults.jitter,
    errorTtl: time('errorTtl', 0) ?? 0,
  };
}

function negativeTtlOf(
  given: Ttl | false | undefined,
  path: string,
  { negativeTtl }: LoadPolicy,
): number | undefined {
  if (given === false) return undefined;
  return given === undefined ? negativeTtl : parseTtl(given, path);
}

type TimeOption = 'staleFor' | 'failSafeThrottle' | 'softTimeout' | 'hardTimeout' | 'errorTtl';

function timeOf(
  given: Ttl | false | undefined,
  path: string,
  usual: number | undefined,
  least: 0 | 1,
): number | undefined {
  if (given === undefined) return usual;
  if (given === false) return undefined;
  if (given === 0 && least === 0) return 0;
  try {
    return parseTtl(given, path);
  } catch (error) {
    // `parseTtl` speaks of ttls, and knows of no other word for none.
    if (!(error instanceof InvalidTtlError)) throw error;
    throw new InvalidOptionError(
      path,
      `is a time (milliseconds${least === 0 ? ' from 0' : ' above 0'}, '5s', or a strategy) or false; got ${quote(given)}`,
    );
  }
}

function numberOf(
  options: LoadPolicyOptions,
  name: 'earlyRefresh' | 'jitter',
  prefix: string,
  most: number,
): number | undefined {
  const given: unknown = options[name];
  if (given === undefined) return undefined;
  if (given === false && name === 'earlyRefresh') return 0;
  if (typeof given !== 'number' || !(given >= 0 && given <= most)) {
    throw new InvalidOptionError(
      `${prefix}${name}`,
      `is a number from 0 to ${most}; got ${quote(given)}`,
    );
  }
  return given;
}
