import type { Awaitable, CacheBackend } from '../../contract/cache-backend.js';
import type { Entry } from '../../contract/entry.js';
import { MAX_TTL } from '../../contract/ttl.js';
import type { Breaker } from './breaker.js';
import type { CacheRecord, Ends } from './cache-entry.js';
import type { TierCounters } from '../watching/cache-stats.js';
import type { CallLimit } from './call-limit.js';
import type { KeySpace } from '../key-space.js';
import type { ValueType } from '../stored/value-type.js';

/** One record on its way into a tier. */
export interface TierWrite {
  readonly key: string;
  readonly record: CacheRecord;
  /** When its ttl ends there, in `Clock.now()`. */
  readonly freshUntil: number;
  /** When it ends there. */
  readonly expiresAt: number;
}

/**
 * A backend with its policy, as the chain uses it: it speaks of internal keys and of entries, whatever the
 * backend keeps. Errors are the backend's own; the chain decides what becomes of them.
 */
export interface Tier {
  readonly name: string;
  /** The backend as the chain calls it: behind the limits and the breaker of the tier's policy. */
  readonly backend: CacheBackend;
  /** The backend itself. */
  readonly bare: CacheBackend;
  /** What refuses calls while the backend fails; a tier of this process has none. */
  readonly breaker: Breaker | undefined;
  /** What refuses calls while too many are under way; a tier of this process has none. */
  readonly limit: CallLimit | undefined;
  /** Whether the cache closes the backend. */
  readonly owned: boolean;
  readonly ttlScale: number;
  /** One hit in this many is copied to the tiers above; 0 for none. */
  readonly promotion: number;
  /** Whether what was loaded or promoted is given to callers before it is stored here. */
  readonly writesInBackground: boolean;
  readonly counters: TierCounters;

  read(key: string, type: ValueType | undefined): Awaitable<Entry | undefined>;
  readMany(
    keys: readonly string[],
    type: ValueType | undefined,
  ): Awaitable<readonly (Entry | undefined)[]>;
  /** Values are encoded before it returns: a value that cannot be is a synchronous SerializationError. */
  write(writes: readonly TierWrite[], type: ValueType | undefined): Awaitable<void>;
  remove(keys: readonly string[]): Awaitable<void>;
  /** Whether `removePattern` and `clear` can be carried out. */
  readonly removesPatterns: boolean;
  removePattern(space: KeySpace, pattern: string): Awaitable<void>;
  /** Removes everything in a namespace and in those inside it. */
  clear(space: KeySpace): Awaitable<void>;
}

/** What the two kinds of tier have in common. */
export type TierSettings = Pick<
  Tier,
  | 'name'
  | 'bare'
  | 'breaker'
  | 'limit'
  | 'owned'
  | 'ttlScale'
  | 'promotion'
  | 'writesInBackground'
  | 'counters'
>;

/** How long a value is fresh in a tier, in whole milliseconds. */
export function freshFor({ ttl }: Pick<CacheRecord, 'ttl'>, { ttlScale }: Scale): number {
  return Math.min(MAX_TTL, Math.max(1, Math.round(ttl * ttlScale)));
}

/** How long a tier keeps a value, in whole milliseconds: while it is fresh, and while it is stale. */
export function keptFor(record: Pick<CacheRecord, 'ttl' | 'staleFor'>, tier: Scale): number {
  return freshFor(record, tier) + staleIn(record, tier);
}

/**
 * When a copy ends in a tier: it outlives neither the entry that it was made of nor what its own ttl allows there.
 * What is stale ends the sooner, so that how long it has left tells how stale it is.
 */
export function endsIn(
  tier: Scale,
  record: Pick<CacheRecord, 'ttl' | 'staleFor'>,
  now: number,
  bounds: Ends = UNBOUNDED,
): Ends {
  const freshUntil = Math.min(bounds.freshUntil, now + freshFor(record, tier));
  return {
    freshUntil,
    expiresAt: Math.min(bounds.expiresAt, freshUntil + staleIn(record, tier)),
  };
}

/** When the ttl ends of what is kept for so many milliseconds more, in milliseconds from now. */
export function freshLeft(
  remaining: number,
  record: Pick<CacheRecord, 'ttl' | 'staleFor'>,
  tier: Scale,
): number {
  return Math.min(remaining, freshFor(record, tier), remaining - staleIn(record, tier));
}

/** Cut where both times together would be longer than anything is kept. */
function staleIn(record: Pick<CacheRecord, 'ttl' | 'staleFor'>, tier: Scale): number {
  const longest = MAX_TTL - freshFor(record, tier);
  return Math.min(longest, Math.round(record.staleFor * tier.ttlScale));
}

type Scale = Pick<Tier, 'ttlScale'>;

const UNBOUNDED: Ends = { freshUntil: Infinity, expiresAt: Infinity };
