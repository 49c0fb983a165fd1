import type { Clock } from '../../contract/clock.js';
import type { Entry } from '../../contract/entry.js';
import { InvalidationPendingError } from '../../contract/errors.js';
import type { Admission } from '../coherence/admission.js';
import type { BackgroundWrites } from '../loading/background-writes.js';
import { isFresh } from '../tiers/cache-entry.js';
import type { Found } from '../tiers/chain-reader.js';
import {
  toTierWrite,
  type ChainWrite,
  type ChainWriter,
  type StoreOptions,
} from '../tiers/chain-writer.js';
import type { InvalidationLog } from '../coherence/invalidation-log.js';
import type { Invalidations } from '../coherence/invalidations.js';
import type { KeepPolicy } from '../keep-policy.js';
import type { Grant, Lease, Leases, TryGrant } from './leases.js';
import type { LoadAbort } from '../loading/load-abort.js';
import type { EndedLoad, Loaded, Loads, LoadStart } from '../loading/loads.js';
import type { Tier } from '../tiers/tier.js';
import type { ValueType } from '../stored/value-type.js';

/** Whoever waits for a load. */
export interface Waiter {
  /** Tells that nobody waits any more. */
  readonly abort: LoadAbort;
  /** Need not wait until what was loaded is stored. */
  deliver(): void;
}

/** What loads under leases take from the cache. */
export interface FencedLoadsContext {
  readonly leases: Leases;
  readonly admission: Admission;
  readonly background: BackgroundWrites;
  readonly log: InvalidationLog;
  readonly loads: Loads;
  readonly invalidations: Invalidations;
  readonly nameOf: (key: string) => string;
  readonly remove: (keys: readonly string[]) => Promise<unknown>;
  readonly writer: ChainWriter;
  /** The tiers beside the fenced one. */
  readonly others: readonly Tier[];
  /** Those above it. */
  readonly above: readonly Tier[];
  readonly clock: Clock;
  readonly onFenced: (key: string) => void;
  /** The fenced tier has refused a fill. */
  readonly onRefused: () => void;
}

const UNREACHABLE: Grant = { outcome: 'failed' };

/**
 * Loads of keys that other processes load too: only the holder of a key's lease loads it, and only what no
 * invalidation has overtaken is kept, here and in the fenced tier.
 */
export class FencedLoads {
  constructor(private readonly context: FencedLoadsContext) {}

  /**
   * The value of a key that was not found: loaded under its lease, or filled by another process meanwhile.
   *
   * @param load runs the loader
   */
  async run(
    key: string,
    load: () => Promise<EndedLoad>,
    policy: KeepPolicy,
    { failed, rejected }: Pick<Found, 'failed' | 'rejected'>,
    waiter: Waiter,
  ): Promise<unknown> {
    const grant = failed.includes(this.context.leases.tier)
      ? UNREACHABLE
      : await this.#acquire(key, rejected, policy, waiter.abort);
    if (grant.outcome === 'hit') return grant.entry.value;
    return this.loadUnder(grant, key, load, policy, waiter);
  }

