import { randomUUID } from 'node:crypto';
import { MAX_TTL } from '../../contract/ttl.js';
import type { Loader } from '../../core/call-options.js';
import type { LoadContext } from '../../core/loading/load-context.js';
import type { TieredCache } from '../../core/tiered-cache.js';
import {
  valueOf,
  type StoredResponse,
  type StoredValue,
  type StoredVariants,
} from './stored-response.js';

/** A list of variants outlives the answers that it leads to by so much, in milliseconds. */
const LIST_LASTS = 86_400_000;

/** The list of the headers by which the variants of an answer are told apart. */
export function variantList(names: readonly string[]): StoredVariants {
  return { kind: 'variants', id: randomUUID(), names };
}

/** For how long a list is kept that leads to an answer, in milliseconds. */
export function listTtl({ ttl, staleFor }: StoredResponse): number {
  return Math.min(ttl + staleFor + LIST_LASTS, MAX_TTL);
}

/** Has a loader's answer kept for as long as it says. */
export function keepAs({ ttl, staleFor }: StoredResponse, context: LoadContext): void {
  context.setTtl(ttl);
  context.setStaleFor(staleFor);
}

/**
 * Loads the answer that told of the variants under its own key. It was read before this load has begun: it is kept only
 * if the list is still there that was stored with its tags, and so nothing has been invalidated meanwhile.
 */
export function variantLoader(
  cache: TieredCache,
  listKey: string,
  list: StoredVariants,
  stored: StoredResponse,
): Loader<unknown> {
  return async (context) => {
    const now = valueOf(await cache.get(listKey));
    if (now?.kind !== 'variants' || now.id !== list.id) return undefined;
    keepAs(stored, context);
    return stored;
  };
}

/** Whether two values are of one run. */
export function isOfOneRun(one: StoredValue | undefined, other: StoredValue | undefined): boolean {
  if (one?.kind === 'refusal' || other?.kind === 'refusal') return false;
  if (one?.kind === 'variants') return other?.kind === 'variants' && one.id === other.id;
  return other?.kind !== 'variants' && one?.date === other?.date;
}
