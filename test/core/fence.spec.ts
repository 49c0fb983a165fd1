import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  deferred,
  guardRejections,
  remoteBackend,
  settle,
  twoTiers,
} from './helpers.js';

guardRejections();

/** Each way to invalidate the key `key`. */
const removals: readonly [string, (cache: TieredCache) => Promise<void>][] = [
  ['remove', (cache) => cache.remove('key')],
  ['removeMany', (cache) => cache.removeMany(['other', 'key'])],
  ['removePattern', (cache) => cache.removePattern('k*')],
  ['clear', (cache) => cache.clear()],
];

describe.each(removals)('after %s', (_, invalidate) => {
  it('a load that began before is answered, and not kept', async () => {
    const { cache, neighbour } = twoTiers();
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    await invalidate(cache);
    loading.resolve('old');
    expect(await computing).toBe('old');
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
    expect(cache.stats().fenced).toBe(1);
  });

  it('a batch that began before is answered, and what was invalidated is not kept', async () => {
    const { cache, neighbour } = twoTiers();
    const loading = deferred<Map<string, string>>();
    const computing = cache.getOrComputeMany(['key', 'b'], () => loading.promise);
    await settle();
    await invalidate(cache);
    loading.resolve(
      new Map([
        ['key', 'old'],
        ['b', 'b'],
      ]),
    );
    expect((await computing).get('key')).toBe('old');
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('a call does not join a load that began before', async () => {
    const { cache } = twoTiers();
    const loading = deferred<string>();
    const before = cache.getOrCompute('key', () => loading.promise);
    await settle();
    await invalidate(cache);
    expect(await cache.getOrCompute('key', () => 'new')).toBe('new');
    loading.resolve('old');
    expect(await before).toBe('old');
    expect(await cache.get('key')).toBe('new');
  });

  it('a call does not join a batch that began before', async () => {
    const { cache } = twoTiers();
    const loading = deferred<Map<string, string>>();
    const before = cache.getOrComputeMany(['key'], () => loading.promise);
    await settle();
    await invalidate(cache);
    expect(await cache.getOrCompute('key', () => 'new')).toBe('new');
    loading.resolve(new Map([['key', 'old']]));
    await before;
    expect(await cache.get('key')).toBe('new');
  });

  it('a value that was read before is not promoted', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', 'old');
    const answer = deferred();
    const slow = altered(remote, {
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        await answer.promise;
        return found;
      },
    });
    const clock = new ManualClock();
    const memory = new MapBackend({ clock });
    const reader = chain(clock, [[memory], [slow]]);
    const getting = reader.get('key');
    await settle();
    await invalidate(reader);
    answer.resolve();
    expect(await getting).toBe('old');
    expect(reader.peek('key')).toBeUndefined();
    expect(await reader.get('key')).toBeUndefined();
    expect(cache.peek('key')).toBeUndefined();
  });

  it('a compute whose look-up found the old value loads', async () => {
    const { neighbour, remote, clock } = twoTiers();
    await neighbour.set('key', 'old');
    const answer = deferred();
    const slow = altered(remote, {
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        await answer.promise;
        return found;
      },
    });
    const reader = chain(clock, [[new MapBackend({ clock })], [slow]]);
    const computing = reader.getOrCompute('key', () => 'new');
    await settle();
    await invalidate(reader);
    answer.resolve();
    expect(await computing).toBe('new');
    expect(await reader.get('key')).toBe('new');
    expect(reader.stats()).toMatchObject({ hits: 2, misses: 0, loads: 1 });
  });

  it.each([
    [
      'a compute',
      (reader: TieredCache, load: () => Promise<string>) => reader.getOrCompute('key', load),
    ],
    [
      'a batch',
      (reader: TieredCache, load: () => Promise<string>) =>
        reader.getOrComputeMany(['key'], async () => [['key', await load()]]),
    ],
  ])(
    'a get that joins the load of %s is not given what that had found before',
    async (_name, compute) => {
      const { neighbour, remote, clock } = twoTiers();
      await neighbour.set('key', 'old');
      const answer = deferred();
      const loading = deferred<string>();
      const slow = altered(remote, {
        getWithTtl: async (key) => {
          const found = await remote.getWithTtl?.(key);
          await answer.promise;
          return found;
        },
        getMany: async (keys) => {
          const found = (await remote.getMany?.(keys)) ?? [];
          await answer.promise;
          return found;
        },
      });
      const reader = chain(clock, [[new MapBackend({ clock })], [slow]]);
      const computing = compute(reader, () => loading.promise);
      await settle();
      await invalidate(reader);
      answer.resolve();
      await settle();
      expect(await reader.get('key')).toBeUndefined();
      loading.resolve('new');
      await computing;
      expect(await reader.get('key')).toBe('new');
    },
  );

  it('a promotion on its way to a middle tier is taken back', async () => {
    const clock = new ManualClock();
    const memory = new MapBackend({ name: 'memory', clock });
    const middle = remoteBackend(clock, 'middle');
    const bottom = remoteBackend(clock, 'bottom');
    await chain(clock, [[bottom]]).set('key', 'old');
    const cache = chain(clock, [[memory], [middle], [bottom]]);
    middle.hang('setWithTtl');
    const getting = cache.get('key');
    await settle();
    await invalidate(cache);
    middle.heal();
    expect(await getting).toBe('old');
    expect(await cache.get('key')).toBeUndefined();
  });

  it('a write that lands late in a slow tier is removed again', async () => {
    const { cache, neighbour, remote } = twoTiers();
    remote.hang('setWithTtl');
    const computing = cache.getOrCompute('key', () => 'old');
    await settle();
    await invalidate(cache);
    remote.heal();
    expect(await computing).toBe('old');
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
    expect(cache.stats().fenced).toBe(1);
  });

  it('a set that was under way is taken back', async () => {
    const { cache, neighbour, remote } = twoTiers();
    remote.hang('setWithTtl');
    const setting = cache.set('key', 'old');
    await settle();
    await invalidate(cache);
    remote.heal();
    await setting;
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('what has landed late, and has not been removed again yet, is answered to nobody', async () => {
    const { remote, clock } = twoTiers();
    const written = deferred();
    const landing = deferred();
    const late = altered(remote, {
      setWithTtl: async (key, value, ttl) => {
        await landing.promise;
        await remote.setWithTtl(key, value, ttl);
        await written.promise;
      },
    });
    const cache = chain(clock, [[new MapBackend({ clock })], [late]]);
    const computing = cache.getOrCompute('key', () => 'old');
    await settle();
    await invalidate(cache);
    landing.resolve();
    await settle();
    expect(await remote.get('default::key')).toBeDefined();

    expect(await cache.get('key')).toBeUndefined();
    expect((await cache.getMany(['key', 'b'])).size).toBe(0);
    written.resolve();
    await computing;
    expect(await remote.get('default::key')).toBeUndefined();
    expect(cache.peek('key')).toBeUndefined();
  });

  it('what was read of a value that landed late is not promoted, though the answer comes last', async () => {
    const { remote, clock } = twoTiers();
    const landing = deferred();
    const written = deferred();
    const answer = deferred();
    const late = altered(remote, {
      setWithTtl: async (key, value, ttl) => {
        await landing.promise;
        await remote.setWithTtl(key, value, ttl);
        await written.promise;
      },
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        if (found !== undefined) await answer.promise;
        return found;
      },
    });
    const cache = chain(clock, [[new MapBackend({ clock })], [late]]);
    const computing = cache.getOrCompute('key', () => 'old');
    await settle();
    await invalidate(cache);
    landing.resolve();
    await settle();
    const getting = cache.get('key');
    await settle();
    written.resolve();
    await computing;
    answer.resolve();
    await getting;
    expect(cache.peek('key')).toBeUndefined();
  });

  it('a call does not join a look-up that may have read the value before it was removed', async () => {
    const { remote, clock } = twoTiers();
    const answer = deferred();
    const slow = altered(remote, {
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        if (found !== undefined) await answer.promise;
        return found;
      },
    });
    // Without memory: the tier that is read is the last one that is cleared.
    const cache = chain(clock, [[slow]]);
    await cache.set('key', 'old');
    remote.hang('remove', 'removeMany', 'removePattern');
    const removing = invalidate(cache);
    await settle();
    const before = cache.get('key');
    await settle();
    remote.heal();
    await removing;
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrCompute('key', () => 'new')).toBe('new');
    answer.resolve();
    // It came before the removal had ended: either answer is right.
    expect(['old', undefined]).toContain(await before);
  });

  it('what began while the tiers were being cleared is not kept, and not promoted', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', 'old');
    remote.hang('remove', 'removeMany', 'removePattern');
    const removing = invalidate(cache);
    await settle();
    const getting = cache.get('key');
    const loading = deferred<string>();
    const computing = cache.getOrCompute('other', () => loading.promise);
    await settle();
    expect(await getting).toBe('old');
    remote.heal();
    await removing;
    loading.resolve('old');
    await computing;
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
  });
});

describe.each([['removePattern'], ['clear']] as const)('%s', (verb) => {
  it('lets nothing in behind it: not even what a lower tier answers in the very same turn', async () => {
    const { remote, clock, neighbour } = twoTiers();
    const keys = Array.from({ length: 30 }, (_, n) => `key ${n}`);
    await neighbour.setMany(keys.map((key) => [key, 'old'] as const));
    const gate = deferred();
    const late = altered(remote, {
      removePattern: async (pattern) => {
        await remote.removePattern?.(pattern);
        await gate.promise;
      },
      // Each answer comes some microtasks later than the one before.
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        await gate.promise;
        for (let step = 0; step < Number(key.split(' ')[1]); step++) await Promise.resolve();
        return found;
      },
    });
    const cache = chain(clock, [[new MapBackend({ clock })], [late]]);
    const removing = verb === 'clear' ? cache.clear() : cache.removePattern('key*');
    const getting = keys.map((key) => cache.get(key));
    await settle();
    gate.resolve();
    await Promise.all([removing, ...getting]);
    expect(keys.filter((key) => cache.peek(key) !== undefined)).toEqual([]);
  });
});
