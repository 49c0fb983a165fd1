import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  InvalidOptionError,
  InvalidTtlError,
  SerializationError,
} from '../../lib/contract/errors.js';
import { MAX_TTL } from '../../lib/contract/ttl.js';
import type { ComputeOptions } from '../../lib/core/call-options.js';
import { LOAD_POLICY_OPTIONS } from '../../lib/core/loading/load-policy.js';
import { parseTtl } from '../../lib/core/parse-ttl.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { twoTiers } from '../core/helpers.js';
import { anyHostile, anyText, hostiles, meaningfulText, Thrown } from './arbitraries.js';
import { Canary, outcomeOf, watchRejections, demand } from './canary.js';

watchRejections();

type Call = (cache: TieredCache, options: never) => unknown;

const reads: Readonly<Record<string, Call>> = {
  get: (cache, options) => cache.get('a', options),
  expire: (cache, options) => cache.expire('a', options),
  getMany: (cache, options) => cache.getMany(['a'], options),
};
const stores: Readonly<Record<string, Call>> = {
  set: (cache, options) => cache.set('a', { n: 1 }, options),
  setMany: (cache, options) => cache.setMany([['a', { n: 1 }]], options),
  update: (cache, options) => cache.update('a', { n: 1 }, options),
};
const loads: Readonly<Record<string, Call>> = {
  getOrCompute: (cache, options) => cache.getOrCompute('a', () => ({ n: 1 }), options),
  getOrComputeMany: (cache, options) =>
    cache.getOrComputeMany(['a'], () => [['a', { n: 1 }]], options),
  refresh: (cache, options) => cache.refresh('a', () => ({ n: 1 }), options),
};
const removals: Readonly<Record<string, Call>> = {
  remove: (cache, options) => cache.remove('a', options),
  removeMany: (cache, options) => cache.removeMany(['a'], options),
};
const warmUps: Readonly<Record<string, Call>> = {
  warmUp: (cache, options) => cache.warmUp(['a'], () => ({ n: 1 }), options),
};

const calls = [
  ...named(reads, ['type']),
  ...named(stores, ['ttl', 'staleFor', 'jitter', 'tags', 'type']),
  ...named(loads, ['ttl', 'tags', 'type', 'unless', ...Object.keys(LOAD_POLICY_OPTIONS)]),
  ...named(removals, ['holdFor']),
  ...named(warmUps, ['ttl', 'concurrency', 'onProgress', 'progressEvery', 'signal']),
];

function named(
  verbs: Readonly<Record<string, Call>>,
  options: readonly string[],
): { verb: string; call: Call; option: string }[] {
  return Object.entries(verbs).flatMap(([verb, call]) =>
    options.map((option) => ({ verb, call, option })),
  );
}

/** A function of the caller's has thrown: a condition, or a class that makes what it should not. */
function isOfCaller(error: unknown): boolean {
  return (
    error instanceof Thrown ||
    (error instanceof TypeError && !/of (undefined|null)/.test(error.message))
  );
}

describe('the options of a call', () => {
  it.each(calls)('$option of $verb is taken, or refused by name', async ({ call, option }) => {
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    for (const { title, make } of hostiles) {
      await cache.remove('a');
      const options = { [option]: make() } as never;
      const isCalled = option === 'unless' || option === 'onProgress';
      const { error } = await outcomeOf(
        () => call(cache, options),
        isCalled ? isOfCaller : undefined,
      );
      if (error === undefined || isCalled || error instanceof SerializationError) continue;
      expect([InvalidOptionError, InvalidTtlError]).toContain(error.constructor);
      expect([title, error.message]).toEqual([title, expect.stringContaining(`"${option}`)]);
    }
    await canary.expectAlive();
    await cache.close();
  });

  it.each(Object.entries({ ...reads, ...stores, ...loads, ...removals }))(
    'are refused by %s where they are none',
    async (_verb, call) => {
      expect.hasAssertions();
      const { cache } = twoTiers();
      const canary = await Canary.in(cache);
      for (const { title, make } of hostiles) {
        await cache.remove('a');
        const options = make() as never;
        const { error } = await outcomeOf(() => call(cache, options));
        if (error === undefined) {
          demand([title, Object.keys(options ?? {})]).toEqual([title, []]);
        } else {
          demand([title, error.constructor]).toEqual([title, InvalidOptionError]);
        }
      }
      await canary.expectAlive();
      await cache.close();
    },
  );

  it('are refused where a name is wrong, whatever it is', async () => {
    const { cache } = twoTiers();
    await fc.assert(
      fc.asyncProperty(anyText, async (name) => {
        const options = Object.fromEntries([[name, 1]]) as ComputeOptions;
        fc.pre(!['ttl', 'tags', 'type'].includes(name));
        const { error } = await outcomeOf(() => cache.set('a', 1, options));
        expect(error).toBeInstanceOf(InvalidOptionError);
        expect(await cache.get('a')).toBeUndefined();
      }),
      { numRuns: 40 },
    );
    await cache.close();
  });

  it('hold for what a loader asks for while it loads, too', async () => {
    expect.hasAssertions();
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    for (const { make } of hostiles) {
      for (const ask of ['setTtl', 'addTags'] as const) {
        const { error } = await outcomeOf(() =>
          cache.getOrCompute('a', (context) => {
            context[ask](make() as never);
            return 1;
          }),
        );
        if (error === undefined) demand(await cache.get('a')).toBe(1);
        else demand(error.message).toContain(`"context.${ask}"`);
        await cache.remove('a');
      }
    }
    await canary.expectAlive();
    await cache.close();
  });
});

