import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MemoryBackend } from '../../lib/backends/memory/memory.backend.js';
import type { TierPolicy } from '../../lib/contract/tier-definition.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { chain, guardRejections, remoteBackend } from './helpers.js';

guardRejections();

const keys = ['a', 'b', 'c', 'd'] as const;

/** How often each verb comes up. */
const verbs = {
  get: 3,
  set: 2,
  getOrCompute: 3,
  peek: 1,
  refresh: 1,
  remove: 1,
  removePattern: 1,
  getMany: 1,
  getOrComputeMany: 1,
  clear: 1,
  advance: 3,
} as const;

type Verb = keyof typeof verbs;

const aStep = fc.record({
  verb: fc.oneof(
    ...Object.entries(verbs).map(([verb, weight]) => ({
      weight,
      arbitrary: fc.constant(verb as Verb),
    })),
  ),
  key: fc.constantFrom(...keys),
  /** Of what is stored, or that passes. */
  ms: fc.integer({ min: 1, max: 40 }),
});

type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

/** What a cache is to do: a Map of values that end. */
class Model {
  readonly #held = new Map<string, { readonly value: number; readonly expiresAt: number }>();

  constructor(private readonly clock: ManualClock) {}

  get(key: string): number | undefined {
    const held = this.#held.get(key);
    return held !== undefined && held.expiresAt > this.clock.now() ? held.value : undefined;
  }

  set(key: string, value: number, ttl: number): number {
    this.#held.set(key, { value, expiresAt: this.clock.now() + ttl });
    return value;
  }

  remove(...removed: readonly string[]): void {
    for (const key of removed) this.#held.delete(key);
  }

  all(): [string, number][] {
    return keys.flatMap((key) => {
      const value = this.get(key);
      return value === undefined ? [] : [[key, value]];
    });
  }
}

/** What both answer to a step. `value` is one that was never used before. */
async function answers(
  { verb, key, ms: ttl }: Step,
  value: number,
  cache: TieredCache,
  model: Model,
  clock: ManualClock,
): Promise<readonly [actual: unknown, expected: unknown]> {
  switch (verb) {
    case 'get':
      return [await cache.get(key), model.get(key)];
    case 'set':
      return [await cache.set(key, value, { ttl }), void model.set(key, value, ttl)];
    case 'getOrCompute':
      return [
        await cache.getOrCompute(key, () => value, { ttl }),
        model.get(key) ?? model.set(key, value, ttl),
      ];
    case 'refresh':
      return [await cache.refresh(key, () => value, { ttl }), model.set(key, value, ttl)];
    case 'peek':
      // What memory has pushed out it does not know.
      return [cache.peek(key) ?? model.get(key), model.get(key)];
    case 'getMany':
      return [sorted(await cache.getMany(keys)), model.all()];
    case 'getOrComputeMany': {
      const missing = keys.filter((one) => model.get(one) === undefined);
      const loaded: string[] = [];
      const found = await cache.getOrComputeMany(
        keys,
        (asked) => {
          loaded.push(...asked);
          return asked.map((one) => [one, value]);
        },
        { ttl },
      );
      for (const one of missing) model.set(one, value, ttl);
      return [
        [sorted(found), loaded.toSorted()],
        [model.all(), missing],
      ];
    }
    case 'remove':
      return [await cache.remove(key), model.remove(key)];
    case 'removePattern':
      return [await cache.removePattern('?'), model.remove(...keys)];
    case 'clear':
      return [await cache.clear(), model.remove(...keys)];
    default:
      return [await clock.advance(ttl), undefined];
  }
}

function sorted(values: ReadonlyMap<string, number>): [string, number][] {
  return [...values].toSorted(([a], [b]) => a.localeCompare(b));
}

describe('a cache of two tiers', () => {
  it('answers what a plain Map of values that end would answer, call after call', async () => {
    const setting = {
      maxEntries: fc.integer({ min: 1, max: 5 }),
      promotion: fc.constantFrom<TierPolicy['promotion']>(1, 2, false),
      steps: fc.array(aStep, { minLength: 5, maxLength: 40 }),
    };
    await fc.assert(
      fc.asyncProperty(fc.record(setting), async ({ maxEntries, promotion, steps }) => {
        const clock = new ManualClock();
        const memory = new MemoryBackend({ maxEntries, clock });
        const cache = chain(clock, [[memory], [remoteBackend(clock), { promotion }]]);
        const model = new Model(clock);
        for (const [n, step] of steps.entries()) {
          const [actual, expected] = await answers(step, n, cache, model, clock);
          expect(actual).toEqual(expected);
        }
        expect(sorted(await cache.getMany(keys))).toEqual(model.all());
      }),
      { numRuns: 150 },
    );
  });
});
