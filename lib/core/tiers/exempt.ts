import type { Tier } from './tier.js';

/** Has the calls of a tier's backend that `act` makes at once refused by nothing. */
export function exempt<T>({ breaker, limit }: Pick<Tier, 'breaker' | 'limit'>, act: () => T): T {
  const unlimited = limit === undefined ? act : (): T => limit.exempt(act);
  return breaker === undefined ? unlimited() : breaker.exempt(unlimited);
}
