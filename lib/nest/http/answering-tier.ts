import type { TieredCache } from '../../core/tiered-cache.js';
import type { HttpPlan } from './http-plan.js';

/** The tier that will answer for a key, where there is but one that can. */
export function answeringTier({ cache, tiers }: HttpPlan, key: string): string | undefined {
  const [first, second] = tiers;
  if (second === undefined || isHeld(cache, key)) return first;
  return tiers.length === 2 ? second : undefined;
}

function isHeld(cache: TieredCache, key: string): boolean {
  try {
    return cache.peek(key) !== undefined;
  } catch {
    // It is closed: whoever asks it for the value is told.
    return false;
  }
}
