import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { InvalidOptionError, InvalidTtlError } from '../../lib/contract/errors.js';
import { MAX_TTL } from '../../lib/contract/ttl.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { systemClock } from '../../lib/contract/clock.js';
import { guardRejections, memoryOnly, twoTiers } from './helpers.js';

guardRejections();

/** What making a cache with these options says, whatever their types. */
function refusal(options: object): unknown {
  try {
    createTieredCache({ tiers: [memoryTier()], ...options });
    return undefined;
  } catch (error) {
    return error;
  }
}

const badTtls = [
  -1,
  -0.5,
  0,
  NaN,
  Infinity,
  -Infinity,
  MAX_TTL + 1,
  '',
  '5',
  '5x',
  '-5m',
  '0s',
  '1e3ms',
  'someTerm',
  'toString',
  null,
  {},
  [],
  true,
];

describe('createTieredCache', () => {
  it.each(badTtls)('refuses the ttl %p', (ttl) => {
    expect(refusal({ ttl })).toBeInstanceOf(InvalidTtlError);
    expect(refusal({ negativeTtl: ttl })).toBeInstanceOf(InvalidTtlError);
    expect(refusal({ ttl })).toMatchObject({
      message: expect.stringMatching(
        /^Option "ttl": .* is not a ttl\. Give milliseconds .*, a duration such as .*, or a strategy: realTime, shortTerm, mediumTerm, longTerm$/,
      ),
    });
  });

  const bad: readonly (readonly [string, object, RegExp])[] = [
    ['tiers', { tiers: [] }, /is a list of one tier at least, nearest first/],
    ['tiers', { tiers: undefined }, /is a list of one tier at least/],
    ['tiers', { tiers: memoryTier() }, /is a list of one tier at least/],
    ['tiers[0]', { tiers: [memoryTier] }, /is what memoryTier\(\).* returns; got a function/],
    ['tiers[1]', { tiers: [memoryTier(), undefined] }, /is what memoryTier\(\).*; got undefined/],
    ['tiers[0]', { tiers: [new MapBackend()] }, /is what memoryTier\(\).*; got an object/],
    ['tiers[0]', { tiers: ['memory'] }, /is what memoryTier\(\).*; got "memory"/],
    ['tiers', { tiers: [mapTier(), mapTier()] }, /two are called "map": give one another "name"/],
    [
      'tiers',
      { tiers: [memoryTier({ name: 'a' }), mapTier(), mapTier({ name: 'a' })] },
      /two are called "a"/,
    ],
    [
      'tiers[1].level',
      { tiers: [memoryTier({ level: 2 }), mapTier({ level: 1 })] },
      /levels ascend from the nearest tier to the farthest; 1 follows 2/,
    ],
    ['tiers[1].level', { tiers: [memoryTier({ level: 2 }), mapTier({ level: 2 })] }, /2 follows 2/],
    [
      'tiers[1].level',
      { tiers: [memoryTier({ preset: 'l3' }), mapTier({ preset: 'l2' })] },
      /2 follows 3/,
    ],
    ['tiers[0].level', { tiers: [memoryTier({ level: 0 })] }, /is a whole number from 1; got 0/],
    ['tiers[0].level', { tiers: [memoryTier({ level: 1.5 })] }, /got 1.5/],
    [
      'tiers[0].preset',
      { tiers: [memoryTier({ preset: 'l5' as 'l4' })] },
      /is one of l1, l2, l3, l4; got "l5"/,
    ],
    ['tiers[0].preset', { tiers: [memoryTier({ preset: 'toString' as 'l4' })] }, /is one of l1/],
    ...[0, -1, NaN, Infinity, '2', null].map(
      (ttlScale) =>
        [
          'tiers[0].ttlScale',
          { tiers: [memoryTier({ ttlScale: ttlScale as number })] },
          /is a number above 0, such as 0.5 or 8/,
        ] as const,
    ),
    ...[0, -1, 1.5, NaN, true, '10'].map(
      (promotion) =>
        [
          'tiers[0].promotion',
          { tiers: [memoryTier({ promotion: promotion as number })] },
          /is false, or a whole number from 1/,
        ] as const,
    ),
    [
      'tiers[0].name',
      { tiers: [customTier({ useValue: new MapBackend(), name: '' })] },
      /non-empty/,
    ],
    [
      'namespace',
      { namespace: 'a:b' },
      /is 1 to 64 characters of A-Z, a-z, 0-9, "_", "\." and "-"/,
    ],
    ['namespace', { namespace: '' }, /is 1 to 64 characters/],
    ['namespace', { namespace: 5 }, /got 5/],
    ['copy', { copy: 'deep' }, /is one of freeze, clone, none; got "deep"/],
    ['maxKeyLength', { maxKeyLength: 0 }, /is a whole number of at least 1; got 0/],
    ['maxKeyLength', { maxKeyLength: 1.5 }, /is a whole number/],
    ['codec', { codec: 'json' }, /is an object with the methods encode, decode; got "json"/],
    ['codec', { codec: { encode: () => Buffer.alloc(0) } }, /it has no decode/],
    [
      'codec.id',
      { codec: { name: 'mine', id: 256, encode: () => Buffer.alloc(0), decode: () => 1 } },
      /is a whole number from 0 to 255; got 256/,
    ],
    [
      'clock',
      { clock: Date },
      /is an object with the methods now, wallTime, setTimer; got a function/,
    ],
    ['clock', { clock: { now: () => 0 } }, /it has no wallTime/],
    ['random', { random: 0.5 }, /is a function; got 0.5/],
    ['tll', { tll: 5 }, /there is no such option; there are namespace, ttl, .*, tiers/],
    ['"a b"', { 'a b': 5 }, /there is no such option/],
  ];

  it.each(bad)('names the option %s, and says what is right: %j', (option, options, problem) => {
    const error = refusal(options);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option });
    expect((error as Error).message).toMatch(problem);
  });

  it.each([undefined, null, 5, 'memory', []])('refuses %j for its options', (options) => {
    expect(() => createTieredCache(options as never)).toThrow(InvalidOptionError);
  });

  it('takes undefined for an option that is not given', () => {
    const names = ['namespace', 'ttl', 'negativeTtl', 'copy', 'codec', 'maxKeyLength', 'random'];
    expect(refusal(Object.fromEntries(names.map((name) => [name, undefined])))).toBeUndefined();
    expect(
      refusal({ codec: new JsonCodec(), clock: systemClock, random: Math.random }),
    ).toBeUndefined();
  });

  it('makes no backend when an option is wrong', () => {
    let made = 0;
    const tier = customTier({
      name: 'mine',
      useFactory: () => {
        made++;
        return new MapBackend();
      },
    });
    refusal({ tiers: [tier], ttl: -1 });
    refusal({ tiers: [tier, tier] });
    refusal({ tiers: [tier], copy: 'deep' });
    refusal({ tiers: [tier], namespace: '' });
    expect(made).toBe(0);
    expect(refusal({ tiers: [tier] })).toBeUndefined();
    expect(made).toBe(1);
  });
});

