import type { LoadContext } from '../../core/loading/load-context.js';
import type { TieredCache } from '../../core/tiered-cache.js';
import type { HandlerOutcome } from './handler-run.js';
import { valueOf, type StoredRefusal } from './stored-response.js';

/** For how long nobody waits any more for an answer that was not to be kept, at most, in milliseconds. */
const REFUSAL_LASTS = 10_000;

/**
 * What is kept of a run whose answer is for one client alone: that it was so. Who asks meanwhile need not wait for
 * somebody else to find that out again. An exception that is for all is told to all who wait. Where there is an older
 * answer, nothing is kept, by which that is removed in all instances.
 */
export function refusalOf(
  { result, refusal }: HandlerOutcome,
  ttl: number,
  context: LoadContext,
): StoredRefusal | undefined {
  const isForAll = 'error' in result && refusal === 'status';
  const before = context.previous?.value;
  if (refusal === undefined || isForAll || (before !== undefined && !isRefusal(before))) {
    return undefined;
  }
  keepRefusal(ttl, context);
  return { kind: 'refusal' };
}

/** Keeps what says that an answer was not to be kept for a while. @param ttl that of the route, in milliseconds */
export function keepRefusal(ttl: number, context: LoadContext): void {
  context.setTtl(Math.min(ttl, REFUSAL_LASTS));
  context.setStaleFor(0);
}

export function isRefusal(value: unknown): value is StoredRefusal {
  return valueOf(value)?.kind === 'refusal';
}

/** An answer has come that could have been kept: the next one will be. It does not reject. */
export async function endRefusal(cache: TieredCache, key: string): Promise<void> {
  try {
    if (isRefusal(await cache.get(key))) await cache.remove(key);
  } catch {
    // It ends by itself soon.
  }
}
