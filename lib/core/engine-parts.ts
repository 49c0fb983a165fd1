import type { Clock } from '../contract/clock.js';
import type { EntryStore } from '../contract/capabilities.js';
import type { Entry } from '../contract/entry.js';
import type { Admission } from './coherence/admission.js';
import type { CacheEvents } from './watching/cache-events.js';
import type { CacheCounters } from './watching/cache-stats.js';
import type { ChainReader } from './tiers/chain-reader.js';
import type { ChainWriter } from './tiers/chain-writer.js';
import type { Coherence } from './coherence/coherence.js';
import type { EntryTier } from './tiers/entry-tier.js';
import type { Fallbacks } from './loading/fallbacks.js';
import type { FencedLoads } from './fences/fenced-loads.js';
import type { FencedTier } from './fences/fenced-tier.js';
import type { FencedWrites } from './fences/fenced-writes.js';
import type { FlightTable } from './loading/flight-table.js';
import type { Holds } from './coherence/holds.js';
import type { InvalidationLog } from './coherence/invalidation-log.js';
import type { Invalidations } from './coherence/invalidations.js';
import type { Loads } from './loading/loads.js';
import type { TierCalls } from './tiers/tier-calls.js';
import type { Tier } from './tiers/tier.js';
import type { UnderWay } from './loading/under-way.js';

/** The tier that has fences, as the engine uses it. */
export interface Fence {
  readonly tier: FencedTier;
  readonly loads: FencedLoads;
  readonly writes: FencedWrites;
  /** The tiers beside it. */
  readonly others: readonly Tier[];
}

/** The parts of which the engine is made. */
export interface EngineParts {
  readonly memory: EntryStore | undefined;
  /** The tiers that keep entries in this process. */
  readonly memories: readonly EntryTier[];
  readonly reader: ChainReader;
  readonly writer: ChainWriter;
  readonly flights: FlightTable;
  readonly loads: Loads;
  readonly fallbacks: Fallbacks;
  /** What a closing cache waits for. */
  readonly work: UnderWay;
  readonly calls: TierCalls;
  readonly clock: Clock;
  readonly random: () => number;
  readonly admission: Admission;
  readonly log: InvalidationLog;
  readonly coherence: Coherence;
  readonly invalidations: Invalidations;
  readonly holds: Holds;
  /** Where a tier has fences. */
  readonly fence: Fence | undefined;
  /** Whether other instances are told of invalidations. */
  readonly shared: boolean;
  /** Joins the log of invalidations; `undefined` once it has been tried. */
  readonly opening: () => Promise<void> | undefined;
  /** The key by which stores and the bus know an internal key. */
  readonly nameOf: (key: string) => string;
  readonly events: CacheEvents;
  readonly counters: CacheCounters;
  /** Makes a loaded value fit to be shared: frozen or cloned, as the cache's `copy` says. */
  readonly own: (value: unknown) => unknown;
  /** Called for a load that is not waited for any longer; makes the error that says so. */
  readonly onTimeout: (key: string, timeout: number) => Error;
  /** Called with the failure of a load that reaches no caller. */
  readonly onUnseen: (error: unknown) => void;
  /** Called with the keys that were looked for and are in no tier. */
  readonly onMiss: (keys: readonly string[]) => void;
  /**
   * What memory holds and may answer without a proof, where the tier that instances share has failed. With `silent`
   * it is not counted: no caller has asked.
   */
  readonly bear: (key: string, failed: readonly Tier[], silent?: boolean) => Entry | undefined;
}