describe('a call', () => {
  it.each(badTtls)('rejects with the ttl %p', async (bad) => {
    const { cache } = memoryOnly();
    const ttl = bad as number;
    const refused = { code: 'INVALID_TTL', message: expect.stringContaining('Option "ttl"') };
    await expect(cache.set('key', 1, { ttl })).rejects.toMatchObject(refused);
    await expect(cache.setMany([['key', 1]], { ttl })).rejects.toMatchObject(refused);
    await expect(cache.getOrCompute('key', () => 1, { ttl })).rejects.toMatchObject(refused);
    await expect(
      cache.getOrComputeMany(['key'], () => new Map([['key', 1]]), { ttl }),
    ).rejects.toMatchObject(refused);
    await expect(cache.refresh('key', () => 1, { ttl })).rejects.toMatchObject(refused);
    await expect(cache.getOrCompute('key', () => undefined, { negativeTtl: ttl })).rejects.toThrow(
      'Option "negativeTtl"',
    );
    await expect(
      cache.getOrCompute('key', (context) => {
        context.setTtl(ttl);
        return 1;
      }),
    ).rejects.toThrow('Option "context.setTtl"');
    expect(await cache.get('key')).toBeUndefined();
  });

  it('rejects with options that it does not know, such as a plain ttl', async () => {
    const { cache } = twoTiers();
    const options = { tll: 5 } as object;
    const refused = {
      code: 'INVALID_OPTION',
      option: 'options.tll',
      message: expect.stringContaining('there are ttl, staleFor, jitter, type, tags'),
    };
    await expect(cache.set('key', 1, options)).rejects.toMatchObject(refused);
    await expect(cache.getOrCompute('key', () => 1, options)).rejects.toMatchObject(refused);
    await expect(cache.refresh('key', () => 1, options)).rejects.toMatchObject(refused);
    await expect(cache.get('key', options)).rejects.toMatchObject({ option: 'options.tll' });
    await expect(cache.getMany(['key'], options)).rejects.toMatchObject({ option: 'options.tll' });
    await expect(cache.set('key', 1, 5000 as never)).rejects.toThrow(
      'Option "options": is an object of options; got 5000',
    );
    await expect(cache.getOrCompute('key', () => 1, null as never)).rejects.toMatchObject({
      option: 'options',
    });
  });

  it.each(['Place', () => 1, [], {}, Map, null])('rejects with the type %p', async (type) => {
    const { cache } = twoTiers();
    const options = { type } as object;
    const refused = { code: 'INVALID_OPTION', option: 'type' };
    await expect(cache.getOrCompute('key', () => 1, options)).rejects.toMatchObject(refused);
    await expect(cache.get('key', options)).rejects.toMatchObject(refused);
    await expect(cache.set('key', 1, options)).rejects.toMatchObject(refused);
  });

  it('rejects with an unless that is no function', async () => {
    const { cache } = twoTiers();
    const options = { unless: true } as object;
    const refused = { code: 'INVALID_OPTION', option: 'unless' };
    await expect(cache.getOrCompute('key', () => 1, options)).rejects.toMatchObject(refused);
  });

  it.each([undefined, null, 5, 'value', Promise.resolve(1)])(
    'rejects with %p in the place of a loader',
    async (loader) => {
      const { cache } = memoryOnly();
      const refused = { code: 'INVALID_OPTION', option: 'loader' };
      await expect(cache.getOrCompute('key', loader as never)).rejects.toMatchObject(refused);
      await expect(cache.refresh('key', loader as never)).rejects.toMatchObject(refused);
    },
  );

  it.each(['abc', '', undefined, null, 5, {}])(
    'rejects with %j in the place of keys',
    async (keys) => {
      const { cache } = memoryOnly();
      await cache.set('a', 1);
      const refused = { code: 'INVALID_OPTION', option: 'keys' };
      const given = keys as Iterable<string>;
      await expect(cache.getMany(given)).rejects.toMatchObject(refused);
      await expect(cache.removeMany(given)).rejects.toMatchObject(refused);
      await expect(cache.getOrComputeMany(given, () => [])).rejects.toMatchObject(refused);
      expect(cache.peek('a')).toBe(1);
    },
  );

  it('rejects with a promise for a value: it was not awaited', async () => {
    const { cache } = memoryOnly();
    await expect(cache.set('key', Promise.resolve(1))).rejects.toThrow(
      'Option "value": is a promise: await it, and store what it comes to',
    );
  });

  it('for a tier that there is not names those there are', () => {
    const { cache } = twoTiers();
    expect(() => cache.backend('redis')).toThrow(
      'Option "tier": there is no tier "redis"; there are memory, remote',
    );
  });
});
