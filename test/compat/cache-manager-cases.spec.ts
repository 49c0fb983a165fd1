import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { createCache as createReal, type Cache as RealCache } from 'cache-manager';
import type { Cache } from '../../lib/compat/cache.js';
import type { CacheManagerOptions } from '../../lib/compat/cache-options.js';
import { createCache as createOurs } from '../../lib/compat/create-cache.js';

class City {
  readonly name = 'Oslo';
}

/** What is common to both, so that each case is tried with both, unchanged. */
type Either = Pick<
  RealCache & Cache,
  'get' | 'mget' | 'ttl' | 'set' | 'mset' | 'del' | 'mdel' | 'clear' | 'wrap' | 'cacheId'
> & {
  on(event: string, listener: (data: never) => void): unknown;
  off(event: string, listener: (data: never) => void): unknown;
  disconnect(): Promise<unknown>;
};

type Options = Pick<CacheManagerOptions, 'ttl' | 'refreshThreshold' | 'nonBlocking' | 'cacheId'>;

const contestants = {
  'cache-manager': (options?: Options) => createReal(options) as unknown as Either,
  'nestjs-cache-tier/compat': (options?: Options) => createOurs(options) as unknown as Either,
};

/** What is done with a cache, and what comes of it. */
interface Case {
  readonly options?: Options;
  readonly run: (cache: Either) => Promise<unknown>;
  readonly expected: unknown;
}

/** Within what two readings of a clock may differ here, in milliseconds. */
const NEAR = 5_000;

