import type { CacheBackend } from '../../contract/cache-backend.js';
import { checkOptionNames, checkWholeNumber } from '../../contract/check-options.js';
import type { Clock } from '../../contract/clock.js';
import { BackendTimeoutError, InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { TierDefinition, TierPolicy } from '../../contract/tier-definition.js';
import { Breaker, type BreakerSettings } from './breaker.js';
import { CallLimit } from './call-limit.js';
import { GuardedBackend } from './guarded-backend.js';
import { inTime } from './in-time.js';

/** The defaults, in milliseconds where they are times. */
const READ_TIMEOUT = 1000;
const WRITE_TIMEOUT = 2000;
const PATTERN_TIMEOUT = 60_000;
const BREAKER: BreakerSettings = { failures: 5, probeEvery: 250 };
const MAX_PENDING = 10_000;

/** How long the backend may take to answer a probe that nobody waits for. */
const PROBE_TIMEOUT = 1000;

/** The longest time that timers of Node take. */
const LONGEST = 2 ** 31 - 1;

/** A tier's backend as the chain calls it. */
export interface Guard {
  readonly backend: CacheBackend;
  readonly breaker: Breaker | undefined;
  readonly limit: CallLimit | undefined;
}

/** @throws InvalidOptionError */
export function checkGuardPolicy(
  { readTimeout, writeTimeout, breaker, maxPending }: TierPolicy,
  path: string,
): void {
  checkTime(readTimeout, `${path}.readTimeout`);
  checkTime(writeTimeout, `${path}.writeTimeout`);
  checkMaxPending(maxPending, `${path}.maxPending`);
  if (breaker === undefined || breaker === false) return;
  if (typeof breaker !== 'object' || breaker === null) {
    throw new InvalidOptionError(
      `${path}.breaker`,
      `is false, or { failures, probeEvery }; got ${quote(breaker)}`,
    );
  }
  checkOptionNames(breaker, Object.keys(BREAKER), `${path}.breaker`);
  checkWholeNumber(breaker.failures, 1, `${path}.breaker.failures`);
  checkWholeNumber(breaker.probeEvery, 1, `${path}.breaker.probeEvery`);
  if (Number(breaker.probeEvery) > LONGEST) {
    throw new InvalidOptionError(`${path}.breaker.probeEvery`, `is at most ${LONGEST}`);
  }
}

/** Puts the backend of a tier that is not of this process behind the limits and the breaker of its policy. */
export function guard(
  backend: CacheBackend,
  { policy, limitsItself = false }: Pick<TierDefinition, 'policy' | 'limitsItself'>,
  name: string,
  clock: Clock,
): Guard {
  const readTimeout = timeOf(policy.readTimeout, limitsItself, READ_TIMEOUT);
  const writeTimeout = timeOf(policy.writeTimeout, limitsItself, WRITE_TIMEOUT);
  const patternTimeout =
    writeTimeout === undefined ? undefined : Math.max(writeTimeout, PATTERN_TIMEOUT);
  const { maxPending = MAX_PENDING } = policy;
  const limit = maxPending === false ? undefined : new CallLimit(name, maxPending);
  const breaker =
    policy.breaker === false
      ? undefined
      : new Breaker(settingsOf(policy), {
          name,
          clock,
          probe: () => answers(backend, clock),
          onReturn: () => limit?.forget(),
        });
  const times = { readTimeout, writeTimeout, patternTimeout };
  const guarded = new GuardedBackend(backend, { name, clock, breaker, limit, ...times });
  return { backend: guarded, breaker, limit };
}

function settingsOf({ breaker }: TierPolicy): BreakerSettings {
  const { failures = BREAKER.failures, probeEvery = BREAKER.probeEvery } = breaker || {};
  return { failures, probeEvery };
}

async function answers(backend: CacheBackend, clock: Clock): Promise<boolean> {
  try {
    return await inTime(() => backend.healthCheck(), {
      limit: PROBE_TIMEOUT,
      clock,
      expired: (limit) => new BackendTimeoutError(backend.name, 'healthCheck', limit),
    });
  } catch {
    return false;
  }
}

function timeOf(
  given: number | false | undefined,
  limitsItself: boolean,
  usual: number,
): number | undefined {
  if (given === false) return undefined;
  return given ?? (limitsItself ? undefined : usual);
}

function checkMaxPending(most: unknown, path: string): void {
  if (most === undefined || most === false) return;
  if (!Number.isSafeInteger(most) || Number(most) < 1) {
    throw new InvalidOptionError(
      path,
      `is false, or a whole number of at least 1; got ${quote(most)}`,
    );
  }
}

function checkTime(time: unknown, path: string): void {
  if (time === undefined || time === false) return;
  if (!Number.isSafeInteger(time) || Number(time) < 1 || Number(time) > LONGEST) {
    throw new InvalidOptionError(
      path,
      `is false, or a whole number of milliseconds from 1 to ${LONGEST}; got ${quote(time)}`,
    );
  }
}
