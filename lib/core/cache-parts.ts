import { isClosable, isEntryStore } from '../contract/capabilities.js';
import type { Clock } from '../contract/clock.js';
import { InvalidOptionError, LoadTimeoutError, type BackendError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import type { BreakerState } from './tiers/breaker.js';
import type { CacheEngine } from './cache-engine.js';
import { CacheEvents } from './watching/cache-events.js';
import {
  checkHealth,
  closedHealth,
  type Agreement,
  type CacheHealth,
} from './watching/cache-health.js';
import type { CacheSettings } from './cache-settings.js';
import { CacheCounters, type CacheStats, type CoherenceStats } from './watching/cache-stats.js';
import type { Coherence } from './coherence/coherence.js';
import { copyIn, copyOut } from './copy.js';
import type { InvalidationAudit } from './coherence/invalidation-audit.js';
import type { Invalidations } from './coherence/invalidations.js';
import type { KeepPolicy } from './keep-policy.js';
import { keyParts } from './key-space.js';
import type { LoadQueue } from './loading/load-queue.js';
import { MemoryHits } from './memory-hits.js';
import { makeEngine } from './make-engine.js';
import { throwFirst, TierCalls } from './tiers/tier-calls.js';
import type { Tier } from './tiers/tier.js';
import { WarmUps } from './warm-up/warm-ups.js';

/** All that the namespaces of one cache share. */
export class CacheParts {
  readonly name: string;
  readonly events = new CacheEvents();
  readonly engine: CacheEngine;
  readonly coherence: Coherence;
  readonly audit: InvalidationAudit;
  /** What calls without their own options are given. */
  readonly defaults: KeepPolicy;
  /** Whether every caller gets a copy of its own. */
  readonly clones: boolean;
  /** The value as it is kept: frozen, or a copy, as the option `copy` says. */
  readonly own: <T>(value: T) => T;
  /** What a caller is given of a value that is kept. */
  readonly give: <T>(value: T) => T;
  readonly clock: Clock;
  /** What memory answers. */
  readonly hits: MemoryHits;
  readonly warmUps: WarmUps;
  readonly #counters = new CacheCounters();
  readonly #calls = new TierCalls(this.events);
  readonly #invalidations: Invalidations;
  readonly #queue: LoadQueue | undefined;
  readonly #createdAt: number;
  #joining: Promise<void> | undefined;
  #hasJoined = false;
  #closing: Promise<void> | undefined;

  constructor(
    readonly tiers: readonly [Tier, ...Tier[]],
    private readonly settings: CacheSettings,
  ) {
    const [top] = tiers;
    const { name, clock, copy } = settings;
    this.name = name;
    this.defaults = settings.defaults;
    this.clones = copy === 'clone';
    this.own = (value) => copyIn(value, copy);
    this.give = (value) => (copy === 'clone' ? copyOut(value, copy) : value);
    this.clock = clock;
    this.warmUps = new WarmUps(clock);
    this.#createdAt = clock.now();
    const parts = makeEngine(tiers, settings, {
      memory: isEntryStore(top.backend) ? top.backend : undefined,
      events: this.events,
      counters: this.#counters,
      calls: this.#calls,
      own: this.own,
      opening: () => this.#open(),
      onMiss: (keys) => this.#missed(keys),
      onFenced: (key) => this.#fenced(key),
      onTimeout: (key, timeout) => this.#timedOut(key, timeout),
      onUnseen: (error) => this.#unseen(error),
      bear: (key, silent) => this.hits.bear(key, silent),
    });
    this.engine = parts.engine;
    this.coherence = parts.coherence;
    this.audit = parts.audit;
    this.hits = new MemoryHits(top, {
      coherence: this.coherence,
      clock,
      events: this.events,
      counters: this.#counters,
      random: settings.random,
      clones: this.clones,
      give: this.give,
      failed: (error) => this.#calls.count(top, 'read', error),
    });
    this.#invalidations = parts.invalidations;
    this.#queue = parts.queue;
    for (const { name: tier, breaker } of tiers) {
      breaker?.watch((state) => this.#breakerChanged(tier, state));
    }
    // A log of this process is joined at once, and before anything is stored.
    if (!settings.coherence.shared) void this.#open();
  }

  /** @throws InvalidOptionError when there is no such tier */
  tierNamed(name: string): Tier {
    const found = this.tiers.find((tier) => tier.name === name);
    if (found !== undefined) return found;
    const names = this.tiers.map((tier) => tier.name).join(', ');
    throw new InvalidOptionError('tier', `there is no tier ${quote(name)}; there are ${names}`);
  }

  stats(): CacheStats {
    const tiers = this.tiers.map(({ name, backend, breaker, counters }) => ({
      name,
      hits: counters.hits,
      misses: counters.misses,
      promotions: counters.promotions,
      writes: counters.writes,
      errors: counters.errors,
      refused: counters.refused,
      breaker: breaker?.stats,
      undecodable: counters.undecodable,
      undecipherable: counters.undecipherable,
      tooLarge: counters.tooLarge,
      size: isEntryStore(backend) ? backend.size : undefined,
      latency: counters.latency.snapshot(),
    }));
    const hits = tiers.reduce((sum, tier) => sum + tier.hits, 0);
    const { stale: staleServed, ...counters } = this.#counters;
    const { misses, coalesced, loads, loadErrors, loadTimeouts, refreshedAhead, fenced } = counters;
    return {
      hits,
      misses,
      coalesced,
      loads,
      loadErrors,
      loadTimeouts,
      loadsWaiting: this.#queue?.waiting ?? 0,
      refreshedAhead,
      staleServed,
      fenced,
      tiers,
      coherence: this.#coherenceStats(),
    };
  }

  async health(): Promise<CacheHealth> {
    const { clock } = this.settings;
    if (this.#closing !== undefined) return closedHealth(this.tiers, this.#agreement());
    return checkHealth(this.tiers, clock, () => this.#agreement(), this.#open());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.warmUps.end();
    this.hits.close();
    await this.engine.drain(this.settings.drainTimeout);
    // The last chance of what could not be recorded yet, where the store may have come back unnoticed.
    if (this.#invalidations.pendingCount > 0) {
      await Promise.all(this.tiers.map(async ({ breaker }) => breaker?.probe()));
    }
    await this.#invalidations.replay();
    for (const { breaker } of this.tiers) breaker?.end();
    this.engine.close();
    if (this.settings.ownsBus) await this.settings.bus.close();
    this.audit.complete();
    const failures: BackendError[] = [];
    const closing = this.tiers.map(async (tier) => {
      const { backend, owned } = tier;
      if (!owned || !isClosable(backend)) return;
      await this.#calls.attempt(
        tier,
        'close',
        () => backend.close(),
        (failure) => failures.push(failure),
      );
    });
    await Promise.all(closing);
    this.events.complete();
    throwFirst(failures);
  }

  /** Joins the log of invalidations; `undefined` once that has been tried. */
  #open(): Promise<void> | undefined {
    if (this.#hasJoined) return undefined;
    const { bus, coherence } = this.settings;
    const joined = (): void => {
      this.#hasJoined = true;
    };
    // What cannot be joined now goes on trying by itself.
    this.#joining ??= bus.connect().then(joined, joined);
    if (!coherence.shared) joined();
    return this.#hasJoined ? undefined : this.#joining;
  }

  #agreement(): Agreement {
    const { clock, coherence } = this.settings;
    const verified = this.coherence.isVerified;
    const since = Math.max(this.coherence.provedAt, this.#createdAt);
    return {
      shared: coherence.shared,
      verified,
      unverifiedFor: verified ? undefined : clock.now() - since,
      pending: this.#invalidations.pendingCount,
    };
  }

  #coherenceStats(): CoherenceStats {
    const { refused, waits, unverified } = this.#counters;
    return {
      ...this.settings.bus.stats(),
      shared: this.settings.coherence.shared,
      verified: this.coherence.isVerified,
      pending: this.#invalidations.pendingCount,
      fillsRejected: refused,
      waits,
      unverifiedHits: unverified,
    };
  }

  #breakerChanged(tier: string, state: BreakerState): void {
    // What waits for the store goes first when calls are let through again.
    if (state === 'half-open') void this.#invalidations.replay();
    if (this.events.observed) this.events.emit({ type: 'breaker', tier, state });
  }

  #missed(keys: readonly string[]): void {
    this.#counters.misses += keys.length;
    if (!this.events.observed) return;
    for (const key of keys) this.events.emit({ type: 'miss', ...keyParts(key) });
  }

  #timedOut(key: string, timeout: number): Error {
    this.#counters.loadTimeouts++;
    const place = keyParts(key);
    if (this.events.observed) this.events.emit({ type: 'loadTimeout', ...place });
    return new LoadTimeoutError(place.key, timeout);
  }

  #unseen(error: unknown): void {
    this.#counters.loadErrors++;
    if (this.events.observed) this.events.emit({ type: 'loadError', error, keys: 1 });
  }

  #fenced(key: string): void {
    this.#counters.fenced++;
    if (this.events.observed) this.events.emit({ type: 'fenced', ...keyParts(key) });
  }
}
