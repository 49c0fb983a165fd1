import type { Awaitable } from '../contract/cache-backend.js';
import type { Entry } from '../contract/entry.js';
import { ClosedError, type BackendError } from '../contract/errors.js';
import { BatchEngine, type LoadMany } from './batch-engine.js';
import type { Found } from './tiers/chain-reader.js';
import type { ChainWrite } from './tiers/chain-writer.js';
import type { EngineParts } from './engine-parts.js';
import { Expirer } from './loading/expirer.js';
import type { FencedWriteOptions, FencedWrites } from './fences/fenced-writes.js';
import { inParts } from './in-turns.js';
import { isPromise } from './is-promise.js';
import { jittered } from './loading/jitter.js';
import type { KeepPolicy, StorePolicy } from './keep-policy.js';
import { KeyEngine } from './key-engine.js';
import { keyParts } from './key-space.js';
import type { Load } from './loading/loads.js';
import { atMost } from './loading/patience.js';
import { Remover } from './coherence/remover.js';
import { throwFirst } from './tiers/tier-calls.js';
import type { ValueType } from './stored/value-type.js';

/** A value that a caller brings. */
export interface GivenValue {
  readonly key: string;
  readonly value: unknown;
}

/**
 * What happens when memory has no answer: look-ups, loads, single flight, and the fence that keeps work that
 * began before an invalidation from being joined or stored after it. It speaks of internal keys only.
 */
export class CacheEngine {
  /** Removals and invalidations of all kinds. */
  readonly remover: Remover;
  readonly #keys: KeyEngine;
  readonly #batches: BatchEngine;
  readonly #expirer: Expirer;
  #closed = false;

  constructor(private readonly parts: EngineParts) {
    this.remover = new Remover(parts);
    this.#keys = new KeyEngine(parts, this.remover);
    this.#batches = new BatchEngine(parts, this.remover);
    this.#expirer = new Expirer(parts, this.remover);
  }

  /** Looks in the tiers below memory, joining a look-up that is under way; never waits for a load. */
  async find(key: string, type: ValueType | undefined): Promise<Entry | undefined> {
    this.assertOpen();
    return this.#keys.find(key, type);
  }

  /** Looks in the tiers below memory, for nobody who would be counted. */
  look(key: string, type: ValueType | undefined): Promise<Found> {
    return this.#keys.search(key, { type, silent: true });
  }

  /** The outcome of a load of the key that is under way, if there is one to be joined. */
  join(key: string): Promise<unknown> | undefined {
    return this.#closed ? undefined : this.parts.flights.join(key);
  }

  /** The value of a key that cannot be joined: found below memory, or loaded. */
  compute(key: string, load: Load, policy: KeepPolicy): Promise<unknown> {
    this.assertOpen();
    return this.#keys.compute(key, load, policy);
  }

  /** Loads a value anew that may be used until then, unless that is under way or has just failed. */
  refreshAhead(key: string, load: Load, policy: KeepPolicy, entry: Entry): void {
    this.assertOpen();
    this.#keys.refreshAhead(key, load, policy, entry);
  }

  /** Loads whatever the tiers hold. The value replaces what is there, and what older loads will bring. */
  reload(key: string, load: Load, policy: KeepPolicy): Promise<unknown> {
    this.assertOpen();
    return this.#keys.reload(key, load, policy);
  }

  /** The entries of those keys that the tiers below memory hold. */
  async findMany(
    keys: readonly string[],
    type: ValueType | undefined,
  ): Promise<ReadonlyMap<string, Entry>> {
    this.assertOpen();
    const entries = await this.#batches.find(keys, type);
    this.parts.onMiss(keys.filter((key) => !entries.has(key)));
    return entries;
  }

  /**
   * The values of many keys: one look-up per tier and one load for all that nobody else is loading. A key
   * that the load's answer lacks is absent.
   */
  async computeMany(
    keys: readonly string[],
    load: LoadMany,
    policy: KeepPolicy,
  ): Promise<ReadonlyMap<string, unknown>> {
    this.assertOpen();
    return this.#batches.compute(keys, load, policy);
  }

