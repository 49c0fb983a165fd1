import { describe, expect, it } from '@jest/globals';
import {
  asked,
  deferred,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  reads,
  recordEvents,
  settle,
  twoTiers,
  writes,
} from './helpers.js';

guardRejections();

/** A batch loader that answers `value of <key>` for each key but those that it lacks, and notes what it was to load. */
function loaderOf(...lacking: string[]) {
  const batches: (readonly string[])[] = [];
  const load = async (missing: readonly string[]): Promise<[string, string][]> => {
    batches.push(missing);
    return missing.filter((key) => !lacking.includes(key)).map((key) => [key, `value of ${key}`]);
  };
  return { load, batches };
}

describe('getOrComputeMany', () => {
  it('loads all that no tier has with one call, and stores it with one round trip', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('stored', 'stored value');
    const before = { reads: reads(remote), writes: writes(remote) };
    const keys = ['stored', ...Array.from({ length: 200 }, (_, i) => `key ${i}`)];
    const { load, batches } = loaderOf();
    const values = await cache.getOrComputeMany(keys, load);
    expect(values.size).toBe(201);
    expect(values.get('stored')).toBe('stored value');
    expect(values.get('key 7')).toBe('value of key 7');
    expect(batches).toEqual([keys.slice(1)]);
    expect(reads(remote) - before.reads).toBe(1);
    expect(writes(remote) - before.writes).toBe(1);
    expect(await neighbour.get('key 7')).toBe('value of key 7');

    await cache.getOrComputeMany(keys, mustNotLoad);
    expect(reads(remote) - before.reads).toBe(2);
  });

  it('answers in the order of the keys, whoever answers them', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.set('held', 1);
    await neighbour.set('stored', 2);
    const { load } = loaderOf('lacking');

    const keys = ['loaded', 'lacking', 'held', 'stored'];
    expect([...(await cache.getMany(keys)).keys()]).toEqual(['held', 'stored']);
    const computed = await cache.getOrComputeMany<unknown>(keys, load);
    expect([...computed.keys()]).toEqual(['loaded', 'held', 'stored']);
  });

  it('asks for a key that is given twice once', async () => {
    const { cache } = twoTiers();
    const { load, batches } = loaderOf();
    const values = await cache.getOrComputeMany(['a', 'b', 'a', 'b'], load);
    expect(batches).toEqual([['a', 'b']]);
    expect([...values.keys()]).toEqual(['a', 'b']);
  });

  it('loads nothing when no key is given, or all are there', async () => {
    const { cache, remote } = twoTiers();
    expect((await cache.getOrComputeMany([], mustNotLoad)).size).toBe(0);
    expect(reads(remote)).toBe(0);
    await cache.set('a', 1);
    expect(await cache.getOrComputeMany(['a'], mustNotLoad)).toEqual(new Map([['a', 1]]));
  });

  it('holds a key that the answer lacks to be absent, and does not keep that', async () => {
    const { cache } = twoTiers();
    const { load, batches } = loaderOf('b');
    expect([...(await cache.getOrComputeMany(['a', 'b'], load)).keys()]).toEqual(['a']);
    expect([...(await cache.getOrComputeMany(['a', 'b'], load)).keys()]).toEqual(['a']);
    expect(batches).toEqual([['a', 'b'], ['b']]);
  });

  it('keeps that a key is absent for the negativeTtl', async () => {
    const { cache, clock } = twoTiers();
    const { load, batches } = loaderOf('b');
    const options = { ttl: 10_000, negativeTtl: 100 };
    await cache.getOrComputeMany(['a', 'b'], load, options);
    await clock.advance(99);
    expect([...(await cache.getOrComputeMany(['a', 'b'], load, options)).keys()]).toEqual(['a']);
    expect(batches).toHaveLength(1);
    await clock.advance(1);
    await cache.getOrComputeMany(['a', 'b'], load, options);
    expect(batches).toEqual([['a', 'b'], ['b']]);
  });

  it('takes null for a value', async () => {
    const { cache } = twoTiers();
    expect(await cache.getOrComputeMany(['a'], async () => [['a', null]])).toEqual(
      new Map([['a', null]]),
    );
    expect(await cache.getOrComputeMany(['a'], mustNotLoad)).toEqual(new Map([['a', null]]));
  });

  it('ignores what the answer holds beyond what was asked for, bad keys included', async () => {
    const { cache } = twoTiers();
    const found = await cache.getOrComputeMany(['a'], async () => [
      ['a', 1],
      ['b', 2],
      ['', 3],
      ['\0c', 4],
    ]);
    expect(found).toEqual(new Map([['a', 1]]));
    expect(await cache.get('b')).toBeUndefined();
  });

  it('tells the loader the keys as the caller gave them, in a namespace too', async () => {
    const { cache } = twoTiers();
    const { load, batches } = loaderOf();
    const values = await cache.namespace('users').getOrComputeMany(['a', 'b'], load);
    expect(batches).toEqual([['a', 'b']]);
    expect(values.get('b')).toBe('value of b');
    expect(await cache.namespace('users').get('a')).toBe('value of a');
    expect(await cache.get('a')).toBeUndefined();
  });

  it('does not keep the values that unless says, one by one', async () => {
    const { cache } = twoTiers();
    const { load, batches } = loaderOf();
    const options = { unless: (value: string): boolean => value === 'value of b' };
    expect((await cache.getOrComputeMany(['a', 'b'], load, options)).size).toBe(2);
    await cache.getOrComputeMany(['a', 'b'], load, options);
    expect(batches).toEqual([['a', 'b'], ['b']]);
  });

  it('counts each key once, and a batch as one load', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('below', 1);
    await cache.set('above', 1);
    const events = recordEvents(cache);
    await cache.getOrComputeMany<unknown>(['above', 'below', 'a', 'b'], loaderOf().load);
    expect(asked(cache)).toBe(4);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 2, loads: 1 });
    expect(events.filter(({ type }) => type === 'load')).toEqual([
      { type: 'load', duration: 0, keys: 2 },
    ]);
  });
});

