import type { Entry } from '../contract/entry.js';
import { Answer } from './loading/answer.js';
import { BatchResort } from './loading/batch-resort.js';
import { fresher, isFresh } from './tiers/cache-entry.js';
import type { FoundMany } from './tiers/chain-reader.js';
import type { EngineParts, Fence } from './engine-parts.js';
import type { Fallback } from './loading/fallbacks.js';
import { Flight } from './loading/flight.js';
import { inTurns } from './in-turns.js';
import { keptTtl, type KeepPolicy } from './keep-policy.js';
import type { Grant } from './fences/leases.js';
import type { LoadAbort } from './loading/load-abort.js';
import type { EndedLoad, Loaded, LoadStart } from './loading/loads.js';
import type { Remover } from './coherence/remover.js';
import type { ValueType } from './stored/value-type.js';

/** Loads the values of those keys that have one. */
export type LoadMany = (
  missing: readonly string[],
  abort: LoadAbort,
) => Promise<ReadonlyMap<string, unknown>>;

/** A look-up for many keys, and the flights of those that are not somebody else's. */
interface Batch {
  readonly flights: ReadonlyMap<string, Flight>;
  readonly found: Promise<FoundMany>;
  /** The position in the invalidation log when it began. */
  readonly began: number;
}

/** A load that is wanted, and what its callers are given meanwhile. */
interface BatchTask {
  readonly load: LoadMany;
  readonly policy: KeepPolicy;
  readonly resort: BatchResort;
  readonly answer: Answer<ReadonlyMap<string, unknown>>;
}

/** Keys that no tier has, with what the walk down the chain has found out. */
interface Missing extends FoundMany {
  readonly keys: readonly string[];
  readonly flights: ReadonlyMap<string, Flight>;
}

/** The engine's part for many keys at once: one look-up per tier, and one load for all that no tier has. */
export class BatchEngine {
  constructor(
    private readonly parts: EngineParts,
    private readonly remover: Remover,
  ) {}

  /** The entries of those keys that the tiers below memory hold. */
  async find(
    keys: readonly string[],
    type: ValueType | undefined,
  ): Promise<ReadonlyMap<string, Entry>> {
    const joining = this.parts.opening();
    if (joining !== undefined) await joining;
    return (await this.#search(keys, type, this.parts.log.position)).entries;
  }

  /** The values of the keys, joining what others are loading. */
  async compute(
    keys: readonly string[],
    load: LoadMany,
    policy: KeepPolicy,
  ): Promise<ReadonlyMap<string, unknown>> {
    const joining = this.parts.opening();
    if (joining !== undefined) await joining;
    const joined = new Map<string, Promise<unknown>>();
    for (const key of keys) {
      const result = this.parts.flights.join(key);
      if (result !== undefined) joined.set(key, result);
    }
    const own = keys.filter((key) => !joined.has(key));
    const [values, ...others] = await Promise.all([
      own.length === 0 ? new Map<string, unknown>() : this.#computeOwn(own, load, policy),
      ...joined.values(),
    ]);
    const all = new Map(values);
    [...joined.keys()].forEach((key, index) => all.set(key, others[index]));
    return all;
  }

  async #search(
    keys: readonly string[],
    type: ValueType | undefined,
    position: number,
  ): Promise<FoundMany> {
    const { reader, bear, clock } = this.parts;
    const found = await reader.findMany(keys, { type, position });
    if (found.failed.length === 0) return found;
    const entries = new Map(found.entries);
    const stale = new Map(found.stale);
    for (const key of keys) {
      const borne = entries.has(key) ? undefined : bear(key, found.failed);
      if (borne === undefined) continue;
      if (isFresh(borne, clock.now())) entries.set(key, borne);
      else stale.set(key, fresher(borne, stale.get(key)));
    }
    return { ...found, entries, stale };
  }

