import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MemoryBackend } from '../../lib/backends/memory/memory.backend.js';
import { BackendError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import type { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { altered, chain, guardRejections, remoteBackend } from './helpers.js';

guardRejections();

const keys = ['a', 'b', 'c'] as const;

const operations = [
  'getWithTtl',
  'getMany',
  'setWithTtl',
  'setMany',
  'remove',
  'removeMany',
  'removePattern',
] as const;

type Operation = (typeof operations)[number];

/** What callers do, none of whom waits for another. */
const aCall = fc.record({
  do: fc.constantFrom(
    ...(['compute', 'compute', 'get', 'update', 'set', 'refresh'] as const),
    ...(['computeMany', 'getMany', 'updateAll'] as const),
  ),
  key: fc.constantFrom(...keys),
});

/** What befalls them: time passes, loads take long, and the tiers are slow, answer late, or fail to read and store. */
const anEvent = fc.record({
  do: fc.constantFrom('wait' as const, 'wait' as const, 'load slowly' as const),
  ms: fc.integer({ min: 0, max: 20 }),
});

const aFault = fc.record({
  do: fc.constantFrom('slow' as const, 'late' as const, 'fail' as const),
  tier: fc.constantFrom(0 as const, 1 as const),
  operation: fc.constantFrom(...operations),
  ms: fc.integer({ min: 0, max: 20 }),
});

const aDeed = fc.oneof(
  { weight: 6, arbitrary: aCall },
  { weight: 3, arbitrary: anEvent },
  { weight: 1, arbitrary: aFault },
);

type Deed = typeof aDeed extends fc.Arbitrary<infer T> ? T : never;

/** Makes a backend give the answers to some operations later than it has carried them out. */
function withLateAnswers(
  backend: FaultyBackend,
  clock: ManualClock,
  lateness: ReadonlyMap<Operation, number>,
): FaultyBackend {
  const members = operations.map((operation) => {
    const act = backend[operation] as (...args: unknown[]) => Promise<unknown>;
    const late = async (...args: unknown[]): Promise<unknown> => {
      const answer = await act.apply(backend, args);
      const delay = lateness.get(operation);
      if (delay !== undefined) await pass(clock, delay);
      return answer;
    };
    return [operation, late];
  });
  return altered(backend, Object.fromEntries(members) as Partial<FaultyBackend>);
}

function pass(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}

/** An origin whose values only ever grow, and callers who note what they must not see any more. */
class World {
  /** What has been seen that must not be. */
  readonly wrong: unknown[] = [];
  readonly clock = new ManualClock();
  readonly #remotes = [
    remoteBackend(this.clock, 'middle'),
    remoteBackend(this.clock, 'bottom'),
  ] as const;
  readonly #lateness = [new Map<Operation, number>(), new Map<Operation, number>()] as const;
  readonly #cache: TieredCache;
  readonly #origin = new Map<string, number>();
  /** The least that a read which begins now may answer: what the last completed change was to. */
  readonly #least = new Map<string, number>();
  readonly #calls: Promise<unknown>[] = [];
  #loadTime = 0;

  /** @param maxEntries how many memory keeps; without it, there is no memory */
  constructor(maxEntries: number | undefined) {
    const { clock } = this;
    const remotes = ([0, 1] as const).map(
      (n) => [withLateAnswers(this.#remotes[n], clock, this.#lateness[n])] as const,
    );
    const memory =
      maxEntries === undefined ? [] : [[new MemoryBackend({ maxEntries, clock })] as const];
    this.#cache = chain(clock, [...memory, ...remotes]);
  }

  async do(deed: Deed): Promise<void> {
    switch (deed.do) {
      case 'wait':
        return this.clock.advance(deed.ms);
      case 'load slowly':
        this.#loadTime = deed.ms;
        return;
      case 'slow':
        return this.#remotes[deed.tier].delay(deed.ms, deed.operation);
      case 'late':
        this.#lateness[deed.tier].set(deed.operation, deed.ms);
        return;
      case 'fail':
        // A removal that fails promises nothing, and neither does what it was to undo.
        if (deed.operation.startsWith('remove')) return;
        return this.#remotes[deed.tier].fail(new Error('down'), deed.operation);
      default:
        this.#calls.push(this.#call(deed.do, deed.key));
    }
  }

  /** Lets everything end, and reads all once more. */
  async end(): Promise<void> {
    await this.clock.advance(1000);
    await Promise.all(this.#calls);
    for (const remote of this.#remotes) remote.heal();
    for (const lateness of this.#lateness) lateness.clear();
    await this.#call('getMany', 'a');
    const reading = this.#call('computeMany', 'a');
    await this.clock.advance(1000);
    await reading;
  }

  #call(verb: (typeof aCall extends fc.Arbitrary<infer T> ? T : never)['do'], key: string) {
    const cache = this.#cache;
    switch (verb) {
      case 'get':
        return this.#read(async () => [[key, await cache.get<number>(key)]]);
      case 'compute':
        return this.#read(async () => [
          [key, await cache.getOrCompute(key, () => this.#load(key))],
        ]);
      case 'getMany':
        return this.#read(() => cache.getMany<number>(keys));
      case 'computeMany':
        return this.#read(() =>
          cache.getOrComputeMany(keys, (missing) =>
            Promise.all(missing.map(async (one) => [one, await this.#load(one)] as const)),
          ),
        );
      case 'update':
        return this.#change([key], () => cache.remove(key));
      case 'updateAll':
        return this.#change(keys, () => cache.clear());
      case 'set':
        return this.#change([key], () => cache.set(key, this.#held(key)));
      case 'refresh':
        return cache.refresh(key, () => this.#load(key));
    }
  }

  #held(key: string): number {
    return this.#origin.get(key) ?? 0;
  }

  async #load(key: string): Promise<number> {
    const value = this.#held(key);
    if (this.#loadTime > 0) await pass(this.clock, this.#loadTime);
    return value;
  }

  async #read(read: () => Promise<Iterable<readonly [string, number | undefined]>>): Promise<void> {
    const least = new Map(this.#least);
    for (const [key, value] of await read()) {
      const atLeast = least.get(key) ?? 0;
      if (value !== undefined && value < atLeast) this.wrong.push({ key, value, atLeast });
    }
  }

  async #change(changed: readonly string[], change: () => Promise<void>): Promise<void> {
    for (const key of changed) this.#origin.set(key, this.#held(key) + 1);
    const changedTo = changed.map((key) => [key, this.#held(key)] as const);
    try {
      await change();
    } catch (error) {
      // A tier did not take it, and the caller has been told: nothing is promised then.
      if (!(error instanceof BackendError)) this.wrong.push(error);
      return;
    }
    for (const [key, value] of changedTo) {
      this.#least.set(key, Math.max(this.#least.get(key) ?? 0, value));
    }
  }
}

describe('a read that begins after a change has been completed', () => {
  it('never answers what was there before, however slow the tiers are and whatever else is under way', async () => {
    const setting = {
      maxEntries: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      deeds: fc.array(aDeed, { minLength: 10, maxLength: 80 }),
    };
    await fc.assert(
      fc.asyncProperty(fc.record(setting), async ({ maxEntries, deeds }) => {
        const world = new World(maxEntries);
        for (const deed of deeds) await world.do(deed);
        await world.end();
        expect(world.wrong).toEqual([]);
        expect(world.clock.pendingTimers).toBe(0);
      }),
      { numRuns: 250 },
    );
  });
});
