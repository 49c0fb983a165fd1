import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  counted,
  deferred,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  recordEvents,
  remoteBackend,
  settle,
  twoTiers,
} from './helpers.js';

guardRejections();

describe('a removal', () => {
  it('goes from the bottom up, so that no tier is filled again from one that still has the value', async () => {
    const clock = new ManualClock();
    const order: string[] = [];
    const noting = (name: string) =>
      altered(remoteBackend(clock, name), {
        remove: async () => void order.push(`remove in ${name}`),
        removePattern: async () => void order.push(`pattern in ${name}`),
      });
    const cache = chain(clock, [[noting('top')], [noting('middle')], [noting('bottom')]]);
    await cache.remove('key');
    await cache.removePattern('k*');
    expect(order).toEqual([
      'remove in bottom',
      'remove in middle',
      'remove in top',
      'pattern in bottom',
      'pattern in middle',
      'pattern in top',
    ]);
  });

  it('takes the value out of memory at once, before any lower tier has answered', async () => {
    const { cache, remote } = twoTiers();
    await cache.set('key', 'value');
    remote.hang('remove');
    const removing = cache.remove('key');
    expect(cache.peek('key')).toBeUndefined();
    remote.heal();
    await removing;
  });

  it('of one key leaves the loads of others alone', async () => {
    const { cache } = twoTiers();
    const loading = deferred<string>();
    const computing = cache.getOrCompute('other', () => loading.promise);
    await settle();
    await cache.remove('key');
    const joining = cache.getOrCompute('other', mustNotLoad);
    loading.resolve('value');
    expect(await Promise.all([computing, joining])).toEqual(['value', 'value']);
    expect(cache.peek('other')).toBe('value');
  });

  it('is told in the event fenced, with the key whose value was not kept', async () => {
    const { cache } = memoryOnly();
    const events = recordEvents(cache);
    const loading = deferred<string>();
    const computing = cache.namespace('users').getOrCompute('7', () => loading.promise);
    await settle();
    await cache.namespace('users').remove('7');
    loading.resolve('old');
    await computing;
    expect(events.at(-1)).toEqual({ type: 'fenced', namespace: 'users', key: '7' });
  });

  it('leaves a load that begins after it in peace, though an older call has still to answer', async () => {
    const { cache, remote } = twoTiers();
    remote.hang('getWithTtl');
    const old = counted(() => 'first');
    const before = cache.getOrCompute('key', old);
    await settle();
    await cache.remove('key');
    remote.heal();
    expect(await before).toBe('first');
    // Its load began after the removal, so it is as good as any.
    expect(cache.peek('key')).toBe('first');
    expect(await cache.getOrCompute('key', mustNotLoad)).toBe('first');
  });
});

describe('a set', () => {
  it('wins over a load that began before it, in memory alone', async () => {
    const { cache } = memoryOnly();
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    await cache.set('key', 'set');
    loading.resolve('loaded');
    expect(await computing).toBe('loaded');
    expect(cache.peek('key')).toBe('set');
  });

  it('wins over a load that began before it, in all tiers', async () => {
    const { cache, neighbour } = twoTiers();
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    await cache.set('key', 'set');
    loading.resolve('loaded');
    expect(await computing).toBe('loaded');
    expect(await cache.get('key')).toBe('set');
    expect(await neighbour.get('key')).toBe('set');
  });

  it('wins over a batch that began before it, which keeps its other keys', async () => {
    const { cache } = twoTiers();
    const loading = deferred<Map<string, string>>();
    const computing = cache.getOrComputeMany(['key', 'b'], () => loading.promise);
    await settle();
    await cache.setMany([['key', 'set']]);
    loading.resolve(
      new Map([
        ['key', 'loaded'],
        ['b', 'loaded'],
      ]),
    );
    await computing;
    expect(cache.peek('key')).toBe('set');
    expect(cache.peek('b')).toBe('loaded');
  });

  it('of two at once, the later one is answered; without memory perhaps none, but never the earlier one', async () => {
    const { cache, remote, clock } = twoTiers();
    const bare = chain(clock, [[remote]], { namespace: 'bare' });
    await Promise.all([cache.set('key', 'earlier'), cache.set('key', 'later')]);
    await Promise.all([bare.set('key', 'earlier'), bare.set('key', 'later')]);
    expect(await cache.get('key')).toBe('later');
    expect([undefined, 'later']).toContain(await bare.get('key'));
  });

  it('is not replaced by the old value that a lower tier answers while it is under way', async () => {
    const clock = new ManualClock();
    const top = remoteBackend(clock, 'top');
    const bottom = remoteBackend(clock, 'bottom');
    await chain(clock, [[bottom]]).set('key', 'old');
    const answer = deferred();
    const slow = altered(bottom, {
      getWithTtl: async (key) => {
        const found = await bottom.getWithTtl?.(key);
        await answer.promise;
        return found;
      },
    });
    const cache = chain(clock, [[top], [slow]]);
    top.hang('setWithTtl');
    bottom.hang('setWithTtl');
    const setting = cache.set('key', 'new');
    const getting = cache.get('key');
    await settle();
    top.heal();
    bottom.heal();
    await setting;
    answer.resolve();
    await getting;
    expect(await cache.get('key')).toBe('new');
  });
});