  #computeOwn(
    keys: readonly string[],
    load: LoadMany,
    policy: KeepPolicy,
  ): Promise<ReadonlyMap<string, unknown>> {
    const { log, coherence } = this.parts;
    const began = log.position;
    const beginning = coherence.begin();
    const found = this.#search(keys, policy.type, began);
    const flights = new Map<string, Flight>();
    for (const key of keys) {
      const search = async () => {
        const { entries, stale, failed, rejected } = await found;
        return {
          entry: entries.get(key),
          stale: stale.get(key),
          failed,
          rejected: rejected.get(key),
        };
      };
      flights.set(key, new Flight(began, beginning, search, true));
    }
    const { fallbacks, clock, onTimeout, onUnseen, work, loads } = this.parts;
    const resort = new BatchResort(fallbacks, policy);
    const { softTimeout, hardTimeout } = policy;
    const expired = (timeout: number): Error => onTimeout(keys[0] ?? '', timeout);
    const limits = { clock, softTimeout, hardTimeout, expired, onUnseen };
    const answer = new Answer<ReadonlyMap<string, unknown>>(resort, limits);
    const task = { load, policy, resort, answer };
    const loading = this.#findOrLoad({ flights, found, began }, task);
    work.add(loading, answer.abort);
    const values = answer.follow(loading);
    for (const [key, flight] of flights) {
      // Who wants one key that has been found does not wait for the load of the others.
      flight.result = async () => {
        const entry = (await found).entries.get(key);
        const answers = entry !== undefined && log.isCurrent(key, began);
        if (answers) return entry.value;
        loads.letIn(answer.abort);
        try {
          return (await answer.join()).get(key);
        } catch (error) {
          // Another key has nothing to fall back on; this one may have.
          const old = answer.hasFailed && fallbacks.usable(key, resort.fallback(key));
          if (!old) throw error;
          fallbacks.served(key, old, 'failed');
          return old.value;
        }
      };
      this.parts.flights.add(key, flight);
    }
    return values;
  }

  async #findOrLoad(
    { flights, found, began }: Batch,
    task: BatchTask,
  ): Promise<ReadonlyMap<string, unknown>> {
    const { log, fence, loads } = this.parts;
    const { answer } = task;
    const values = new Map<string, unknown>();
    try {
      const result = await found;
      const { entries } = result;
      for (const [key, { value }] of entries) {
        if (log.isCurrent(key, began)) values.set(key, value);
      }
      const missing: string[] = [];
      for (const [key, flight] of flights) {
        if (values.has(key)) this.parts.flights.end(key, flight);
        else missing.push(key);
      }
      this.parts.onMiss(missing.filter((key) => !entries.has(key)));
      const keys = this.#withoutThrottled(missing, result, began, task, values);
      if (keys.length === 0) return values;
      answer.waits();
      answer.reconsider();
      const batch = { ...result, keys, flights };
      const loaded = await loads.inPlace(answer.abort, () =>
        fence === undefined ? this.#load(batch, task) : this.#loadFenced(fence, batch, task),
      );
      for (const [key, value] of loaded) values.set(key, value);
      return values;
    } finally {
      for (const [key, flight] of flights) this.parts.flights.end(key, flight);
    }
  }

  /** The keys to be loaded: what has failed lately is not tried again where there is an old value, or its error. */
  #withoutThrottled(
    missing: readonly string[],
    { stale }: FoundMany,
    position: number,
    { policy, resort }: BatchTask,
    values: Map<string, unknown>,
  ): readonly string[] {
    const { fallbacks } = this.parts;
    const keys = new Map<string, Fallback | undefined>();
    for (const key of missing) {
      const entry = stale.get(key);
      const found = entry && { entry, position };
      const fallback = fallbacks.younger(key, fallbacks.held(key), found);
      const failure = fallbacks.recentFailure(key);
      const old = failure && fallbacks.usable(key, fallback);
      if (old !== undefined) {
        fallbacks.served(key, old, 'throttled');
        values.set(key, old.value);
      } else if (failure !== undefined && fallbacks.repeats(failure, policy.errorTtl)) {
        throw failure.error;
      } else {
        keys.set(key, fallback);
      }
    }
    resort.found(values, keys);
    return [...keys.keys()];
  }

  async #load(
    { keys, flights, failed }: Missing,
    task: BatchTask,
  ): Promise<ReadonlyMap<string, unknown>> {
    const { loaded, start } = await this.#run(keys, flights, task);
    await this.parts.loads.keep(loaded, task.policy, { start, failed });
    return valuesOf(loaded);
  }

  /** What others hold the leases of is waited for, each key by itself; all else is one load. */
  async #loadFenced(
    { tier, loads: fenced }: Fence,
    { keys, flights, failed, rejected }: Missing,
    task: BatchTask,
  ): Promise<ReadonlyMap<string, unknown>> {
    const { policy, answer } = task;
    const values = new Map<string, unknown>();
    const own = new Map<string, Exclude<Grant, { outcome: 'hit' }>>();
    const held: string[] = [];
    const unreachable = failed.includes(tier);
    const ask = async (key: string): Promise<void> => {
      const grant = unreachable
        ? ({ outcome: 'failed' } as const)
        : await fenced.tryAcquire(key, rejected.get(key), policy);
      if (grant.outcome === 'hit') {
        values.set(key, grant.entry.value);
        brings(new Map([[key, grant.entry.value]]), task);
      } else if (grant.outcome === 'wait') held.push(key);
      else own.set(key, grant);
    };
    try {
      await inTurns(keys, ask);
    } catch (error) {
      // Nobody is to wait for what will not be loaded.
      await inTurns([...own.values()], releaseOf);
      throw error;
    }
    const loadOwn = async (): Promise<void> => {
      const grants = keys.flatMap((key) => {
        const grant = own.get(key);
        return grant === undefined ? [] : [{ key, grant }];
      });
      const running = this.#run(
        grants.map(({ key }) => key),
        flights,
        task,
      );
      await inTurns(grants, async ({ key, grant }) => {
        const brought = (): Promise<EndedLoad> => endedFor(key, running);
        values.set(key, await fenced.loadUnder(grant, key, brought, policy, answer));
      });
    };
    const loadHeld = async (key: string): Promise<void> => {
      const run = (): Promise<EndedLoad> => endedFor(key, this.#run([key], flights, task));
      const found = { failed: [], rejected: rejected.get(key) };
      const value = await fenced.run(key, run, policy, found, answer);
      values.set(key, value);
      brings(new Map([[key, value]]), task);
    };
    await Promise.all([own.size === 0 ? undefined : loadOwn(), ...held.map(loadHeld)]);
    return values;
  }

  async #run(
    keys: readonly string[],
    flights: ReadonlyMap<string, Flight>,
    task: BatchTask,
  ): Promise<EndedBatch> {
    const { load, resort, answer } = task;
    const { loads, coherence, own, fallbacks } = this.parts;
    const start = loads.start();
    const beginning = coherence.begin();
    for (const key of keys) flights.get(key)?.beginLoad(start.position, beginning);
    resort.begins(start, beginning);
    const brought = await loads.run(
      keys.length,
      () => load(keys, answer.abort),
      () => answer.fails(),
    );
    const { answer: values, duration } = brought;
    const loaded = new Map(
      keys.map((key) => [key, { ...NOTHING, duration, value: own(values.get(key)) }]),
    );
    brings(valuesOf(loaded), task);
    // Where the new value is not kept, the old one is not to be fallen back on any more.
    const overwritten = keys.filter(
      (key) =>
        fallbacks.usable(key, resort.fallback(key)) !== undefined &&
        keptTtl(values.get(key), task.policy) === undefined,
    );
    if (overwritten.length > 0) await this.remover.remove(overwritten);
    return { loaded, start };
  }
}

/** Some of the values are there: when the time is up, what there is of all keys is the answer, stored or not. */
function brings(values: ReadonlyMap<string, unknown>, { resort, answer }: BatchTask): void {
  const all = resort.brings(values);
  if (all !== undefined) answer.brings(all.value);
}

/** A load of many keys that has ended. */
interface EndedBatch {
  readonly loaded: ReadonlyMap<string, Loaded>;
  readonly start: LoadStart;
}

async function endedFor(key: string, batch: Promise<EndedBatch>): Promise<EndedLoad> {
  const { loaded, start } = await batch;
  return { loaded: loaded.get(key) ?? NOTHING, start };
}

async function releaseOf(grant: Grant): Promise<void> {
  if (grant.outcome === 'granted') await grant.lease.release();
}

const NOTHING: Loaded = {
  value: undefined,
  ttl: undefined,
  staleFor: undefined,
  tags: undefined,
  validators: undefined,
  isUnchanged: false,
  duration: 0,
};

function valuesOf(loaded: ReadonlyMap<string, Loaded>): ReadonlyMap<string, unknown> {
  return new Map(Array.from(loaded, ([key, { value }]) => [key, value]));
}