  /**
   * Stores values that the caller brings; rejects when a tier did not take them.
   *
   * @param push whether instances that hold older values are to fetch these
   */
  async store(
    given: readonly GivenValue[],
    { ttl, staleFor, jitter, type, tags }: StorePolicy,
    push = false,
  ): Promise<void> {
    this.assertOpen();
    const { log, loads, opening, random } = this.parts;
    const keys = given.map(({ key }) => key);
    log.record(keys);
    const joining = opening();
    if (joining !== undefined) await joining;
    const { position, stamp, provenAt } = loads.start();
    const writes = given.map(({ key, value }): ChainWrite => {
      const kept = jittered(ttl, jitter, random);
      const validators = undefined;
      const record = { value, ttl: kept, staleFor, early: 0, stamp, tags, validators, provenAt };
      return { key, record };
    });
    const storing = this.#store(writes, keys, { type, position, push });
    const failures = isPromise(storing) ? await storing : storing;
    for (const key of keys) this.#announce('set', key);
    throwFirst(failures);
  }

  /** Makes a value stale; where it is not kept beyond its ttl, or that cannot be done, it is removed. */
  async expire(key: string, type: ValueType | undefined): Promise<void> {
    this.assertOpen();
    const failures = (await this.#expirer.expire(key, type)) ?? (await this.remover.remove([key]));
    this.#announce('expire', key);
    throwFirst(failures);
  }

  /** Removes keys everywhere; rejects when a tier could not. */
  async remove(keys: readonly string[], holdFor?: number): Promise<void> {
    this.assertOpen();
    const failures = await this.remover.remove(keys, holdFor);
    for (const key of keys) this.#announce('remove', key);
    throwFirst(failures);
  }

  /**
   * Refuses all that comes after, and waits for what is under way; what takes longer is told that nobody waits.
   *
   * @param limit in milliseconds
   */
  async drain(limit: number): Promise<void> {
    this.#closed = true;
    const { work, clock } = this.parts;
    if (limit > 0 && work.size > 0) await atMost(work.ended(), limit, clock);
    work.abort(new ClosedError('The cache is closed'));
  }

  /** Keeps nothing any more; what is still under way ends as it can. */
  close(): void {
    this.#closed = true;
    this.parts.loads.end();
    this.parts.invalidations.end();
    this.parts.fence?.loads.end();
  }

  assertOpen(): void {
    if (this.#closed) throw new ClosedError('The cache is closed');
  }

  #store(
    writes: readonly ChainWrite[],
    keys: readonly string[],
    options: FencedWriteOptions,
  ): Awaitable<readonly BackendError[]> {
    const { fence, writer, shared } = this.parts;
    if (fence !== undefined) return this.#storeFenced(writes, keys, options, fence.writes);
    const { type, position } = options;
    const stored = writer.store(writes, { type, position, replaces: true });
    return shared ? this.#thenTell(stored, keys, options.push) : stored;
  }

  async #thenTell(
    stored: Awaitable<readonly BackendError[]>,
    keys: readonly string[],
    push: boolean,
  ): Promise<readonly BackendError[]> {
    const failures = await stored;
    return [...(await this.remover.tell(keys, push)), ...failures];
  }

  async #storeFenced(
    writes: readonly ChainWrite[],
    keys: readonly string[],
    options: FencedWriteOptions,
    fenced: FencedWrites,
  ): Promise<readonly BackendError[]> {
    for (const key of keys) this.parts.memory?.remove(key);
    const failures: BackendError[] = [];
    for (const part of inParts(writes)) failures.push(...(await fenced.store(part, options)));
    return failures;
  }

  #announce(type: 'set' | 'remove' | 'expire', key: string): void {
    if (this.parts.events.observed) this.parts.events.emit({ type, ...keyParts(key) });
  }
}
