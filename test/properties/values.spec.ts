import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import type { Codec } from '../../lib/contract/codec.js';
import type { CopyMode } from '../../lib/core/copy.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { InvalidOptionError, SerializationError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { isSame, storableValue } from '../codecs/values.js';
import { chain, memoryOnly, remoteBackend, twoTiers } from '../core/helpers.js';
import { hostiles, Thrown, validKey, type Hostile } from './arbitraries.js';
import { Canary, outcomeOf, watchRejections, demand } from './canary.js';

watchRejections();

interface Setting {
  readonly title: string;
  /** Whether memory hands out the very object that it was given. */
  readonly byReference: boolean;
  readonly make: () => TieredCache;
}

function inMemory(copy: CopyMode): Setting {
  const make = (): TieredCache => memoryOnly({ copy }).cache;
  return { title: `memory, copy: ${copy}`, byReference: copy !== 'clone', make };
}

function measured(copy: CopyMode): Setting {
  const tiers = [memoryTier({ maxBytes: 2 ** 40 })];
  const make = (): TieredCache => createTieredCache({ copy, clock: new ManualClock(), tiers });
  return {
    title: `memory with a limit in bytes, copy: ${copy}`,
    byReference: copy !== 'clone',
    make,
  };
}

function asBytes(codec: Codec): Setting {
  const make = (): TieredCache => {
    const clock = new ManualClock();
    return chain(clock, [[remoteBackend(clock)]], { codec });
  };
  return { title: `bytes as ${codec.name}`, byReference: false, make };
}

function onTwoTiers(copy: CopyMode): Setting {
  const make = (): TieredCache => twoTiers({ copy }).cache;
  return { title: `memory and bytes, copy: ${copy}`, byReference: copy !== 'clone', make };
}

const settings: readonly Setting[] = [
  inMemory('freeze'),
  inMemory('clone'),
  inMemory('none'),
  measured('freeze'),
  measured('none'),
  asBytes(new JsonCodec()),
  asBytes(new MsgpackCodec()),
  onTwoTiers('freeze'),
  onTwoTiers('clone'),
];

const KEY = 'under attack';

/** Each way of storing a value, and what it says of the value itself. */
const ways: Readonly<Record<string, (cache: TieredCache, value: unknown) => Promise<unknown>>> = {
  set: (cache, value) => cache.set(KEY, value),
  setMany: (cache, value) => cache.setMany([[KEY, value]]),
  update: (cache, value) => cache.update(KEY, value),
};

const loads: typeof ways = {
  getOrCompute: (cache, value) => cache.getOrCompute(KEY, () => value),
  refresh: (cache, value) => cache.refresh(KEY, () => value),
};

/** What a loader answers is awaited before anybody looks at it, and what that throws is the loader's error. */
function isOfLoader(error: unknown): boolean {
  return error instanceof Thrown || (error instanceof TypeError && /revoked/.test(error.message));
}

function canBeAwaited(value: unknown): boolean {
  try {
    return typeof Reflect.get(Object(value), 'then') !== 'function';
  } catch {
    return false;
  }
}

/** The value as it is asked for, where asking can be waited for. */
async function read(cache: TieredCache): Promise<unknown> {
  const [value] = (await cache.getMany([KEY])).values();
  if (value === undefined) return undefined;
  const { value: got } = await outcomeOf(() => cache.get(KEY));
  return got;
}

/** Values that cannot be compared with anything, because they cannot be looked at or change. */
const INCOMPARABLE =
  /cycle|holds itself|levels|throws|another value|revoked|traps|not frozen|cannot be read/;

function expectSame(actual: unknown, given: unknown, byReference: boolean, title: string): void {
  if (byReference) demand(Object.is(actual, given)).toBe(true);
  else if (!INCOMPARABLE.test(title)) demand([title, isSame(actual, given)]).toEqual([title, true]);
}