const cases: Readonly<Record<string, Case>> = {
  'set answers the value': { run: (cache) => cache.set('a', 'v'), expected: 'v' },
  'get answers what was set': {
    run: async (cache) => {
      await cache.set('a', { deep: [1] });
      return cache.get('a');
    },
    expected: { deep: [1] },
  },
  'get of what is absent is undefined, not null': {
    run: async (cache) => [(await cache.get('a')) === undefined],
    expected: [true],
  },
  'null, false, 0 and the empty text are values': {
    run: async (cache) => {
      const values = [null, false, 0, ''];
      for (const [index, value] of values.entries()) await cache.set(`k${index}`, value);
      return cache.mget(['k0', 'k1', 'k2', 'k3']);
    },
    expected: [null, false, 0, ''],
  },
  'undefined can be set, and is not found': {
    run: async (cache) => [await cache.set('a', undefined), await cache.get('a')],
    expected: [undefined, undefined],
  },
  'undefined takes the place of a value': {
    run: async (cache) => {
      await cache.set('a', 1);
      await cache.set('a', undefined);
      return [await cache.get('a')];
    },
    expected: [undefined],
  },
  'an instance of a class comes back as it is': {
    run: async (cache) => {
      await cache.set('a', new Map([['k', new Date(5)]]));
      await cache.set('b', new City());
      const [map, city] = await cache.mget<object>(['a', 'b']);
      return [map, city?.constructor.name];
    },
    expected: [new Map([['k', new Date(5)]]), 'City'],
  },
  'a value that was got can be changed': {
    run: async (cache) => {
      await cache.set('a', { n: 1 });
      const value = await cache.get<{ n: number }>('a');
      if (value !== undefined) value.n = 2;
      return value;
    },
    expected: { n: 2 },
  },
  'a value is gone when its ttl has ended': {
    run: async (cache) => {
      await cache.set('a', 1, 20);
      await sleep(60);
      return [await cache.get('a'), await cache.ttl('a')];
    },
    expected: [undefined, undefined],
  },
  'without a ttl the default is taken': {
    options: { ttl: 20 },
    run: async (cache) => {
      await cache.set('a', 1);
      await cache.mset([
        { key: 'b', value: 2 },
        { key: 'c', value: 3, ttl: 60_000 },
      ]);
      await sleep(60);
      return cache.mget(['a', 'b', 'c']);
    },
    expected: [undefined, undefined, 3],
  },
  'a ttl of 0 is no end, whatever the default': {
    options: { ttl: 20 },
    run: async (cache) => {
      await cache.set('a', 1, 0);
      await sleep(60);
      return [await cache.get('a'), await cache.ttl('a')];
    },
    expected: [1, undefined],
  },
  'ttl tells when a value ends, in milliseconds since 1970': {
    run: async (cache) => {
      await cache.set('a', 1, 60_000);
      const end = (await cache.ttl('a')) ?? 0;
      return Math.abs(end - Date.now() - 60_000) < NEAR;
    },
    expected: true,
  },
  'ttl of what has no end, or is absent, is undefined': {
    run: async (cache) => {
      await cache.set('a', 1);
      return [await cache.ttl('a'), await cache.ttl('b')];
    },
    expected: [undefined, undefined],
  },
  'mset answers the list, and mget the values in the order of the keys': {
    options: { ttl: 60_000 },
    run: async (cache) => [
      await cache.mset([
        { key: 'a', value: 1 },
        { key: 'b', value: 2, ttl: 5_000 },
      ]),
      await cache.mget(['b', 'absent', 'a', 'b']),
    ],
    expected: [
      [
        { key: 'a', value: 1, ttl: 60_000 },
        { key: 'b', value: 2, ttl: 5_000 },
      ],
      [2, undefined, 1, 2],
    ],
  },
  'of a key that mset is given twice, the last value stays': {
    run: async (cache) => {
      await cache.mset([
        { key: 'x', value: 0, ttl: 60_000 },
        { key: 'a', value: 1 },
        { key: 'a', value: 2, ttl: 60_000 },
        { key: 'b', value: undefined },
      ]);
      return cache.mget(['a', 'b', 'x']);
    },
    expected: [2, undefined, 0],
  },
  'del, mdel and clear answer true, whether there was something or not': {
    run: async (cache) => {
      await cache.mset(['a', 'b', 'c', 'd'].map((key) => ({ key, value: key })));
      const answers = [await cache.del('a'), await cache.del('a'), await cache.mdel(['b', 'x'])];
      const left = await cache.mget(['a', 'b', 'c', 'd']);
      return [...answers, left, await cache.clear(), await cache.mget(['c', 'd'])];
    },
    expected: [true, true, true, [undefined, undefined, 'c', 'd'], true, [undefined, undefined]],
  },
  'cacheId is what was given': {
    options: { cacheId: 'mine' },
    run: async (cache) => cache.cacheId(),
    expected: 'mine',
  },
  'disconnect answers nothing of use': {
    run: async (cache) => typeof (await cache.disconnect()),
    expected: 'undefined',
  },
  'wrap runs the function once, and then not': {
    run: async (cache) => {
      const load = jest.fn(async () => 'v');
      return [await cache.wrap('a', load), await cache.wrap('a', load), load.mock.calls.length];
    },
    expected: ['v', 'v', 1],
  },
  'wrap takes a function that is not asynchronous': {
    run: (cache) => cache.wrap('a', () => 1),
    expected: 1,
  },
  'many who wrap a key at the same time share one run': {
    run: async (cache) => {
      const load = jest.fn(async () => sleep(20, 'v'));
      const answers = await Promise.all(Array.from({ length: 20 }, () => cache.wrap('a', load)));
      return [new Set(answers), load.mock.calls.length];
    },
    expected: [new Set(['v']), 1],
  },
  'null is a value for wrap': {
    run: async (cache) => {
      const load = jest.fn(async () => null);
      return [await cache.wrap('a', load), await cache.wrap('a', load), load.mock.calls.length];
    },
    expected: [null, null, 1],
  },
  'what the function throws reaches the caller as it is, and is not kept': {
    run: async (cache) => {
      const error = new Error('no');
      const failure = await cache.wrap('a', () => Promise.reject(error)).catch((e: unknown) => e);
      return [failure === error, await cache.wrap('a', () => 'now')];
    },
    expected: [true, 'now'],
  },
  'wrap keeps a value for its ttl, given as a number or among options': {
    run: async (cache) => {
      await cache.wrap('a', () => 1, 20);
      await cache.wrap('b', () => 2, { ttl: 20 });
      await cache.wrap('c', () => 3, 60_000);
      await sleep(60);
      return cache.mget(['a', 'b', 'c']);
    },
    expected: [undefined, undefined, 3],
  },
  'wrap takes a ttl that is a function of the value': {
    run: async (cache) => {
      await cache.wrap(
        'a',
        () => 20,
        (value) => value,
      );
      await cache.wrap('b', () => 60_000, { ttl: (value: number) => value });
      await sleep(60);
      return cache.mget(['a', 'b']);
    },
    expected: [undefined, 60_000],
  },
  'wrap with raw answers the value and its end, computed or found': {
    run: async (cache) => {
      const raws = [
        await cache.wrap('a', () => 1, { ttl: 60_000, raw: true }),
        await cache.wrap('a', () => 2, { ttl: 60_000, raw: true }),
      ];
      return raws.map((raw) => [
        Object.keys(raw ?? {}).toSorted(),
        raw?.value,
        Math.abs((raw?.expires ?? 0) - Date.now() - 60_000) < NEAR,
      ]);
    },
    expected: [
      [['expires', 'value'], 1, true],
      [['expires', 'value'], 1, true],
    ],
  },
  'wrap computes a value anew in the background when it has less left than the threshold': {
    run: (cache) => refreshes(cache, (load) => cache.wrap('a', load, 60_000, 60_001)),
    expected: [1, 1, 2, 2],
  },
  'the threshold may be a function of the value': {
    run: (cache) => refreshes(cache, (load) => cache.wrap('a', load, 60_000, () => 60_001)),
    expected: [1, 1, 2, 2],
  },
  'the threshold may stand among options': {
    run: (cache) =>
      refreshes(cache, (load) => cache.wrap('a', load, { ttl: 60_000, refreshThreshold: 60_001 })),
    expected: [1, 1, 2, 2],
  },
  'the threshold may be that of the cache': {
    options: { refreshThreshold: 60_001, ttl: 60_000 },
    run: (cache) => refreshes(cache, (load) => cache.wrap('a', load)),
    expected: [1, 1, 2, 2],
  },
  'a value with more left than the threshold is not computed anew': {
    run: async (cache) => {
      const load = jest.fn(async () => 1);
      for (let call = 0; call < 3; call++) await cache.wrap('a', load, 60_000, 1_000);
      await sleep(20);
      return load.mock.calls.length;
    },
    expected: 1,
  },
  'a value without an end is not computed anew': {
    run: async (cache) => {
      const load = jest.fn(async () => 1);
      for (let call = 0; call < 3; call++) await cache.wrap('a', load, undefined, 60_000);
      await sleep(20);
      return load.mock.calls.length;
    },
    expected: 1,
  },
  'a refresh that fails leaves the old value, and is emitted with it': {
    run: async (cache) => {
      const refreshed = nextEvent(cache, 'refresh');
      await cache.wrap('a', () => 1, 60_000, 60_001);
      await cache.wrap('a', () => Promise.reject(new Error('no')), 60_000, 60_001);
      return [await refreshed, await cache.get('a')];
    },
    expected: [{ key: 'a', value: 1, error: new Error('no') }, 1],
  },
  'with nonBlocking, the answers are the same': {
    options: { nonBlocking: true },
    run: async (cache) => {
      const answers: unknown[] = [await cache.set('a', 1), await cache.get('a')];
      answers.push(await cache.mset([{ key: 'b', value: 2 }]), await cache.mget(['a', 'b']));
      answers.push(await cache.wrap('c', () => 3), await cache.del('a'), await cache.mdel(['b']));
      answers.push(await cache.mget(['a', 'b', 'c']), await cache.clear(), await cache.get('c'));
      return answers;
    },
    expected: [
      1,
      1,
      [{ key: 'b', value: 2, ttl: undefined }],
      [1, 2],
      3,
      true,
      true,
      [undefined, undefined, 3],
      true,
      undefined,
    ],
  },
  'a listener that was taken off hears nothing': {
    run: async (cache) => {
      const heard: unknown[] = [];
      const listener = (data: unknown): void => void heard.push(data);
      cache.on('del', listener);
      await cache.del('a');
      cache.off('del', listener);
      await cache.del('b');
      return heard;
    },
    expected: [{ key: 'a' }],
  },
  'each call emits its event': {
    run: async (cache) => {
      const heard: unknown[] = [];
      for (const event of ['set', 'get', 'mset', 'mget', 'ttl', 'del', 'mdel', 'clear']) {
        cache.on(event, (data: { store?: string } | undefined) => {
          if (data?.store === undefined)
            heard.push(data === undefined ? event : { event, ...data });
        });
      }
      await cache.set('a', 1);
      await cache.get('absent');
      await cache.mset([{ key: 'b', value: 2, ttl: 5 }]);
      await cache.mget(['a', 'absent']);
      await cache.ttl('a');
      await cache.ttl('absent');
      await cache.del('a');
      await cache.mdel(['b']);
      await cache.wrap('c', () => 3);
      await cache.wrap('c', () => 4);
      await cache.clear();
      return heard;
    },
    expected: [
      { event: 'set', key: 'a', value: 1 },
      { event: 'mset', list: [{ key: 'b', value: 2, ttl: 5 }] },
      { event: 'mget', keys: ['a', 'absent'], values: [1, undefined] },
      { event: 'ttl', key: 'a', value: { value: 1, expires: undefined } },
      { event: 'del', key: 'a' },
      { event: 'mdel', keys: ['b'] },
      { event: 'set', key: 'c', value: 3 },
      'clear',
    ],
  },
  'get emits a value that it has found': {
    run: async (cache) => {
      const heard = nextEvent<{ key: string; value: unknown }>(cache, 'get');
      await cache.set('a', 1);
      await cache.get('a');
      const { key, value } = await heard;
      return { key, value };
    },
    expected: { key: 'a', value: 1 },
  },
};

describe.each(Object.entries(contestants))('%s', (_, create) => {
  it.each(Object.entries(cases))('%s', async (__, { options, run, expected }) => {
    const cache = create(options);
    try {
      expect(await run(cache)).toEqual(expected);
    } finally {
      await cache.disconnect();
    }
  });
});

/** What four calls of `wrap` answer, where each one's function would give a new number, and the second one refreshes. */
async function refreshes(
  cache: Either,
  wrap: (load: () => Promise<number>) => Promise<number>,
): Promise<number[]> {
  let runs = 0;
  const load = async (): Promise<number> => ++runs;
  const answers = [await wrap(load)];
  const refreshed = nextEvent(cache, 'refresh');
  answers.push(await wrap(load));
  await refreshed;
  // The second number is in the cache now, and nobody has been given it yet.
  answers.push((await cache.get<number>('a')) ?? 0, runs);
  return answers;
}

function nextEvent<T = unknown>(cache: Either, event: string): Promise<T> {
  return new Promise((resolve) => {
    cache.on(event, (data: T) => resolve(data));
  });
}