describe.each([
  ['a set', (cache: TieredCache) => cache.set('key', 'new')],
  ['a refresh', (cache: TieredCache) => cache.refresh('key', () => 'new')],
])('%s that memory has already let go of', (_, change) => {
  it('is not replaced there by what a slower tier still holds', async () => {
    const { neighbour, remote, clock } = twoTiers();
    await neighbour.set('key', 'old');
    const memory = new MapBackend({ clock });
    const cache = chain(clock, [[memory], [remote]]);
    remote.hang('setWithTtl');
    const changing = change(cache);
    await settle();
    memory.remove('key');
    expect(await cache.get('key')).toBe('old');
    remote.heal();
    await changing;
    expect(await cache.get('key')).toBe('new');
  });

  it('is not replaced there by what a slower tier answers at the very end', async () => {
    const keys = Array.from({ length: 20 }, (_value, n) => n);
    for (const steps of keys) {
      const { neighbour, remote, clock } = twoTiers();
      await neighbour.set('key', 'old');
      const gate = deferred();
      const late = altered(remote, {
        setWithTtl: async (key, value, ttl) => {
          await gate.promise;
          return remote.setWithTtl(key, value, ttl);
        },
        getWithTtl: async (key) => {
          const found = await remote.getWithTtl?.(key);
          await gate.promise;
          for (let step = 0; step < steps; step++) await Promise.resolve();
          return found;
        },
      });
      const memory = new MapBackend({ clock });
      const cache = chain(clock, [[memory], [late]]);
      const changing = change(cache);
      await settle();
      memory.remove('key');
      const getting = cache.get('key');
      await settle();
      gate.resolve();
      await Promise.all([changing, getting]);
      expect([steps, cache.peek('key')]).toEqual([steps, undefined]);
    }
  });
});

describe('a refresh', () => {
  it('beats a load that began before it, however late that ends', async () => {
    const { cache, neighbour } = twoTiers();
    const loading = deferred<string>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await settle();
    expect(await cache.refresh('key', () => 'new')).toBe('new');
    loading.resolve('old');
    expect(await computing).toBe('old');
    expect(await cache.get('key')).toBe('new');
    expect(await neighbour.get('key')).toBe('new');
  });

  it('does not beat what is set or removed while it loads', async () => {
    const { cache } = twoTiers();
    const first = deferred<string>();
    const refreshing = cache.refresh('key', () => first.promise);
    await cache.set('key', 'set');
    first.resolve('refreshed');
    expect(await refreshing).toBe('refreshed');
    expect(await cache.get('key')).toBe('set');

    const second = deferred<string | undefined>();
    const again = cache.refresh('key', () => second.promise);
    await cache.set('key', 'set again');
    second.resolve(undefined);
    expect(await again).toBeUndefined();
    expect(await cache.get('key')).toBe('set again');
  });

  it('is not replaced by the old value that a lower tier answers while it is under way', async () => {
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
    const cache = chain(clock, [[new MapBackend({ clock })], [slow]]);
    const loading = deferred<string>();
    const refreshing = cache.refresh('key', () => loading.promise);
    const getting = cache.get('key');
    await settle();
    loading.resolve('new');
    await refreshing;
    answer.resolve();
    expect(await getting).toBe('old');
    expect(await cache.get('key')).toBe('new');
  });

  it.each([
    ['last', [1, 0]],
    ['first', [0, 1]],
  ])('that began earlier gives way to a later one, even if its load ends %s', async (_, order) => {
    const { cache } = twoTiers();
    const loads = [deferred<string>(), deferred<string>()] as const;
    const refreshing = loads.map(({ promise }) => cache.refresh('key', () => promise));
    for (const n of order) {
      loads[n === 0 ? 0 : 1].resolve(n === 0 ? 'earlier' : 'later');
      await settle();
    }
    expect(await Promise.all(refreshing)).toEqual(['earlier', 'later']);
    expect(await cache.get('key')).toBe('later');
  });

  it('takes back a promotion of the old value that is on its way to a middle tier', async () => {
    const clock = new ManualClock();
    const middle = remoteBackend(clock, 'middle');
    const bottom = remoteBackend(clock, 'bottom');
    await chain(clock, [[bottom]]).set('key', 'old');
    const landing = deferred();
    let promoting = true;
    const slow = altered(middle, {
      setWithTtl: async (key, value, ttl) => {
        const wait = promoting;
        promoting = false;
        if (wait) await landing.promise;
        return middle.setWithTtl(key, value, ttl);
      },
    });
    const cache = chain(clock, [[slow], [bottom]]);
    const loading = deferred<string>();
    const refreshing = cache.refresh('key', () => loading.promise);
    const getting = cache.get('key');
    await settle();
    bottom.hang('setWithTtl');
    loading.resolve('new');
    await settle();
    landing.resolve();
    expect(await getting).toBe('old');
    bottom.heal();
    await refreshing;
    expect(await cache.get('key')).toBe('new');
  });
});
