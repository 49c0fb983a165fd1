import { describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { InvalidKeyError, InvalidOptionError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  chain,
  counted,
  guardRejections,
  recordEvents,
  remoteBackend,
  twoTiers,
} from './helpers.js';

guardRejections();

/** The same cache over each kind of tier: what holds in one has to hold in all. */
const caches: readonly [string, () => TieredCache][] = [
  ['in memory', () => createTieredCache({ tiers: [memoryTier()], clock: new ManualClock() })],
  [
    'in a tier of bytes',
    () => {
      const clock = new ManualClock();
      return chain(clock, [[remoteBackend(clock)]]);
    },
  ],
  ['in both', () => twoTiers().cache],
];

describe.each(caches)('namespaces %s', (_, create) => {
  it('keep equal keys apart', async () => {
    const cache = create();
    const spaces = {
      root: cache,
      users: cache.namespace('users'),
      orders: cache.namespace('orders'),
      nested: cache.namespace('users').namespace('orders'),
      reversed: cache.namespace('orders').namespace('users'),
      lookalike: cache.namespace('users.orders'),
    };
    for (const [name, space] of Object.entries(spaces)) await space.set('key', name);
    for (const [name, space] of Object.entries(spaces)) {
      expect(await space.get('key')).toBe(name);
      expect(await space.getMany(['key'])).toEqual(new Map([['key', name]]));
    }
  });

  it.each(['users::k', ':users::k', '::k', ':', 'default::k', 'k\0k', 'users\0k', '*', 'a:b'])(
    'are not reached by the key %j of another',
    async (hostile) => {
      const cache = create();
      const users = cache.namespace('users');
      const nested = users.namespace('k');
      await cache.set(hostile, 'root');
      await users.set(hostile, 'users');
      for (const key of ['k', 'users::k', ':k', '::k', 'k\0k']) {
        if (key === hostile) continue;
        expect(await cache.get(key)).toBeUndefined();
        expect(await users.get(key)).toBeUndefined();
        expect(await nested.get(key)).toBeUndefined();
      }
      expect(await cache.get(hostile)).toBe('root');
      expect(await users.get(hostile)).toBe('users');
      await users.clear();
      expect(await cache.get(hostile)).toBe('root');
      expect(await users.get(hostile)).toBeUndefined();
    },
  );

  it.each(['\0users\0k', '\0', '\0k'])(
    'refuse the key %j, which looks like one of theirs',
    async (key) => {
      const cache = create();
      await cache.namespace('users').set('k', 'value');
      await expect(cache.get(key)).rejects.toBeInstanceOf(InvalidKeyError);
      await expect(cache.remove(key)).rejects.toBeInstanceOf(InvalidKeyError);
      await expect(cache.namespace('users').set(key, 1)).rejects.toBeInstanceOf(InvalidKeyError);
      expect(await cache.namespace('users').get('k')).toBe('value');
    },
  );

  it('are the same when they are made twice', async () => {
    const cache = create();
    await cache.namespace('users').set('key', 'value');
    expect(await cache.namespace('users').get('key')).toBe('value');
  });

  it('are cleared with what is inside them, and nothing else is', async () => {
    const cache = create();
    const users = cache.namespace('users');
    const inside = users.namespace('inside');
    const deeper = inside.namespace('deeper');
    const beside = cache.namespace('users2');
    const outside = cache.namespace('outside').namespace('users');
    const all = [cache, users, inside, deeper, beside, outside];
    const fill = (): Promise<unknown> => Promise.all(all.map((space) => space.set('key', 1)));
    const held = (): Promise<unknown[]> => Promise.all(all.map((space) => space.get('key')));

    await fill();
    await users.clear();
    expect(await held()).toEqual([1, undefined, undefined, undefined, 1, 1]);
    await fill();
    await inside.clear();
    expect(await held()).toEqual([1, 1, undefined, undefined, 1, 1]);
    await fill();
    await cache.clear();
    expect(await held()).toEqual(Array(6).fill(undefined));
  });

  it('are the bounds of a pattern', async () => {
    const cache = create();
    const users = cache.namespace('users');
    const all = [cache, users, users.namespace('inside'), cache.namespace('users2')];
    const fill = (): Promise<unknown> => Promise.all(all.map((space) => space.set('key', 1)));
    const held = (): Promise<unknown[]> => Promise.all(all.map((space) => space.get('key')));

    await fill();
    await users.removePattern('*');
    expect(await held()).toEqual([1, undefined, 1, 1]);
    await fill();
    await cache.removePattern('*');
    expect(await held()).toEqual([undefined, 1, 1, 1]);
    await fill();
    await cache.removePattern('*users*');
    await cache.removePattern('?ey::*');
    expect(await held()).toEqual([1, 1, 1, 1]);
  });

  it('do not take part of a name for a pattern', async () => {
    const cache = create();
    await cache.namespace('a.b').set('key', 1);
    await cache.namespace('axb').set('key', 2);
    await cache.namespace('a.b').clear();
    expect(await cache.namespace('a.b').get('key')).toBeUndefined();
    expect(await cache.namespace('axb').get('key')).toBe(2);
  });
});

describe('patterns', () => {
  it.each(caches)('mean the same %s', async (_, create) => {
    const keys = ['user:1', 'user:22', 'User:1', 'user*', 'use', 'a\\b', 'ключ', '🙂', 'user:1\n'];
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['user:?', ['user:1']],
      ['user*', ['user:1', 'user:22', 'user*', 'user:1\n']],
      ['user\\*', ['user*']],
      ['*:1', ['user:1', 'User:1']],
      ['a\\\\b', ['a\\b']],
      ['?', ['🙂']],
      ['????', ['ключ']],
      ['[a-z]*', []],
      ['*', keys],
    ];
    for (const [pattern, removed] of cases) {
      const cache = create();
      await cache.setMany(keys.map((key) => [key, key] as const));
      await cache.removePattern(pattern);
      const left = await cache.getMany(keys);
      expect([pattern, keys.filter((key) => !left.has(key))]).toEqual([pattern, removed]);
    }
  });

  it.each(['', '\\', 'abc\\', undefined, 5])(
    '%j is refused before anything is removed',
    async (pattern) => {
      const { cache, remote } = twoTiers();
      await expect(cache.removePattern(pattern as string)).rejects.toMatchObject({
        code: 'INVALID_PATTERN',
      });
      expect(remote.calls('removePattern')).toBe(0);
    },
  );
});

