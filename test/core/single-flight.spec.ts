import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  chain,
  counted,
  deferred,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  reads,
  remoteBackend,
  settle,
  twoTiers,
} from './helpers.js';

guardRejections();

describe('getOrCompute', () => {
  it('loads what no tier has, keeps it in all, and does not load it again', async () => {
    const { cache, neighbour } = twoTiers();
    const loader = counted(() => ({ id: 1 }));
    expect(await cache.getOrCompute('key', loader)).toEqual({ id: 1 });
    expect(await cache.getOrCompute('key', loader)).toEqual({ id: 1 });
    expect(await cache.get('key')).toEqual({ id: 1 });
    expect(await neighbour.get('key')).toEqual({ id: 1 });
    expect(loader.runs).toBe(1);
  });

  it('does not load what a lower tier has, and promotes it', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('key', 'value');
    expect(await cache.getOrCompute('key', mustNotLoad)).toBe('value');
    expect(cache.peek('key')).toBe('value');
  });

  it('loads again when the ttl has ended', async () => {
    const { cache, clock } = twoTiers();
    const loader = counted(() => 'value');
    await cache.getOrCompute('key', loader, { ttl: 100 });
    await clock.advance(99);
    await cache.getOrCompute('key', loader, { ttl: 100 });
    expect(loader.runs).toBe(1);
    await clock.advance(1);
    await cache.getOrCompute('key', loader, { ttl: 100 });
    expect(loader.runs).toBe(2);
  });

  it('tells the loader the key as the caller gave it', async () => {
    const { cache } = memoryOnly();
    const users = cache.namespace('users');
    expect(await users.getOrCompute('7', ({ key }) => `user ${key}`)).toBe('user 7');
  });

  it('takes a loader that answers at once, too', async () => {
    const { cache } = memoryOnly();
    expect(await cache.getOrCompute('key', () => 1)).toBe(1);
  });
});

describe('single flight', () => {
  it('begins at the first miss: 10,000 callers are 1 load and 1 read of the lower tier', async () => {
    const { cache, remote } = twoTiers();
    const loading = deferred<string>();
    const loader = counted(() => loading.promise);
    const callers = Array.from({ length: 10_000 }, () => cache.getOrCompute('key', loader));
    await settle();
    loading.resolve('value');
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']));
    expect(loader.runs).toBe(1);
    expect(reads(remote)).toBe(1);
    expect(cache.stats()).toMatchObject({ misses: 1, coalesced: 9_999, loads: 1 });
  });

  it('serves callers that come while the look-up, the load and the write are under way', async () => {
    const { cache, remote } = twoTiers();
    const loading = deferred<string>();
    const loader = counted(() => loading.promise);
    remote.hang('getWithTtl');
    const first = cache.getOrCompute('key', loader);
    await settle();
    const second = cache.getOrCompute('key', mustNotLoad);
    remote.heal();
    await settle();
    const third = cache.getOrCompute('key', mustNotLoad);
    remote.hang('setWithTtl');
    loading.resolve('value');
    await settle();
    const fourth = cache.getOrCompute('key', mustNotLoad);
    remote.heal();
    expect(await Promise.all([first, second, third, fourth])).toEqual(Array(4).fill('value'));
    expect(reads(remote)).toBe(1);
  });

  it('works for 50 callers over three tiers, and for 30 whose value is in the third', async () => {
    const clock = new ManualClock();
    const memory = new MapBackend({ name: 'memory', clock });
    const middle = remoteBackend(clock, 'middle');
    const bottom = remoteBackend(clock, 'bottom');
    const cache = chain(clock, [[memory], [middle], [bottom]]);
    await chain(clock, [[bottom]]).set('stored', 'value');
    const loader = counted(() => 'loaded');
    const callers = Array.from({ length: 50 }, () => cache.getOrCompute('key', loader));
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['loaded']));
    expect(loader.runs).toBe(1);
    expect([reads(middle), reads(bottom)]).toEqual([1, 1]);

    const readers = Array.from({ length: 30 }, () => cache.getOrCompute('stored', mustNotLoad));
    expect(new Set(await Promise.all(readers))).toEqual(new Set(['value']));
    expect([reads(middle), reads(bottom)]).toEqual([2, 2]);
    expect(cache.peek('stored')).toBe('value');
  });

  it('loads different keys at the same time', async () => {
    const { cache } = memoryOnly();
    const slow = deferred<string>();
    const waiting = cache.getOrCompute('slow', () => slow.promise);
    expect(await cache.getOrCompute('fast', () => 'fast')).toBe('fast');
    slow.resolve('slow');
    expect(await waiting).toBe('slow');
  });

  it('lets a compute join the look-up that a get has begun', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', 'value');
    remote.hang('getWithTtl');
    const getting = cache.get('key');
    const computing = cache.getOrCompute('key', mustNotLoad);
    await settle();
    expect(reads(remote)).toBe(1);
    remote.heal();
    expect(await Promise.all([getting, computing])).toEqual(['value', 'value']);
    expect(reads(remote)).toBe(1);
    expect(cache.stats()).toMatchObject({ hits: 1, coalesced: 1, misses: 0 });
  });

  it('loads once when computes join the look-up of a get that finds nothing', async () => {
    const { cache, remote } = twoTiers();
    const loader = counted(() => 'value');
    remote.hang('getWithTtl');
    const getting = cache.get('key');
    const computing = Array.from({ length: 5 }, () => cache.getOrCompute('key', loader));
    remote.heal();
    expect(await getting).toBeUndefined();
    expect(await Promise.all(computing)).toEqual(Array(5).fill('value'));
    expect(loader.runs).toBe(1);
    expect(reads(remote)).toBe(1);
  });

  it('begins anew after each load: nothing is left of it', async () => {
    const { cache } = memoryOnly();
    const loader = counted(() => 'value');
    for (let run = 1; run <= 3; run++) {
      await cache.getOrCompute('key', loader, { unless: () => true });
      expect(loader.runs).toBe(run);
    }
  });
});

