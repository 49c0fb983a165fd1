import { describe, expect, it } from '@jest/globals';
import {
  asked,
  counted,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  twoTiers,
  writes,
} from './helpers.js';

guardRejections();

describe('undefined', () => {
  it('means absent, and is not kept unless that is asked for', async () => {
    const { cache, remote } = twoTiers();
    const loader = counted(() => undefined);
    expect(await cache.getOrCompute('key', loader)).toBeUndefined();
    expect(await cache.getOrCompute('key', loader)).toBeUndefined();
    expect(loader.runs).toBe(2);
    expect(writes(remote)).toBe(0);
  });

  it('is kept for the negativeTtl of the call, in memory and in tiers of bytes', async () => {
    const { cache, neighbour, clock } = twoTiers();
    const loader = counted(() => undefined);
    const options = { ttl: 10_000, negativeTtl: 100 };
    await cache.getOrCompute('key', loader, options);
    await clock.advance(99);
    expect(await cache.getOrCompute('key', loader, options)).toBeUndefined();
    expect(await neighbour.getOrCompute('key', mustNotLoad)).toBeUndefined();
    expect(loader.runs).toBe(1);
    await clock.advance(1);
    await cache.getOrCompute('key', loader, options);
    expect(loader.runs).toBe(2);
  });

  it("is kept for the cache's negativeTtl where the call has none", async () => {
    const { cache, clock } = memoryOnly({ negativeTtl: '1s' });
    const loader = counted(() => undefined);
    await cache.getOrCompute('key', loader);
    await clock.advance(999);
    await cache.getOrCompute('key', loader);
    expect(loader.runs).toBe(1);
    await cache.getOrCompute('other', loader, { negativeTtl: 5000 });
    await clock.advance(4999);
    await cache.getOrCompute('other', loader);
    expect(loader.runs).toBe(2);
  });

  it('that is kept counts as a hit, and is no value for get, getMany and peek', async () => {
    const { cache, neighbour } = twoTiers({ negativeTtl: 1000 });
    await neighbour.getOrCompute('key', () => undefined);
    expect(await cache.get('key')).toBeUndefined();
    expect((await cache.getMany(['key'])).has('key')).toBe(false);
    expect((await cache.getOrComputeMany(['key'], mustNotLoad)).has('key')).toBe(false);
    expect(cache.peek('key')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 0 });
    expect(asked(cache)).toBe(3);
  });

  it('gives way to a value that is set', async () => {
    const { cache } = twoTiers({ negativeTtl: 1000 });
    await cache.getOrCompute<string | undefined>('key', () => undefined);
    await cache.set('key', 'value');
    expect(await cache.get('key')).toBe('value');
  });

  it('replaces the value when a refresh finds none, and is to be kept', async () => {
    const { cache, neighbour } = twoTiers({ negativeTtl: 1000 });
    await cache.set('key', 'value');
    await cache.refresh<unknown>('key', () => undefined);
    expect(await cache.getOrCompute('key', mustNotLoad)).toBeUndefined();
    expect(await neighbour.getOrCompute('key', mustNotLoad)).toBeUndefined();
  });

  it('is refused by set, which has nothing to store then', async () => {
    const { cache } = twoTiers();
    await cache.set('key', 'value');
    await expect(cache.set('key', undefined)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'value',
      message: expect.stringContaining('remove the key, or store null'),
    });
    expect(await cache.get('key')).toBe('value');
  });
});

describe('null', () => {
  it('is a value like any other, in memory and through tiers of bytes', async () => {
    const { cache, neighbour } = twoTiers();
    const loader = counted(() => null);
    expect(await cache.getOrCompute('loaded', loader)).toBeNull();
    expect(await cache.getOrCompute('loaded', loader)).toBeNull();
    expect(loader.runs).toBe(1);
    expect(await neighbour.get('loaded')).toBeNull();
    await cache.set('set', null);
    expect(await neighbour.get('set')).toBeNull();
    expect(cache.peek('set')).toBeNull();
    expect(await neighbour.getMany(['loaded', 'set'])).toEqual(
      new Map([
        ['loaded', null],
        ['set', null],
      ]),
    );
  });
});