describe('a namespace', () => {
  it.each(['', 'a:b', 'a b', 'a\0b', 'ключ', 'a*', 'a/b', 'x'.repeat(65), undefined, null, 5])(
    'is refused with the name %j',
    (name) => {
      const { cache } = twoTiers();
      expect(() => cache.namespace(name as string)).toThrow(InvalidOptionError);
      expect(() => cache.namespace(name as string)).toThrow(
        /^Option "namespace": is 1 to 64 characters of A-Z, a-z, 0-9/,
      );
    },
  );

  it('takes every name of the right characters', async () => {
    const { cache } = twoTiers();
    for (const name of ['x'.repeat(64), '.', '..', '-', '_', '0', 'a.b-c_D9']) {
      await cache.namespace(name).set('key', name);
      expect(await cache.namespace(name).get('key')).toBe(name);
    }
  });

  it('shares tiers, counts and events with the cache, and ends with it', async () => {
    const { cache } = twoTiers();
    const users = cache.namespace('users').namespace('active');
    const events = recordEvents(cache);
    const loader = counted(() => 1);
    await users.getOrCompute('7', loader);
    await users.get('7');
    expect(users.stats()).toEqual(cache.stats());
    expect(users.name).toBe(cache.name);
    expect(events.filter(({ type }) => type !== 'load')).toEqual([
      { type: 'miss', namespace: 'users:active', key: '7' },
      { type: 'hit', tier: 'memory', namespace: 'users:active', key: '7' },
    ]);
    await cache.close();
    await expect(users.get('7')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('loads its own value for a key that is being loaded in another', async () => {
    const { cache } = twoTiers();
    const values = await Promise.all([
      cache.getOrCompute('key', () => 'root'),
      cache.namespace('users').getOrCompute('key', () => 'users'),
    ]);
    expect(values).toEqual(['root', 'users']);
  });
});

describe("the cache's own namespace", () => {
  it('keeps two caches on one store apart, whatever they remove', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const one = chain(clock, [[remote]], { namespace: 'app' });
    const two = chain(clock, [[remote]], { namespace: 'app2' });
    const three = chain(clock, [[remote]], { namespace: 'ap' });
    const inner = one.namespace('app2');
    const all = [one, two, three, inner];
    for (const cache of all) await cache.set('key', cache.name);
    await inner.clear();
    expect(await Promise.all(all.map((cache) => cache.get('key')))).toEqual([
      'app',
      'app2',
      'ap',
      undefined,
    ]);
    await one.removePattern('*');
    await one.clear();
    expect(await Promise.all(all.map((cache) => cache.get('key')))).toEqual([
      undefined,
      'app2',
      'ap',
      undefined,
    ]);
  });
});