  /** Loads whatever stands under the key, and puts the value in its place for all instances. */
  async replace(
    key: string,
    load: () => Promise<EndedLoad>,
    policy: KeepPolicy,
    { abort }: Waiter,
  ): Promise<unknown> {
    const { log, loads, invalidations, remove, nameOf } = this.context;
    const grant = await this.#acquireAnew(key, policy, abort);
    const lease = grant.outcome === 'granted' ? grant.lease : undefined;
    try {
      const { loaded, start } = await load();
      const isKept =
        grant.outcome !== 'bypass' && (await this.#keep(key, loaded, policy, start, lease, true));
      if (isKept && lease !== undefined) {
        // Others may hold the value that stood there; it was not void, so a failure is no failure of this call.
        await invalidations.record({ keys: [nameOf(key)] }, Promise.resolve()).catch(ignorePending);
      } else if (
        // What it was to replace is not to outlive it; but what has been set or removed meanwhile stands.
        !isKept &&
        grant.outcome !== 'bypass' &&
        !loads.ended &&
        !log.isNamedSince(key, start.position)
      ) {
        await remove([key]);
      }
      return loaded.value;
    } catch (error) {
      await lease?.release();
      throw error;
    }
  }

  /** The lease of a key whose value is known, if nobody has it, and the value still stands there. */
  async leaseOver(
    key: string,
    token: string,
    type: ValueType | undefined,
  ): Promise<Lease | undefined> {
    const grant = await this.context.leases.tryAcquire(key, token, type);
    return grant.outcome === 'granted' ? grant.lease : undefined;
  }

  /** Leaves all leases: nothing will be filled any more. */
  end(): void {
    this.context.leases.end();
  }

  /** Asks for the lease until it is granted, or an entry has been filled that may be used. */
  async #acquire(
    key: string,
    rejected: string | undefined,
    policy: KeepPolicy,
    abort: LoadAbort,
  ): Promise<Grant> {
    for (let old = rejected; ;) {
      let { position } = this.context.log;
      // What is found after waiting is as young as the last time of asking.
      const grant = await this.context.leases.acquire(key, old, policy.type, abort, () => {
        position = this.context.log.position;
      });
      if (grant.outcome !== 'hit') return grant;
      if (await this.#admits(key, grant.entry, position, policy)) return grant;
      // What was invalidated meanwhile may be what stood there before: then it is asked for again.
      if (this.context.log.isCurrent(key, position)) old = grant.entry.token;
    }
  }

  /** The same without waiting for others. */
  async tryAcquire(
    key: string,
    rejected: string | undefined,
    policy: KeepPolicy,
  ): Promise<TryGrant> {
    for (let old = rejected; ;) {
      const { position } = this.context.log;
      const grant = await this.context.leases.tryAcquire(key, old, policy.type);
      if (grant.outcome !== 'hit') return grant;
      if (await this.#admits(key, grant.entry, position, policy)) return grant;
      // What was invalidated meanwhile may be what stood there before: then it is asked for again.
      if (this.context.log.isCurrent(key, position)) old = grant.entry.token;
    }
  }

  /** Asks for the lease although there is a value that may be used. */
  async #acquireAnew(
    key: string,
    policy: KeepPolicy,
    abort: LoadAbort,
  ): Promise<Exclude<Grant, { outcome: 'hit' }>> {
    const { leases } = this.context;
    let old = await leases.tokenOf(key);
    for (;;) {
      const grant = await leases.acquire(key, old, policy.type, abort);
      if (grant.outcome !== 'hit') return grant;
      old = grant.entry.token;
    }
  }

  /** Loads, keeps what was loaded as far as it may be kept, and leaves the lease. */
  async loadUnder(
    grant: Exclude<Grant, { outcome: 'hit' }>,
    key: string,
    load: () => Promise<EndedLoad>,
    policy: KeepPolicy,
    waiter: Waiter,
  ): Promise<unknown> {
    const { background, leases } = this.context;
    const lease = grant.outcome === 'granted' ? grant.lease : undefined;
    try {
      const { loaded, start } = await load();
      if (grant.outcome === 'bypass') return loaded.value;
      const keeping = this.#keep(key, loaded, policy, start, lease);
      if (lease !== undefined && background.takes(leases.tier)) {
        background.add(keeping.then(ignore, ignore));
        waiter.deliver();
      }
      await keeping;
      return loaded.value;
    } catch (error) {
      await lease?.release();
      throw error;
    }
  }

  /** Keeps what was loaded, unless it was overtaken; first in the fenced tier, which decides. @returns whether it is kept */
  async #keep(
    key: string,
    loaded: Loaded,
    policy: KeepPolicy,
    start: LoadStart,
    lease: Lease | undefined,
    replaces = false,
  ): Promise<boolean> {
    const { log, loads, clock, leases, onFenced, onRefused } = this.context;
    const { position } = start;
    const record = loads.toRecord(key, loaded, policy, start);
    const isCurrent = log.isCurrent(key, position);
    if (record !== undefined && !isCurrent) onFenced(key);
    if (record === undefined || !isCurrent) {
      await lease?.release();
      return false;
    }
    if (lease !== undefined) {
      leases.tier.counters.writes++;
      const write = toTierWrite({ key, record }, leases.tier, clock.now());
      const filled = await lease.store(write, policy.type);
      if (filled === false) {
        onRefused();
        onFenced(key);
        if (replaces) await this.#dropAbove(key);
        return false;
      }
    }
    if (!replaces) {
      await this.#copy({ key, record }, { type: policy.type, position });
      return true;
    }
    if (!log.isCurrent(key, position)) {
      onFenced(key);
      await this.#dropAbove(key);
      return true;
    }
    // What the tiers have answered meanwhile is what the value replaces: it is not to be promoted.
    log.record([key]);
    await this.#copy({ key, record }, { type: policy.type, position: log.position });
    return true;
  }

  async #admits(
    key: string,
    entry: Entry,
    position: number,
    { type }: KeepPolicy,
  ): Promise<boolean> {
    const { admission, log, clock } = this.context;
    const admitted = await admission.admits(key, entry);
    if (!admitted || !isFresh(entry, clock.now()) || !log.isCurrent(key, position)) return false;
    await this.#copy({ key, record: entry, ends: entry }, { type, position });
    return true;
  }

  /** The new value may not stand there, nor may the old one. */
  async #dropAbove(key: string): Promise<void> {
    const { writer, above } = this.context;
    await writer.remove([key], nothing, above);
  }

  async #copy(write: ChainWrite, options: StoreOptions): Promise<void> {
    const { writer, others } = this.context;
    await writer.store([write], { ...options, inBackground: true }, others);
  }
}

function ignore(): void {}

/** The fenced tier is not among those above it. */
async function nothing(): Promise<void> {}

function ignorePending(error: unknown): void {
  if (!(error instanceof InvalidationPendingError)) throw error;
}
