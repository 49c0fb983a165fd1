import type { EntryStore } from '../contract/capabilities.js';
import type { Entry } from '../contract/entry.js';
import { Admission } from './coherence/admission.js';
import { BackgroundWrites } from './loading/background-writes.js';
import { CacheEngine } from './cache-engine.js';
import type { CacheEvents } from './watching/cache-events.js';
import type { CacheSettings } from './cache-settings.js';
import type { CacheCounters } from './watching/cache-stats.js';
import { ChainReader } from './tiers/chain-reader.js';
import { ChainWriter } from './tiers/chain-writer.js';
import { Coherence } from './coherence/coherence.js';
import type { Fence } from './engine-parts.js';
import { EntryTier } from './tiers/entry-tier.js';
import { Fallbacks } from './loading/fallbacks.js';
import { FencedLoads } from './fences/fenced-loads.js';
import { FencedTier } from './fences/fenced-tier.js';
import { FencedWrites } from './fences/fenced-writes.js';
import { FlightTable } from './loading/flight-table.js';
import { Holds } from './coherence/holds.js';
import { IncomingInvalidations } from './coherence/incoming-invalidations.js';
import { InvalidationAudit } from './coherence/invalidation-audit.js';
import { InvalidationLog } from './coherence/invalidation-log.js';
import { Invalidations } from './coherence/invalidations.js';
import { internalKey, storedKey } from './key-space.js';
import { Leases } from './fences/leases.js';
import { LoadQueue } from './loading/load-queue.js';
import { Loads } from './loading/loads.js';
import { LocalVoids } from './coherence/local-voids.js';
import type { TierCalls } from './tiers/tier-calls.js';
import type { Tier } from './tiers/tier.js';
import { UnderWay } from './loading/under-way.js';
import { WritesUnderWay } from './coherence/writes-under-way.js';

/** What the engine takes from the cache, and tells it. */
export interface EngineContext {
  readonly memory: EntryStore | undefined;
  readonly events: CacheEvents;
  readonly counters: CacheCounters;
  readonly calls: TierCalls;
  readonly own: (value: unknown) => unknown;
  readonly opening: () => Promise<void> | undefined;
  readonly onMiss: (keys: readonly string[]) => void;
  readonly onFenced: (key: string) => void;
  readonly onTimeout: (key: string, timeout: number) => Error;
  readonly onUnseen: (error: unknown) => void;
  readonly bear: (key: string, silent: boolean) => Entry | undefined;
}

/** The engine, and those of its parts that the cache uses itself. */
export interface MadeEngine {
  readonly engine: CacheEngine;
  readonly coherence: Coherence;
  readonly invalidations: Invalidations;
  readonly audit: InvalidationAudit;
  readonly queue: LoadQueue | undefined;
}

/** Puts the parts of the engine together. */
export function makeEngine(
  tiers: readonly [Tier, ...Tier[]],
  settings: CacheSettings,
  context: EngineContext,
): MadeEngine {
  const { name: root, clock, random, bus, maxConcurrentLoads } = settings;
  const { shared, staleness } = settings.coherence;
  const { memory, events, counters, calls, opening, onFenced } = context;
  const nameOf = (key: string): string => storedKey(root, key);
  const log = new InvalidationLog();
  const underWay = new WritesUnderWay(log);
  const holds = new Holds(clock);
  const voids = new LocalVoids();
  const memories = tiers.filter((tier) => tier instanceof EntryTier);
  const tier = tiers.find((each) => each instanceof FencedTier);
  const leases = tier && new Leases(tier, calls, clock, counters);
  const audit = new InvalidationAudit(bus, root, opening);
  const incoming = new IncomingInvalidations({
    origin: bus.origin,
    shared,
    memories,
    log,
    events,
    nameOf,
    root,
    onEach: (invalidation) => audit.next(invalidation),
    onPush: (key) => void engine.find(key, undefined).catch(() => undefined),
    onVerified: () => void onVerified(),
    onLeaseEnded: (key) => leases?.onEnded(key),
  });
  const onVerified = async (): Promise<void> => {
    // Where the bus reaches the store again, the tier may too.
    await tier?.breaker?.probe();
    await invalidations.replay();
  };
  const coherence = new Coherence(bus, clock, settings.coherence, voids, incoming);
  const invalidations = new Invalidations({
    bus,
    coherence,
    voids,
    fence: tier,
    clock,
    events,
    retryAfter: staleness,
    // Tags, and everything, have numbers now.
    onCarriedOut: ({ keys = [], patterns }) => {
      if (patterns !== undefined) log.recordAll();
      log.record(keys.flatMap((key) => internalKey(root, key) ?? []));
    },
  });
  const admission = new Admission(coherence, invalidations, nameOf);
  const work = new UnderWay();
  const background = new BackgroundWrites(work);
  const queue = maxConcurrentLoads === undefined ? undefined : new LoadQueue(maxConcurrentLoads);
  const agreed = { log, coherence, admission, invalidations };
  const common = { ...agreed, calls, clock, random, background, queue, nameOf, onFenced };
  const writer = new ChainWriter(tiers, { ...common, underWay });
  const loads = new Loads({ ...common, tiers, writer, events, counters, holds });
  const others = tiers.filter((each) => each !== tier);
  const above = tier === undefined ? [] : tiers.slice(0, tiers.indexOf(tier));
  const fence: Fence | undefined = tier &&
    leases && {
      tier,
      others,
      loads: new FencedLoads({
        ...common,
        leases,
        loads,
        writer,
        others,
        above,
        remove: (keys) => engine.remover.remove(keys),
        onRefused: () => void counters.refused++,
      }),
      writes: new FencedWrites({
        ...common,
        holds,
        fence: tier,
        above,
        below: tiers.slice(tiers.indexOf(tier) + 1),
        writer,
      }),
    };
  const engine: CacheEngine = new CacheEngine({
    ...context,
    ...common,
    reader: new ChainReader(memory === undefined ? tiers : tiers.slice(1), tiers, {
      ...common,
      writer,
      events,
      underWay,
    }),
    writer,
    work,
    fallbacks: new Fallbacks({
      ...common,
      memory,
      counters,
      events,
      search: (key, type) => engine.look(key, type),
    }),
    memories,
    flights: new FlightTable(log, coherence, counters),
    loads,
    holds,
    fence,
    shared,
    bear: (key, failed, silent = false) =>
      tier !== undefined && failed.includes(tier) ? context.bear(key, silent) : undefined,
  });
  return { engine, coherence, invalidations, audit, queue };
}
