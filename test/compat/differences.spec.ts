import KeyvRedis, { createKeyv } from '@keyv/redis';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createCache as createReal, type Cache as RealCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { createCache } from '../../lib/compat/create-cache.js';
import type { Cache } from '../../lib/compat/cache.js';
import { TieredCacheManager } from '../../lib/compat/tiered-cache-manager.js';
import {
  BackendError,
  InvalidKeyError,
  InvalidTtlError,
  SerializationError,
} from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { eventually } from '../support/patience.js';
import { RedisServer } from '../support/redis-server.js';

const open: { disconnect(): Promise<unknown> }[] = [];

function stores(url: string): Keyv[] {
  return [new Keyv(), createKeyv(url, { namespace: 'app' })];
}

function opened<T extends { disconnect(): Promise<unknown> }>(cache: T): T {
  open.push(cache);
  return cache;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((cache) => cache.disconnect()));
});

/** Theirs and ours. */
function both(): RealCache[] {
  return [opened(createReal()), opened(createCache())];
}

describe('where the two differ, beside each other', () => {
  it('a function that finds nothing is run again by theirs each time, and not by ours', async () => {
    const counts = [];
    for (const cache of both()) {
      const load = jest.fn(async () => undefined);
      for (let call = 0; call < 3; call++) await cache.wrap('absent', load, 60_000);
      counts.push(load.mock.calls.length);
    }
    expect(counts).toEqual([3, 1]);
  });

  it('where values have no end, a function that finds nothing is run again: it may find something', async () => {
    const cache = opened(createCache());
    const load = jest.fn(async () => undefined);
    for (let call = 0; call < 3; call++) await cache.wrap('absent', load);
    expect(load.mock.calls).toHaveLength(3);
  });

  it('functions of the value are not asked about none', async () => {
    const cache = opened(createCache());
    const how = { ttl: 60_000, refreshThreshold: (value?: string) => (value as string).length };
    const answers = [];
    for (let call = 0; call < 2; call++) {
      answers.push(await cache.wrap<string | undefined>('absent', () => undefined, how));
    }
    expect(answers).toEqual([undefined, undefined]);
  });

  it('what was removed while it was loaded is kept by theirs, and not by ours', async () => {
    const kept = [];
    for (const cache of both()) {
      const loading = cache.wrap('a', () => sleep(100, 'old'));
      await sleep(10);
      await cache.del('a');
      await loading;
      kept.push(await cache.get('a'));
    }
    expect(kept).toEqual(['old', undefined]);
  });

  it('what was removed while it was refreshed is kept by theirs, and not by ours', async () => {
    const kept = [];
    for (const cache of both()) {
      const refreshed = new Promise((resolve) => {
        cache.on('refresh', resolve);
      });
      await cache.wrap('a', () => 'old', 60_000);
      await cache.wrap('a', () => sleep(100, 'refreshed'), 60_000, 60_001);
      await cache.del('a');
      await refreshed;
      kept.push(await cache.get('a'));
    }
    expect(kept).toEqual(['refreshed', undefined]);
  });

  it('theirs emits once more for each store, ours once for each call', async () => {
    const counts = [];
    for (const cache of both()) {
      const heard = jest.fn();
      cache.on('set', heard);
      await cache.set('a', 1);
      counts.push(heard.mock.calls.length);
    }
    expect(counts).toEqual([2, 1]);
  });
});