describe('a batch and others that load at the same time', () => {
  it('joins what others are loading, and loads the rest itself', async () => {
    const { cache } = twoTiers();
    const loading = deferred<string>();
    const single = cache.getOrCompute('a', () => loading.promise);
    await settle();
    const { load, batches } = loaderOf();
    const batch = cache.getOrComputeMany(['a', 'b'], load);
    await settle();
    expect(batches).toEqual([['b']]);
    loading.resolve('a of the other');
    expect(await batch).toEqual(
      new Map([
        ['b', 'value of b'],
        ['a', 'a of the other'],
      ]),
    );
    expect(await single).toBe('a of the other');
    expect(cache.stats()).toMatchObject({ coalesced: 1, loads: 2, misses: 2 });
  });

  it('is joined by other batches and by single calls', async () => {
    const { cache, remote } = twoTiers();
    const loading = deferred<Map<string, string>>();
    const first = cache.getOrComputeMany(['a', 'b'], () => loading.promise);
    const { load, batches } = loaderOf();
    const second = cache.getOrComputeMany(['b', 'c'], load);
    const single = cache.getOrCompute('a', mustNotLoad);
    await settle();
    expect(batches).toEqual([['c']]);
    loading.resolve(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect([...(await first).values()]).toEqual(['1', '2']);
    expect(Object.fromEntries(await second)).toEqual({ b: '2', c: 'value of c' });
    expect(await single).toBe('1');
    expect(reads(remote)).toBe(2);
  });

  it('lets go of a key that has been found: who wants it does not wait for the load of the others', async () => {
    const { cache, neighbour, remote } = twoTiers({}, { promotion: false });
    await neighbour.set('a', 'stored');
    const loading = deferred<Map<string, string>>();
    remote.hang('getMany');
    const batch = cache.getOrComputeMany(['a', 'b'], () => loading.promise);
    const during = cache.getOrCompute('a', mustNotLoad);
    remote.heal();
    expect(await during).toBe('stored');
    expect(await cache.getOrCompute('a', mustNotLoad)).toBe('stored');
    loading.reject(new Error('load'));
    await expect(batch).rejects.toThrow('load');
  });

  it('does not hold up a plain get', async () => {
    const { cache } = memoryOnly();
    const loading = deferred<Map<string, string>>();
    const batch = cache.getOrComputeMany(['a'], () => loading.promise);
    expect(await cache.get('a')).toBeUndefined();
    loading.resolve(new Map());
    await batch;
  });

  it('passes its error on to all who have joined, and nothing is kept', async () => {
    const { cache, remote } = twoTiers();
    const error = new Error('load');
    const batch = cache.getOrComputeMany(['a', 'b'], () => Promise.reject(error));
    const other = cache.getOrComputeMany(['b'], mustNotLoad);
    const single = cache.getOrCompute('a', mustNotLoad);
    const outcomes = await Promise.allSettled([batch, other, single]);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([
      error,
      error,
      error,
    ]);
    expect(writes(remote)).toBe(0);
    expect(cache.stats()).toMatchObject({ loads: 1, loadErrors: 1 });
    const { load, batches } = loaderOf();
    await cache.getOrComputeMany(['a', 'b'], load);
    expect(batches).toEqual([['a', 'b']]);
  });

  it('passes on the error of a load that it has joined, and keeps what it has loaded itself', async () => {
    const { cache } = twoTiers();
    const loading = deferred<string>();
    const single = cache.getOrCompute('a', () => loading.promise);
    const batch = cache.getOrComputeMany(['a', 'b'], loaderOf().load);
    await settle();
    loading.reject(new Error('load'));
    await expect(batch).rejects.toThrow('load');
    await expect(single).rejects.toThrow('load');
    expect(await cache.get('b')).toBe('value of b');
  });

  it('fails with a typed error for a loader that throws at once or is none', async () => {
    const { cache } = memoryOnly();
    await expect(cache.getOrComputeMany(['a'], mustNotLoad)).rejects.toThrow('was called');
    await expect(cache.getOrComputeMany(['a'], {} as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'loadMissing',
    });
  });
});
