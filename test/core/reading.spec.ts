import { describe, expect, it } from '@jest/globals';
import { asked, guardRejections, memoryOnly, reads, tierStats, twoTiers } from './helpers.js';

guardRejections();

describe('get', () => {
  it('answers what was set, of any kind of value, and undefined for what was not', async () => {
    const { cache } = memoryOnly();
    for (const value of ['text', '', 0, false, null, NaN, 10n, [], {}, new Date(5)]) {
      await cache.set('key', value);
      expect(await cache.get('key')).toEqual(value);
    }
    expect(await cache.get('other')).toBeUndefined();
  });

  it('answers from the lower tier what memory lacks, and from memory the next time', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', { id: 1 });
    expect(await cache.get('key')).toEqual({ id: 1 });
    const before = reads(remote);
    expect(await cache.get('key')).toEqual({ id: 1 });
    expect(reads(remote)).toBe(before);
    expect(tierStats(cache, 'memory')).toMatchObject({ hits: 1, misses: 1, promotions: 1 });
    expect(tierStats(cache, 'remote')).toMatchObject({ hits: 1, misses: 0 });
  });

  it('does not answer what has expired, to the millisecond', async () => {
    const { cache, clock } = twoTiers();
    await cache.set('key', 'value', { ttl: 1000 });
    await clock.advance(999);
    expect(await cache.get('key')).toBe('value');
    await clock.advance(1);
    expect(await cache.get('key')).toBeUndefined();
  });

  it('answers an empty value from a tier of bytes as a hit', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.setMany<unknown>([
      ['text', ''],
      ['bytes', Buffer.alloc(0)],
      ['list', []],
    ]);
    expect(await cache.get('text')).toBe('');
    expect(await cache.get('bytes')).toEqual(Buffer.alloc(0));
    expect(await cache.get('list')).toEqual([]);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 0 });
  });

  it('reads the lower tier once for callers that ask at the same time', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', 'value');
    const answers = await Promise.all(Array.from({ length: 50 }, () => cache.get('key')));
    expect(new Set(answers)).toEqual(new Set(['value']));
    expect(reads(remote)).toBe(1);
    expect(cache.stats()).toMatchObject({ hits: 1, coalesced: 49 });
  });
});

describe('getMany', () => {
  it('answers the keys that have a value, whichever tier has them, and no others', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.setMany([
      ['b', 2],
      ['c', 3],
    ]);
    await cache.set('a', 1);
    const found = await cache.getMany(['c', 'a', 'absent', 'b', 'a']);
    expect(Object.fromEntries(found)).toEqual({ a: 1, b: 2, c: 3 });
    expect(found.has('absent')).toBe(false);
  });

  it('makes one round trip for any number of keys, and none for those that memory has', async () => {
    const { cache, neighbour, remote } = twoTiers();
    const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
    await neighbour.setMany(keys.map((key, i) => [key, i] as const));
    expect((await cache.getMany(keys)).size).toBe(500);
    expect(remote.calls('getMany')).toBe(1);
    expect(reads(remote)).toBe(1);
    expect((await cache.getMany(keys)).size).toBe(500);
    expect(reads(remote)).toBe(1);
  });

  it('asks no tier when no key is given', async () => {
    const { cache, remote } = twoTiers();
    expect((await cache.getMany([])).size).toBe(0);
    expect(reads(remote)).toBe(0);
  });

  it('counts each key once, however often it is given', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('b', 2);
    await cache.set('a', 1);
    await cache.getMany(['a', 'a', 'b', 'b', 'absent']);
    expect(asked(cache)).toBe(3);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 1 });
  });

  it('takes any iterable', async () => {
    const { cache } = memoryOnly();
    await cache.set('a', 1);
    expect((await cache.getMany(new Set(['a', 'b']).values())).get('a')).toBe(1);
  });
});

describe('set and setMany', () => {
  it('replace the value and its time in every tier', async () => {
    const { cache, neighbour, clock } = twoTiers();
    await cache.set('key', 'old', { ttl: 100 });
    await cache.set('key', 'new', { ttl: 1000 });
    await clock.advance(500);
    expect(await cache.get('key')).toBe('new');
    expect(await neighbour.get('key')).toBe('new');
  });

  it('make one round trip for any number of entries; of a key that comes twice the last counts', async () => {
    const { cache, neighbour, remote } = twoTiers();
    const entries = Array.from({ length: 100 }, (_, i) => [`key ${i % 60}`, i] as const);
    await cache.setMany(entries);
    expect(remote.calls('setMany')).toBe(1);
    expect(remote.calls('setWithTtl')).toBe(0);
    expect(await cache.get('key 5')).toBe(65);
    expect(await neighbour.get('key 5')).toBe(65);
    expect(await neighbour.get('key 50')).toBe(50);
  });

  it('give memory the value before they wait for any lower tier', async () => {
    const { cache, remote } = twoTiers();
    remote.hang('setWithTtl');
    const setting = cache.set('key', 'value');
    expect(cache.peek('key')).toBe('value');
    remote.heal();
    await setting;
  });
});

describe('peek', () => {
  it('answers at once what memory has, and asks no other tier', async () => {
    const { cache, neighbour, remote, clock } = twoTiers();
    await neighbour.set('below', 1);
    await cache.set('key', 'value', { ttl: 100 });
    expect(cache.peek('key')).toBe('value');
    expect(cache.peek('below')).toBeUndefined();
    expect(reads(remote)).toBe(0);
    await clock.advance(100);
    expect(cache.peek('key')).toBeUndefined();
  });

  it('is not counted', async () => {
    const { cache } = memoryOnly();
    await cache.set('key', 'value');
    cache.peek('key');
    cache.peek('absent');
    expect(asked(cache)).toBe(0);
  });
});
