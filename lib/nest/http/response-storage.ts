import { MAX_TTL } from '../../contract/ttl.js';
import { parseCacheControl, secondsOf } from './cache-control.js';
import { parseHttpDate } from './conditional-request.js';
import type { ResponseHeaders } from './stored-response.js';
import { varyNames } from './variants.js';

/** How answers of a route are kept when they do not say; times in milliseconds. */
export interface StorageRules {
  readonly ttl: number;
  readonly staleFor: number;
  /** How long errors that say "there is none" are kept; `undefined` for not at all. */
  readonly negativeTtl: number | undefined;
  readonly maxBodyBytes: number;
  /** Whether the answer is kept for one principal alone. */
  readonly isPrivate: boolean;
}

/** What is known of an answer when it is to be kept. */
export interface StorageFacts {
  readonly status: number;
  /** All headers that go out with it, by their names in lower case. */
  readonly headers: ResponseHeaders;
  readonly bodyBytes: number;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Why an answer is not kept; each is a token of `Cache-Status`. */
export type StorageRefusal =
  'set-cookie' | 'status' | 'no-store' | 'private' | 'expired' | 'vary' | 'too-large' | 'stream';

/** How an answer is kept, or why it is not; times in milliseconds. */
export type StorageDecision =
  | { readonly kept: true; readonly ttl: number; readonly staleFor: number }
  | { readonly kept: false; readonly reason: StorageRefusal };

/** The statuses whose answers are kept (RFC 9110, 15.1, without 206). */
const CACHEABLE = [200, 203, 204, 300, 301, 308];
/** And those that are with `negativeTtl`. */
const NEGATIVE = [404, 405, 410, 414, 501];

/** Whether an answer of this status is kept as "there is none". */
export function isNegative(status: number): boolean {
  return NEGATIVE.includes(status);
}

/** Whether an answer may be kept, and for how long: its own headers come before the rules of its route. */
export function storageOf(facts: StorageFacts, rules: StorageRules): StorageDecision {
  const { status, headers, bodyBytes } = facts;
  const usual = isNegative(status) ? rules.negativeTtl : rules.ttl;
  if (headers['set-cookie'] !== undefined) return refused('set-cookie');
  if (usual === undefined || !(CACHEABLE.includes(status) || isNegative(status))) {
    return refused('status');
  }
  const directives = parseCacheControl(headers['cache-control']);
  if (directives.has('no-store') || directives.has('no-cache')) return refused('no-store');
  if (directives.has('private') && !rules.isPrivate) return refused('private');
  if (varyNames(headers['vary']) === '*') return refused('vary');
  if (bodyBytes > rules.maxBodyBytes) return refused('too-large');
  const ttl = Math.min(ownTtl(facts, rules.isPrivate) ?? usual, MAX_TTL);
  if (ttl < 1) return refused('expired');
  return {
    kept: true,
    ttl,
    staleFor: isNegative(status) ? 0 : Math.min(ownStaleFor(headers, rules.staleFor), MAX_TTL),
  };
}

/** How long the answer itself says that it is fresh. */
function ownTtl({ headers, now }: StorageFacts, isPrivate: boolean): number | undefined {
  const directives = parseCacheControl(headers['cache-control']);
  const shared = isPrivate ? undefined : secondsOf(directives, 's-maxage');
  const seconds = shared ?? secondsOf(directives, 'max-age');
  if (seconds !== undefined) return seconds * 1000;
  const { expires } = headers;
  if (expires === undefined) return undefined;
  const end = typeof expires === 'string' ? parseHttpDate(expires) : undefined;
  return end === undefined ? 0 : Math.max(0, end - now);
}

/** How long the answer itself says that it may be given when it is stale. */
function ownStaleFor(headers: ResponseHeaders, usual: number): number {
  const directives = parseCacheControl(headers['cache-control']);
  if (directives.has('must-revalidate') || directives.has('proxy-revalidate')) return 0;
  const whileRevalidating = secondsOf(directives, 'stale-while-revalidate');
  const onError = secondsOf(directives, 'stale-if-error');
  if (whileRevalidating === undefined && onError === undefined) return usual;
  return Math.max(whileRevalidating ?? 0, onError ?? 0) * 1000;
}

function refused(reason: StorageRefusal): StorageDecision {
  return { kept: false, reason };
}
