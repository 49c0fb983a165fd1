import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { BackendError, UnsupportedError } from '../../lib/contract/errors.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  guardRejections,
  mustNotLoad,
  plain,
  remoteBackend,
  tierStats,
  twoTiers,
  threeTiers,
} from './helpers.js';

guardRejections();

const down = new Error('connect ECONNREFUSED redis://user:secret@host');

describe('a removal', () => {
  it.each([
    ['remove', 'remove'],
    ['removeMany', 'removeMany'],
    ['removePattern', 'removePattern'],
    ['clear', 'removePattern'],
  ] as const)(
    'by %s rejects after it has been carried out in the other tiers',
    async (verb, call) => {
      const { cache, middle, bottom } = threeTiers();
      await cache.setMany([
        ['key', 1],
        ['other', 2],
      ]);
      bottom.fail(down, call);
      const act = {
        remove: () => cache.remove('key'),
        removeMany: () => cache.removeMany(['key', 'other']),
        removePattern: () => cache.removePattern('*'),
        clear: () => cache.clear(),
      };
      await expect(act[verb]()).rejects.toMatchObject({ code: 'BACKEND', backend: 'bottom' });
      expect(cache.peek('key')).toBeUndefined();
      expect(await middle.get('default::key')).toBeUndefined();
      expect(await bottom.get('default::key')).toBeDefined();
      expect(cache.stats().tiers.map(({ errors }) => errors)).toEqual([0, 0, 1]);
    },
  );

  it('makes one round trip for any number of keys', async () => {
    const { cache, remote } = twoTiers();
    const keys = Array.from({ length: 50 }, (_, n) => `key ${n}`);
    await cache.setMany(keys.map((key) => [key, 1] as const));
    await cache.removeMany([...keys, ...keys]);
    expect(remote.calls('removeMany')).toBe(1);
    expect(remote.calls('remove')).toBe(0);
    expect((await cache.getMany(keys)).size).toBe(0);
  });

  it('of what is not there, or of nothing, is fine', async () => {
    const { cache } = twoTiers();
    const removals = [
      cache.remove('absent'),
      cache.removeMany([]),
      cache.removePattern('*'),
      cache.clear(),
    ];
    expect(await Promise.all(removals)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('by pattern is refused, before anything is removed, where a backend has no removePattern', async () => {
    const clock = new ManualClock();
    const memory = new MapBackend({ name: 'memory', clock });
    const cache = chain(clock, [[memory], [plain(remoteBackend(clock, 'simple'))]]);
    await cache.set('key', 1);
    for (const refused of [cache.removePattern('*'), cache.clear()]) {
      await expect(refused).rejects.toBeInstanceOf(UnsupportedError);
      await expect(refused).rejects.toThrow(/removePattern in every tier, .*"simple" has none/);
    }
    expect(cache.peek('key')).toBe(1);
    await cache.remove('key');
    expect(await cache.get('key')).toBeUndefined();
  });
});

describe('a backend of five members', () => {
  it('serves all verbs but patterns, one call per key', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const cache = chain(clock, [[plain(remote)]]);
    await cache.setMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    expect((await cache.getMany(['a', 'b', 'c'])).size).toBe(3);
    await cache.removeMany(['a', 'b']);
    expect([...(await cache.getMany(['a', 'b', 'c'])).keys()]).toEqual(['c']);
    expect(await cache.getOrCompute('c', mustNotLoad)).toBe(3);
    expect([remote.calls('setWithTtl'), remote.calls('remove')]).toEqual([3, 2]);
  });

  it('fails a write of many keys as a whole, after all have been tried', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const failing = altered(remote, {
      setWithTtl: (key, value, ttl) => {
        if (key.endsWith('b')) throw down;
        return key.endsWith('a') ? Promise.reject(down) : remote.setWithTtl(key, value, ttl);
      },
    });
    const cache = chain(clock, [[plain(failing)]]);
    const writing = cache.setMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    await expect(writing).rejects.toBeInstanceOf(BackendError);
    expect(await cache.get('c')).toBe(3);
    expect(tierStats(cache, 'remote').errors).toBe(1);
  });
});
