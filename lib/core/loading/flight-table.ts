import type { CacheCounters } from '../watching/cache-stats.js';
import type { Coherence } from '../coherence/coherence.js';
import type { Flight } from './flight.js';
import type { InvalidationLog } from '../coherence/invalidation-log.js';

/** The work under way, by key. */
export class FlightTable {
  readonly #flights = new Map<string, Flight>();

  constructor(
    private readonly log: InvalidationLog,
    private readonly coherence: Coherence,
    private readonly counters: CacheCounters,
  ) {}

  /** The work under way for a key, unless it may have been invalidated since it began. */
  joinable(key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    return flight !== undefined &&
      this.log.isCurrent(key, flight.position) &&
      this.coherence.mayJoin(flight.beginning)
      ? flight
      : undefined;
  }

  /** The outcome of a load of the key that is under way, if there is one to be joined. */
  join(key: string): Promise<unknown> | undefined {
    const result = this.joinable(key)?.result;
    if (result === undefined) return undefined;
    this.counters.coalesced++;
    return result();
  }

  add(key: string, flight: Flight): void {
    this.#flights.set(key, flight);
  }

  /** Takes it out, unless another has taken its place. */
  end(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    flight.forget();
  }
}