describe('ours', () => {
  it('refuses a ttl that is none, where theirs keeps the value for ever or not at all', async () => {
    const cache = opened(createCache());
    for (const ttl of [-1, NaN, 'soon']) {
      await expect(cache.set('a', 1, ttl as number)).rejects.toThrow(InvalidTtlError);
    }
  });

  it('get, mget and ttl of what is no key find nothing, and emit why; the others reject', async () => {
    const cache = opened(createCache());
    const errors: unknown[] = [];
    const listener = (data: { error?: unknown }): void => {
      if (data.error !== undefined) errors.push(data.error);
    };
    cache.on('get', listener);
    cache.on('mget', listener);
    cache.on('ttl', listener);
    expect(await cache.get('')).toBeUndefined();
    expect(await cache.mget([''])).toEqual([undefined]);
    expect(await cache.ttl('')).toBeUndefined();
    expect(errors).toEqual(Array.from({ length: 3 }, () => expect.any(InvalidKeyError)));
    await expect(cache.set('', 1)).rejects.toThrow(InvalidKeyError);
    await expect(cache.wrap('', () => 1)).rejects.toThrow(InvalidKeyError);
  });

  it('takes durations for a ttl', async () => {
    const cache = opened(createCache());
    await cache.set('a', 1, '1m' as never);
    await cache.mset([{ key: 'b', value: 2, ttl: '1m' as never }]);
    await cache.wrap('c', () => 3, '1m' as never);
    for (const key of ['a', 'b', 'c']) {
      const left = ((await cache.ttl(key)) ?? Infinity) - Date.now();
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60_000);
    }
  });

  it('stores what is left of mset where a store refuses some of it, and rejects', async () => {
    const held = new Map<string, unknown>();
    const set = async (key: string, value: unknown): Promise<unknown> => {
      if (key.endsWith('refused')) throw new Error('refused');
      return Map.prototype.set.call(held, key, value);
    };
    const cache = opened(createCache({ stores: Object.assign(held, { set }) as never }));
    const list = [
      { key: 'refused', value: 1, ttl: 10_000 },
      { key: 'b', value: 2, ttl: 20_000 },
    ];
    await expect(cache.mset(list)).rejects.toThrow(BackendError);
    expect(await cache.get('b')).toBe(2);
    const wrong = [
      { key: 'c', value: 3, ttl: 10_000 },
      { key: 'd', value: 4, ttl: -1 },
    ];
    await expect(cache.mset(wrong)).rejects.toThrow(InvalidTtlError);
    expect(await cache.get('c')).toBeUndefined();
  });

  it('takes keys of any length', async () => {
    const cache = opened(createCache());
    const [one, other] = [`${'k'.repeat(5_000)}1`, `${'k'.repeat(5_000)}2`];
    await cache.set(one, 1);
    await cache.set(other, 2);
    expect(await cache.mget([one, other])).toEqual([1, 2]);
    await cache.del(one);
    expect(await cache.mget([one, other])).toEqual([undefined, 2]);
  });

  it('has one store, a Keyv that finds and stores what the cache does', async () => {
    const cache = opened(createCache());
    const [keyv, ...others] = cache.stores;
    expect(others).toEqual([]);
    expect(keyv).toBeInstanceOf(Keyv);
    await cache.set('a', { n: 1 }, 60_000);
    expect(await keyv?.get('a')).toEqual({ n: 1 });
    expect((await keyv?.get('a', { raw: true }))?.expires).toBeGreaterThan(Date.now());
    expect(await keyv?.get(['a', 'b'])).toEqual([{ n: 1 }, undefined]);
    await keyv?.set('b', 'by keyv', 60_000);
    await keyv?.setMany([{ key: 'c', value: 3, ttl: 60_000 }]);
    expect(await cache.mget(['b', 'c'])).toEqual(['by keyv', 3]);
    expect(await keyv?.delete('b')).toBe(true);
    await keyv?.clear();
    expect(await cache.mget(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
  });
});

describe('the Keyv over all tiers', () => {
  const long = 'k'.repeat(5_000);

  it('takes keys of any length, as the cache does', async () => {
    const cache = opened(createCache());
    const [keyv] = cache.stores;
    await keyv?.set(long, 'by keyv');
    await keyv?.setMany([{ key: `${long}2`, value: 2 }]);
    expect(await cache.mget([long, `${long}2`])).toEqual(['by keyv', 2]);
    expect(await keyv?.has(long)).toBe(true);
    expect(await keyv?.has([long, 'absent'])).toEqual([true, false]);
    expect(await keyv?.get(long)).toBe('by keyv');
    expect(await keyv?.delete(long)).toBe(true);
    expect(await keyv?.delete([`${long}2`])).toBe(true);
    expect(await cache.mget([long, `${long}2`])).toEqual([undefined, undefined]);
  });

  it('keeps for the ttl of the module what is given none, and without an end what is given 0', async () => {
    const cache = opened(createCache({ ttl: 60_000 }));
    const over = opened(
      new TieredCacheManager(createTieredCache({ tiers: [mapTier()], ttl: 60_000 }), {
        ttl: 30_000,
      }),
    );
    for (const [one, ttl] of [
      [cache, 60_000],
      [over, 30_000],
    ] as const) {
      const [keyv] = one.stores;
      await keyv?.set('usual', 1);
      await keyv?.setMany([{ key: 'usual too', value: 1 }]);
      await keyv?.set('endless', 1, 0);
      for (const key of ['usual', 'usual too']) {
        const left = ((await one.ttl(key)) ?? Infinity) - Date.now();
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(ttl);
      }
      expect([await one.get('endless'), await one.ttl('endless')]).toEqual([1, undefined]);
    }
  });

  it('removes what is set to undefined', async () => {
    const cache = opened(createCache());
    await cache.set('a', 1);
    expect(await cache.stores[0]?.set('a', undefined)).toBe(true);
    expect(await cache.get('a')).toBeUndefined();
  });
});

describe('over a cache that exists', () => {
  it('ends are told and refreshes begin by the clock of the cache', async () => {
    const clock = new ManualClock();
    const cache = opened(
      new TieredCacheManager(createTieredCache({ tiers: [mapTier()], clock }), { ttl: 1_000 }),
    );
    const end = clock.wallTime() + 1_000;
    expect(await cache.wrap('a', () => 1, { raw: true, ttl: 1_000 })).toEqual({
      value: 1,
      expires: end,
    });
    const load = jest.fn(() => 2);
    expect(await cache.wrap('a', load, undefined, 400)).toBe(1);
    expect(load.mock.calls).toEqual([]);
    await clock.advance(601);
    expect(await cache.ttl('a')).toBe(end);
    expect(await cache.wrap('a', load, undefined, 400)).toBe(1);
    await eventually(() => load.mock.calls.length > 0);
    await cache.set('endless', 1, 0);
    expect(await cache.ttl('endless')).toBeUndefined();
  });

  it('both names find the same values, and a set without a ttl takes the default of the cache', async () => {
    const tiered = createTieredCache({ tiers: [mapTier()], ttl: 60_000 });
    const cache: Cache = opened(new TieredCacheManager(tiered));
    await cache.set('a', 1);
    await tiered.set('b', { n: 2 });
    expect(await tiered.get('a')).toBe(1);
    expect(await cache.get('b')).toEqual({ n: 2 });
    expect(Object.isFrozen(await cache.get('b'))).toBe(true);
    expect(((await cache.ttl('a')) ?? 0) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(cache.cacheId()).toBe('default');
  });

  it('what finds nothing is remembered for the ttl of the cache', async () => {
    const tiered = createTieredCache({ tiers: [mapTier()], ttl: 60_000 });
    const cache = opened(new TieredCacheManager(tiered));
    const load = jest.fn(async () => undefined);
    for (let call = 0; call < 3; call++) await cache.wrap('absent', load);
    expect(load.mock.calls).toHaveLength(1);
  });
});

describe('over stores of Keyv', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it('each is a tier, values outlive the cache in Redis, and clear empties all', async () => {
    const first = createCache({ stores: stores(server.url) });
    await first.set('city', { name: 'Oslo', at: new Date(0) }, 60_000);
    await first.set('doomed', 1);
    await first.disconnect();
    const second = opened(createCache({ stores: stores(server.url) }));
    await eventually(async () => (await second.get('city')) !== undefined);
    expect(await second.get('city')).toEqual({ name: 'Oslo', at: new Date(0) });
    expect(((await second.ttl('city')) ?? 0) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(await second.ttl('doomed')).toBeUndefined();
    await second.clear();
    expect(await second.mget(['city', 'doomed'])).toEqual([undefined, undefined]);
  });

  it('an instance of a class loses its class, as in any Keyv that serializes', async () => {
    class City {
      readonly name = 'Oslo';
    }
    const cache = opened(createCache({ stores: new Keyv() }));
    await cache.set('city', new City());
    expect(await cache.get('city')).toEqual({ name: 'Oslo' });
    expect(await cache.wrap('other', () => new City())).toBeInstanceOf(City);
  });

  it('what stands beside an instance of a class, and in it, comes back as it was', async () => {
    class City {
      readonly name = 'Oslo';
      readonly founded = new Date(0);
      readonly tell = (): string => this.name;
    }
    class Price {
      constructor(readonly amount: number) {}
      toJSON(): string {
        return `${this.amount} NOK`;
      }
    }
    class Dates extends Map<string, Date> {}
    const cache = opened(createCache({ stores: new Keyv() }));
    const beside = {
      at: new Date(5),
      tags: new Set(['a', undefined]),
      big: 10n,
      bytes: Uint8Array.of(1),
      buffer: Buffer.from('b'),
      none: null,
    };
    await cache.set('city', {
      ...beside,
      city: new City(),
      cities: new Map([[new Price(1), [new City(), () => 1]]]),
      dates: new Dates([['first', new Date(7)]]),
    });
    const city = { name: 'Oslo', founded: new Date(0) };
    expect(await cache.get('city')).toEqual({
      ...beside,
      city,
      cities: new Map([['1 NOK', [city, null]]]),
      dates: new Map([['first', new Date(7)]]),
    });
  });

  it('what has no end, or is a function, is refused', async () => {
    class Ring {
      readonly self = this;
    }
    const cache = opened(createCache({ stores: new Keyv() }));
    for (const value of [new Ring(), () => 1]) {
      await expect(cache.set('a', value)).rejects.toThrow(SerializationError);
    }
  });

  it('a store that cannot go through its keys is cleared as a whole', async () => {
    const held = new Map<string, unknown>();
    const adapter = {
      opts: {},
      get: async (key: string) => held.get(key) as never,
      set: async (key: string, value: unknown) => void held.set(key, value),
      delete: async (key: string) => held.delete(key),
      clear: async () => held.clear(),
      on: () => adapter,
    };
    const cache = opened(createCache({ stores: adapter, namespace: 'own' }));
    await cache.set('a', 1);
    expect([...held.keys()].every((key) => key.startsWith('own:'))).toBe(true);
    await cache.clear();
    expect(held.size).toBe(0);
  });

  it.each([
    ['of a Keyv', () => new Keyv({ ttl: 60_000 })],
    ['of a storage adapter', () => new Keyv({ store: Object.assign(new Map(), { ttl: '1m' }) })],
  ])('what is given no ttl is kept for the one %s', async (_, store) => {
    const cache = opened(createCache({ stores: store() }));
    await cache.set('a', 1);
    const left = ((await cache.ttl('a')) ?? 0) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('while Redis is down, what is read is a miss, and what is stored rejects', async () => {
    const socket = { port: 1, host: '127.0.0.1', reconnectStrategy: false } as const;
    const down = (): Keyv => new Keyv({ store: new KeyvRedis({ socket }) });
    const cache = opened(createCache({ stores: [new Keyv(), down()] }));
    expect(await cache.get('a')).toBeUndefined();
    await expect(cache.set('a', 1)).rejects.toThrow(BackendError);
    expect(await cache.get('a')).toBe(1);
    const load = jest.fn(async () => 2);
    expect([await cache.wrap('b', load), await cache.wrap('b', load)]).toEqual([2, 2]);
    expect(load.mock.calls).toHaveLength(1);
  });

  it('without waiting, wrap answers before a slow store has the value', async () => {
    const waiting: (() => void)[] = [];
    const slow = new Map<string, unknown>();
    const adapter = Object.assign(slow, {
      set: (key: string, value: unknown) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(Map.prototype.set.call(slow, key, value)));
        }),
    });
    const cache = opened(createCache({ stores: adapter as never, nonBlocking: true }));
    expect(await cache.wrap('a', () => 1, 60_000)).toBe(1);
    const before = Date.now();
    const raw = await cache.wrap('raw', () => 1, { ttl: 60_000, raw: true });
    expect(raw.value).toBe(1);
    expect(raw.expires).toBeGreaterThanOrEqual(before + 60_000);
    expect(raw.expires).toBeLessThanOrEqual(Date.now() + 60_000);
    expect((await cache.wrap('endless', () => 1, { raw: true })).expires).toBeUndefined();
    expect(slow.size).toBe(0);
    await eventually(() => {
      for (const store of waiting.splice(0)) store();
      return slow.size > 0;
    });
    expect(await cache.get('a')).toBe(1);
  });

  it('a Redis that cannot be reached is given up by ours, while theirs still waits for it', async () => {
    let over = false;
    // As the clients of Redis do, they try again and again, but here not for ever.
    const reconnectStrategy = (): number | false => !over && 20;
    const away = (): Keyv => {
      const socket = { host: '127.0.0.1', port: 1, reconnectStrategy };
      return new Keyv({ store: new KeyvRedis({ socket }) });
    };
    const theirs = createReal({ stores: [away()] });
    let theyHaveAnswered = false;
    const end = (): void => void (theyHaveAnswered = true);
    const waiting = theirs.wrap('a', () => 1).then(end, end);
    const ours = opened(createCache({ stores: [away()] }));
    expect(await ours.wrap('a', () => 1)).toBe(1);
    expect(theyHaveAnswered).toBe(false);
    over = true;
    await waiting;
  });

  it('without waiting, a store that fails emits its error, and nothing is thrown', async () => {
    const socket = { port: 1, host: '127.0.0.1', reconnectStrategy: false } as const;
    const cache = opened(
      createCache({ stores: new Keyv({ store: new KeyvRedis({ socket }) }), nonBlocking: true }),
    );
    const failed = new Promise((resolve) => {
      cache.on('set', ({ error }) => {
        if (error !== undefined) resolve(error);
      });
    });
    expect(await cache.set('a', 1)).toBe(1);
    expect(await failed).toBeInstanceOf(BackendError);
  });
});
