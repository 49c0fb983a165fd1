import type { Clock, Timer } from '../../contract/clock.js';
import { CacheTierError } from '../../contract/errors.js';
import type { BreakerState } from '../tiers/breaker.js';
import type { Tier } from '../tiers/tier.js';

/** How long a tier may take to answer before it counts as down, in milliseconds. */
const HEALTH_TIMEOUT = 1000;

/**
 * What one tier answered to a round trip.
 *
 * @publicApi
 */
export interface TierHealth {
  readonly name: string;
  readonly status: 'up' | 'down';
  /** How long the answer took, in milliseconds. */
  readonly latency: number;
  /** Why it is down, where that is known. */
  readonly reason: string | undefined;
  /** The state of the tier's breaker; `undefined` for a tier without one. */
  readonly breaker: BreakerState | undefined;
}

/**
 * Whether this instance agrees with the others.
 *
 * @publicApi
 */
export interface CoherenceHealth {
  /** Whether there are others: a log of invalidations that instances share. */
  readonly shared: boolean;
  /** Whether it is proved that no invalidation has been missed. Always so where the log is not shared. */
  readonly verified: boolean;
  /** For how long the proof has been lacking, in milliseconds; `undefined` while there is one. */
  readonly unverifiedFor: number | undefined;
  /** Invalidations of this instance that could not be recorded yet. */
  readonly pending: number;
  /** What is not as it should be, in words; `undefined` when all is. */
  readonly reason: string | undefined;
}

/** The same, before it is put into words. */
export type Agreement = Omit<CoherenceHealth, 'reason'>;

/**
 * The state of the cache: `up` when every tier answers and this instance is known to agree with the others,
 * `degraded` when not all of that is so, `down` when no tier answers.
 *
 * @publicApi
 */
export interface CacheHealth {
  readonly status: 'up' | 'degraded' | 'down';
  /** Why it is not `up`, in words; `undefined` when it is. */
  readonly reason: string | undefined;
  readonly tiers: readonly TierHealth[];
  readonly coherence: CoherenceHealth;
}

/** Asks every tier at the same time. Never rejects, and takes no longer than a second. */
export async function checkHealth(
  tiers: readonly Tier[],
  clock: Clock,
  coherence: () => Agreement,
  /** The joining of the log, where that is under way. */
  joining: Promise<void> | undefined,
): Promise<CacheHealth> {
  const [answers] = await Promise.all([
    Promise.all(tiers.map((tier) => checkTier(tier, clock))),
    joining && inTime(joining, undefined, clock),
  ]);
  const up = answers.filter(({ status }) => status === 'up').length;
  const agreement = inWords(coherence());
  const reason = reasonOf(answers, agreement);
  const status = reason === undefined ? 'up' : up > 0 ? 'degraded' : 'down';
  return { status, reason, tiers: answers, coherence: agreement };
}

/** How a cache is that serves nobody any more, whatever its backends would answer. */
export function closedHealth(tiers: readonly Tier[], agreement: Agreement): CacheHealth {
  const reason = 'the cache is closed';
  return {
    status: 'down',
    reason,
    tiers: tiers.map(({ name, breaker }) => ({
      name,
      status: 'down',
      latency: 0,
      reason,
      breaker: breaker?.state,
    })),
    coherence: inWords(agreement),
  };
}

/**
 * Why a cache is not up.
 *
 * @param required the names of tiers that must not be down, which is said of those that are
 */
export function reasonOf(
  tiers: readonly TierHealth[],
  coherence: CoherenceHealth,
  required: readonly string[] = [],
): string | undefined {
  const down = tiers.filter(({ status }) => status === 'down');
  const reasons = [
    ...(down.length === tiers.length
      ? ['every tier is down']
      : down.map(({ name }) => `${name} is ${required.includes(name) ? 'required and ' : ''}down`)),
    ...(coherence.reason === undefined ? [] : [coherence.reason]),
  ];
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function inWords(agreement: Agreement): CoherenceHealth {
  const { verified, unverifiedFor, pending } = agreement;
  const reasons = [
    ...(verified
      ? []
      : [`for ${unverifiedFor ?? 0} ms nothing has proved that no invalidation was missed`]),
    ...(pending === 0
      ? []
      : [`${pending} of its own invalidations wait for the store to answer again`]),
  ];
  return { ...agreement, reason: reasons.length === 0 ? undefined : reasons.join('; ') };
}

async function checkTier({ name, backend, breaker }: Tier, clock: Clock): Promise<TierHealth> {
  const started = clock.now();
  const asked = reasonDown(async () => backend.healthCheck());
  const answer = await inTime(asked, `no answer within ${HEALTH_TIMEOUT} ms`, clock);
  const isOpen = breaker?.state === 'open';
  const reason = isOpen ? `${answer ?? 'its calls fail'}; its breaker is open` : answer;
  return {
    name,
    status: reason === undefined ? 'up' : 'down',
    latency: clock.now() - started,
    reason,
    breaker: breaker?.state,
  };
}

/** What a promise that never rejects comes to, or `late` when it takes too long. */
async function inTime<T, L>(asked: Promise<T>, late: L, clock: Clock): Promise<T | L> {
  let timer: Timer | undefined;
  const limit = new Promise<L>((resolve) => {
    timer = clock.setTimer(HEALTH_TIMEOUT, () => resolve(late));
  });
  const answer = await Promise.race([asked, limit]);
  timer?.cancel();
  return answer;
}

async function reasonDown(check: () => Promise<boolean>): Promise<string | undefined> {
  try {
    return (await check()) ? undefined : 'the round trip failed';
  } catch (error) {
    return error instanceof CacheTierError ? error.message : 'healthCheck threw';
  }
}
