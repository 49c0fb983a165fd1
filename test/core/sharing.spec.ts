import { describe, expect, it } from '@jest/globals';
import { SerializationError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import {
  deferred,
  guardRejections,
  memoryOnly,
  settle,
  twoTiers,
  type Options,
} from './helpers.js';

guardRejections();

interface City {
  name: string;
  tags: string[];
}

const ede = (): City => ({ name: 'Ede', tags: ['heath'] });

/** The ways in which a caller comes to a value, each on a cache of its own. */
const ways: readonly [string, (options: Options) => Promise<City[]>][] = [
  [
    'callers who share a load',
    async (options) => {
      const { cache } = twoTiers(options);
      const loading = deferred<City>();
      const callers = [
        cache.getOrCompute('key', () => loading.promise),
        cache.getOrCompute('key', () => loading.promise),
      ];
      await settle();
      loading.resolve(ede());
      return [...(await Promise.all(callers)), ...(await hits(cache))];
    },
  ],
  [
    'callers who share a look-up',
    async (options) => {
      const { cache, neighbour } = twoTiers(options);
      await neighbour.set('key', ede());
      const found = await Promise.all([cache.get<City>('key'), cache.get<City>('key')]);
      return [...found.filter((city) => city !== undefined), ...(await hits(cache))];
    },
  ],
  [
    'callers who read a tier of bytes in turn',
    async (options) => {
      const { cache, neighbour } = twoTiers(options, { promotion: false });
      await neighbour.set('key', ede());
      return hits(cache);
    },
  ],
  [
    'callers of a batch',
    async (options) => {
      const { cache } = twoTiers(options);
      const [one, two] = await Promise.all([
        cache.getOrComputeMany(['key'], async () => [['key', ede()]]),
        cache.getOrComputeMany(['key'], async () => [['key', ede()]]),
      ]);
      return [one, two].flatMap((values) => [...values.values()]).concat(await hits(cache));
    },
  ],
  [
    'callers after a set and a refresh',
    async (options) => {
      const { cache } = twoTiers(options);
      await cache.set('key', ede());
      const first = await hits(cache);
      const refreshed = await cache.refresh('key', ede);
      return [...first, refreshed, ...(await hits(cache))];
    },
  ],
];

async function hits(cache: TieredCache): Promise<City[]> {
  const many = await cache.getMany<City>(['key']);
  const found = [
    await cache.get<City>('key'),
    await cache.getOrCompute<City>('key', () => Promise.reject(new Error('it was loaded'))),
    many.get('key'),
  ];
  return found.filter((city) => city !== undefined);
}

describe("copy: 'freeze', the default", () => {
  it.each(ways)('gives %s a value that none of them can change', async (_, way) => {
    const cities = await way({});
    expect(cities.length).toBeGreaterThanOrEqual(3);
    for (const city of cities) {
      expect(() => city.tags.push('forest')).toThrow(TypeError);
      expect(() => {
        city.name = 'Epe';
      }).toThrow(TypeError);
      expect(city).toEqual(ede());
    }
  });

  it('freezes the value that was set, so that a later change by its owner is noticed', async () => {
    const { cache } = memoryOnly();
    const city = ede();
    await cache.set('key', city);
    expect(() => city.tags.push('forest')).toThrow(TypeError);
    expect(await cache.get('key')).toBe(city);
  });
});

describe("copy: 'clone'", () => {
  it.each(ways)('gives %s a value of their own', async (_, way) => {
    const cities = await way({ copy: 'clone' });
    expect(new Set(cities).size).toBe(cities.length);
    for (const [index, city] of cities.entries()) {
      expect(city.tags).toEqual(['heath']);
      city.tags.push(`forest ${index}`);
      city.name = `Epe ${index}`;
    }
    expect(cities.map(({ name }) => name)).toEqual(cities.map((_city, index) => `Epe ${index}`));
  });

  it('takes a copy of what is set and loaded, and a copy for each peek', async () => {
    const { cache } = memoryOnly({ copy: 'clone' });
    const city = ede();
    await cache.set('set', city);
    await cache.getOrCompute('loaded', () => city);
    city.name = 'Epe';
    expect(await cache.get('set')).toEqual(ede());
    const peeked = cache.peek<City>('loaded');
    expect(peeked).toEqual(ede());
    if (peeked !== undefined) peeked.name = 'Epe';
    expect(cache.peek('loaded')).toEqual(ede());
  });

  it('refuses what cannot be copied', async () => {
    const { cache } = memoryOnly({ copy: 'clone' });
    const value = { at: new URL('http://localhost') };
    await expect(cache.set('key', value)).rejects.toBeInstanceOf(SerializationError);
    await expect(cache.getOrCompute('key', () => value)).rejects.toBeInstanceOf(SerializationError);
    expect(cache.peek('key')).toBeUndefined();
  });
});

describe("copy: 'none'", () => {
  it.each(ways)('gives %s a value that they can change', async (_, way) => {
    for (const city of await way({ copy: 'none' })) {
      city.name = 'Epe';
      expect(city.name).toBe('Epe');
    }
  });

  it('keeps the very value, changes and all', async () => {
    const { cache } = memoryOnly({ copy: 'none' });
    const city = ede();
    await cache.set('key', city);
    city.name = 'Epe';
    expect(await cache.get('key')).toBe(city);
    expect(cache.peek('key')).toBe(city);
    expect(await cache.getOrCompute('key', ede)).toBe(city);
  });
});