describe('arguments that are no keys, values or options', () => {
  const others: Readonly<Record<string, (cache: TieredCache, value: never) => unknown>> = {
    'the loader of getOrCompute': (cache, value) => cache.getOrCompute('a', value),
    'the loader of getOrComputeMany': (cache, value) => cache.getOrComputeMany(['a'], value),
    'the loader of refresh': (cache, value) => cache.refresh('a', value),
    'the name of a namespace': (cache, value) => cache.namespace(value),
    'the name of a tier': (cache, value) => cache.backend(value),
    'the tags of invalidateTags': (cache, value) => cache.invalidateTags(value),
    'the options of invalidations': (cache, value) => cache.invalidations(value),
    'the place where invalidations begin': (cache, value) => cache.invalidations({ since: value }),
  };

  it.each(Object.entries(others))('%s: what is none is refused', async (title, call) => {
    expect.hasAssertions();
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    const isLoader = title.startsWith('the loader');
    for (const { make } of hostiles) {
      const { error } = await outcomeOf(
        () => call(cache, make() as never),
        isLoader ? isOfCaller : undefined,
      );
      if (error !== undefined && !isOfCaller(error))
        demand(error).toBeInstanceOf(InvalidOptionError);
      await cache.remove('a');
    }
    await canary.expectAlive();
    await cache.close();
  });
});

describe('parseTtl', () => {
  it('makes of anything a whole number of milliseconds in range, or refuses it by name', () => {
    const amount = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.bigInt(),
      fc.constantFrom(0, -0, NaN, Infinity, MAX_TTL, MAX_TTL + 1, 0.4, 5e-324),
    );
    const duration = fc
      .tuple(amount, fc.constantFrom('', 'ms', 's', 'm', 'h', 'd', 'w', 'M', 'ms ', 'x'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof<fc.Arbitrary<unknown>[]>(amount, duration, anyText), (ttl) => {
        let parsed: number;
        try {
          parsed = parseTtl(ttl as never, 'ttl');
        } catch (error) {
          demand(error).toBeInstanceOf(InvalidTtlError);
          demand(String(error)).toContain('"ttl"');
          return;
        }
        expect(Number.isSafeInteger(parsed) && parsed >= 1 && parsed <= MAX_TTL).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

describe('tags', () => {
  const validTag = meaningfulText.filter(
    (tag) => tag !== '' && tag.length <= 256 && !tag.includes('\0'),
  );

  it('of whatever text void what has them, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(validTag, { minLength: 2, maxLength: 8 }),
        async ([voided = '', ...others]) => {
          const { cache } = twoTiers();
          const canary = await Canary.in(cache);
          await cache.set('has', 1, { tags: [voided] });
          await cache.set('has it among others', 1, { tags: [...others, voided, voided] });
          await cache.set('has others', 1, { tags: others });
          await cache.namespace('inner').set('has', 1, { tags: [voided] });
          await cache.set(voided, 1);
          await cache.invalidateTags([voided]);
          expect(await cache.get('has')).toBeUndefined();
          expect(await cache.get('has it among others')).toBeUndefined();
          expect(await cache.namespace('inner').get('has')).toBeUndefined();
          expect(await cache.get('has others')).toBe(1);
          expect(await cache.get(voided)).toBe(1);
          await canary.expectAlive();
          await cache.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are taken or refused by all that takes them, and alike', async () => {
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    const tag = fc.oneof(
      anyText.map((text) => () => text),
      anyHostile.map(({ make }) => make),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(tag, { maxLength: 3 }), async (makers) => {
        const tags = makers.map((make) => make()) as string[];
        const outcomes = [
          await outcomeOf(() => cache.set('a', 1, { tags })),
          await outcomeOf(() => cache.invalidateTags(tags)),
          await outcomeOf(() => cache.getOrCompute('b', () => 1, { tags })),
        ];
        const [first] = outcomes;
        for (const { error } of outcomes) {
          expect(error?.constructor).toBe(first?.error?.constructor);
          if (error !== undefined) demand(error).toMatchObject({ option: 'tags' });
        }
        await cache.removeMany(['a', 'b']);
      }),
      { numRuns: 120 },
    );
    await canary.expectAlive();
    await cache.close();
  });
});