describe('a plain get', () => {
  it('does not wait for a load that is under way', async () => {
    const { cache } = twoTiers();
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    expect(await cache.get('key')).toBeUndefined();
    expect((await cache.getMany(['key'])).size).toBe(0);
    loading.resolve('value');
    expect(await computing).toBe('value');
    expect(await cache.get('key')).toBe('value');
  });

  it('joins the look-up of a compute, and hears nothing of its load or of its error', async () => {
    const { cache, remote } = twoTiers();
    remote.hang('getWithTtl');
    const computing = cache.getOrCompute('key', () => Promise.reject(new Error('load')));
    const getting = cache.get('key');
    remote.heal();
    expect(await getting).toBeUndefined();
    await expect(computing).rejects.toThrow('load');
    expect(reads(remote)).toBe(1);
  });

  it('answers what the tiers hold while a refresh is under way', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', 'old');
    const loading = deferred<string>();
    const refreshing = cache.refresh('key', () => loading.promise);
    expect(await cache.get('key')).toBe('old');
    expect(reads(remote)).toBe(1);
    loading.resolve('new');
    expect(await refreshing).toBe('new');
    expect(await cache.get('key')).toBe('new');
  });
});

describe("a loader's error", () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('load'))],
    [
      'throws',
      () => {
        throw new Error('load');
      },
    ],
  ])('reaches every caller, once, when it %s, and is not kept', async (_, loader) => {
    const { cache, remote } = twoTiers();
    const callers = Array.from({ length: 20 }, () => cache.getOrCompute('key', loader));
    const outcomes = await Promise.allSettled(callers);
    const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason);
    expect(reasons).toHaveLength(20);
    expect(new Set(reasons).size).toBe(1);
    expect(reasons[0]).toEqual(new Error('load'));
    expect(cache.stats()).toMatchObject({ loads: 1, loadErrors: 1, misses: 1, coalesced: 19 });
    expect(await cache.get('key')).toBeUndefined();
    expect(remote.calls('setWithTtl')).toBe(0);
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
  });

  it('is passed on as it is, whatever was thrown', async () => {
    const { cache } = memoryOnly();
    const reason: unknown = { not: 'an error' };
    const loading = deferred<string>();
    loading.reject(reason);
    await expect(cache.getOrCompute('key', () => loading.promise)).rejects.toBe(reason);
  });

  it('of an aborted load leaves nothing behind: the next call loads again', async () => {
    const { cache } = twoTiers();
    const abort = new AbortController();
    const loader = (): Promise<never> =>
      new Promise((_, reject) => {
        abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error));
      });
    const first = cache.getOrCompute('key', loader);
    const second = cache.getOrCompute('key', loader);
    await settle();
    abort.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
  });
});

describe('a loader that never settles', () => {
  it('holds up neither plain gets nor other keys, and ends with a removal for those who come after', async () => {
    const { cache } = twoTiers();
    void cache.getOrCompute('key', () => new Promise<string>(() => undefined));
    await settle();
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrCompute('other', () => 'other')).toBe('other');
    await cache.remove('key');
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
  });
});

describe('joining a look-up that fails by a mistake of whoever began it', () => {
  class Place {
    constructor(readonly name: string) {}
  }

  it('is not the mistake of who joins: with the type, the value is there', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', new Place('Ede'), { type: Place });
    remote.hang('getWithTtl');
    const mistaken = cache.get('key');
    const right = cache.get('key', { type: Place });
    const computing = cache.getOrCompute<Place>('key', mustNotLoad, { type: Place });
    remote.heal();
    await expect(mistaken).rejects.toMatchObject({ code: 'SERIALIZATION' });
    expect(await right).toEqual(new Place('Ede'));
    expect(await computing).toEqual(new Place('Ede'));
  });

  it('of a batch does not fail a get of one of its other keys', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('typed', new Place('Ede'), { type: Place });
    await neighbour.set('key', 'value');
    remote.hang('getMany');
    const batch = cache.getOrComputeMany(['key', 'typed'], mustNotLoad);
    const getting = cache.get('key');
    remote.heal();
    await expect(batch).rejects.toMatchObject({ code: 'SERIALIZATION' });
    expect(await getting).toBe('value');
  });
});
