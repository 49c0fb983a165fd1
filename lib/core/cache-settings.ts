import type { Clock } from '../contract/clock.js';
import type { InvalidationBus } from '../contract/invalidation-bus.js';
import type { CoherenceSettings } from './coherence/coherence.js';
import type { KeepPolicy } from './keep-policy.js';
import type { CopyMode } from './copy.js';

/** The options that the parts need, checked and complete; times in milliseconds. */
export interface CacheSettings {
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly copy: CopyMode;
  readonly defaults: KeepPolicy;
  /** How many loads run at a time; `undefined` for as many as there are. */
  readonly maxConcurrentLoads: number | undefined;
  /** How long `close` waits for loads that are under way, in milliseconds. */
  readonly drainTimeout: number;
  readonly bus: InvalidationBus;
  /** Whether the cache closes the bus. */
  readonly ownsBus: boolean;
  readonly coherence: CoherenceSettings;
}