describe.each(settings)('$title', ({ make, byReference }) => {
  it.each(Object.entries(ways))('%s keeps a value as it is, or refuses it', async (_way, store) => {
    expect.hasAssertions();
    const cache = make();
    const canary = await Canary.in(cache);
    for (const { title, make: makeValue } of hostiles) {
      const value = makeValue();
      const { error } = await outcomeOf(() => store(cache, value));
      if (error === undefined) {
        expectSame(await read(cache), value, byReference, title);
      } else {
        demand([InvalidOptionError, SerializationError]).toContain(error.constructor);
        demand(await cache.get(KEY)).toBeUndefined();
      }
      await cache.remove(KEY);
    }
    await canary.expectAlive();
    await cache.close();
  });

  it.each(Object.entries(loads))(
    '%s answers what was loaded, or refuses it',
    async (_way, load) => {
      expect.hasAssertions();
      const cache = make();
      const canary = await Canary.in(cache);
      for (const { title, make: makeValue } of hostiles) {
        const value = makeValue();
        // What never ends is waited for: that is for a limit of time to judge.
        if (title === 'a thenable that never ends') continue;
        const { value: got, error } = await outcomeOf(() => load(cache, value), isOfLoader);
        if (error === undefined && canBeAwaited(value)) {
          expectSame(got, value, byReference, title);
          expectSame(await read(cache), value, byReference, title);
        } else if (error !== undefined && !isOfLoader(error)) {
          demand(error).toBeInstanceOf(SerializationError);
          demand(await cache.get(KEY)).toBeUndefined();
        }
        await cache.remove(KEY);
      }
      await canary.expectAlive();
      await cache.close();
    },
  );

  it('getOrComputeMany answers what was loaded, or refuses it', async () => {
    expect.hasAssertions();
    const cache = make();
    const canary = await Canary.in(cache);
    for (const { title, make: makeValue } of hostiles) {
      const value = makeValue();
      const { value: got, error } = await outcomeOf(() =>
        cache.getOrComputeMany([KEY, 'other'], () => [
          [KEY, value],
          ['other', 1],
        ]),
      );
      if (error === undefined) {
        const answer = got as Map<string, unknown>;
        demand(answer.get('other')).toBe(1);
        expectSame(answer.get(KEY), value, byReference, title);
        expectSame(await read(cache), value, byReference, title);
      } else {
        demand([InvalidOptionError, SerializationError]).toContain(error.constructor);
        demand(await cache.get(KEY)).toBeUndefined();
      }
      await cache.removeMany([KEY, 'other']);
    }
    await canary.expectAlive();
    await cache.close();
  });

  it('gives back whatever can be stored, under whatever key', async () => {
    const cache = make();
    const canary = await Canary.in(cache);
    await fc.assert(
      fc.asyncProperty(validKey, storableValue, async (key, value) => {
        fc.pre(value !== undefined);
        await cache.set(key, value);
        expect(isSame(await cache.get(key), value)).toBe(true);
        expect(isSame((await cache.getMany([key])).get(key), value)).toBe(true);
        await cache.remove(key);
      }),
      { numRuns: 60 },
    );
    await canary.expectAlive();
    await cache.close();
  });
});

describe('a bad value among good ones', () => {
  it('is refused with all of them, before anything is stored', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...hostiles),
        fc.integer({ min: 0, max: 2 }),
        async ({ make }: Hostile, at) => {
          const { cache, remote } = twoTiers();
          const entries = [
            ['a', 1],
            ['b', 2],
          ].toSpliced(at, 0, [KEY, make() as string]) as [string, unknown][];
          const { error } = await outcomeOf(() => cache.setMany(entries));
          for (const key of ['a', 'b']) {
            expect((await cache.get(key)) === undefined).toBe(error !== undefined);
            expect((await remote.get(`default::${key}`)) === undefined).toBe(error !== undefined);
          }
          await cache.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('entries', () => {
  it('that are no list of pairs are refused, and named', async () => {
    expect.hasAssertions();
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    for (const { make } of hostiles) {
      for (const entries of [make(), [make()], [['a', 1], make()]]) {
        const { error } = await outcomeOf(() => cache.setMany(entries as [string, unknown][]));
        if (error instanceof InvalidOptionError)
          demand(['entries', 'value']).toContain(error.option);
        if (error !== undefined) demand(await cache.get('a')).toBeUndefined();
        await cache.remove('a');
      }
    }
    await canary.expectAlive();
    await cache.close();
  });

  it('that a loader answers are refused where they are none, and the loader is named', async () => {
    expect.hasAssertions();
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    for (const { title, make } of hostiles) {
      for (const answer of [make(), [make()], [['a', 1], make()]]) {
        if (title === 'a thenable that never ends') continue;
        const { error } = await outcomeOf(
          () => cache.getOrComputeMany(['a'], () => answer as [string, unknown][]),
          isOfLoader,
        );
        if (error instanceof InvalidOptionError) demand(error.option).toBe('loadMissing()');
        await cache.remove('a');
      }
    }
    await canary.expectAlive();
    await cache.close();
  });
});
