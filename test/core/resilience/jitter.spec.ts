import { describe, expect, it } from '@jest/globals';
import { guardRejections, memoryOnly, timeLeft, twoTiers } from '../helpers.js';
import { Origin, STALE_FOR, TTL } from './origin.js';

guardRejections();

const ALMOST_ONE = 1 - 2 ** -53;

/** A cache on random numbers that are told. */
function drawing(random: number, options: object = {}) {
  return twoTiers({ random: () => random, ...options });
}

describe('jitter', () => {
  it.each([
    [0, TTL],
    [0.5, 950],
    [ALMOST_ONE, 900],
  ])(
    'with a random number of %d leaves %d ms of a second, where it is 0.1',
    async (random, ttl) => {
      const { cache, clock, remote } = drawing(random);
      await cache.getOrCompute('key', new Origin().load, { ttl: TTL, jitter: 0.1 });
      expect(await timeLeft(remote, 'key')).toBe(ttl);
      await clock.advance(ttl - 1);
      expect(cache.peek('key')).toBe(1);
      await clock.advance(1);
      expect(cache.peek('key')).toBeUndefined();
    },
  );

  it('takes nothing off by default', async () => {
    const { cache, remote } = drawing(ALMOST_ONE);
    await cache.getOrCompute('key', new Origin().load, { ttl: TTL });
    expect(await timeLeft(remote, 'key')).toBe(TTL);
  });

  it('does not shorten staleFor', async () => {
    const { cache, remote } = drawing(ALMOST_ONE);
    await cache.getOrCompute('key', new Origin().load, {
      ttl: TTL,
      jitter: 0.1,
      staleFor: STALE_FOR,
    });
    expect(await timeLeft(remote, 'key')).toBe(900 + STALE_FOR);
  });

  it('shortens the ttl that a loader sets, and the time that "absent" is kept', async () => {
    const { cache, remote } = drawing(ALMOST_ONE);
    const origin = new Origin();
    origin.say = (context) => context.setTtl(5000);
    await cache.getOrCompute('key', origin.load, { jitter: 0.1 });
    expect(await timeLeft(remote, 'key')).toBe(4500);
    await cache.getOrCompute('absent', () => undefined, { jitter: 0.1, negativeTtl: 2000 });
    expect(await timeLeft(remote, 'absent')).toBe(1800);
  });

  it.each(['set', 'update'] as const)('counts for %s', async (method) => {
    const { cache, remote } = drawing(ALMOST_ONE);
    await cache[method]('key', 1, { ttl: TTL, jitter: 0.1 });
    expect(await timeLeft(remote, 'key')).toBe(900);
  });

  it('counts for refresh', async () => {
    const { cache, remote } = drawing(ALMOST_ONE);
    await cache.refresh('key', () => 1, { ttl: TTL, jitter: 0.1 });
    expect(await timeLeft(remote, 'key')).toBe(900);
  });

  it('is drawn for each of many values, so that they do not end together', async () => {
    let drawn = 0;
    const { cache, remote } = twoTiers({ random: () => (drawn++ % 10) / 10 });
    const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`);
    const options = { ttl: TTL, jitter: 0.5 };
    await cache.setMany(
      keys.map((key) => [key, 1]),
      options,
    );
    const lefts = await Promise.all(keys.map((key) => timeLeft(remote, key)));
    expect(new Set(lefts).size).toBe(10);
    const others = keys.map((key) => `other ${key}`);
    await cache.getOrComputeMany(others, (missing) => missing.map((key) => [key, 1]), options);
    const otherLefts = await Promise.all(others.map((key) => timeLeft(remote, key)));
    expect(new Set(otherLefts).size).toBe(10);
  });

  it('has memory and the store end together nevertheless', async () => {
    const { cache, clock, neighbour } = drawing(0.5);
    await cache.set('key', 1, { ttl: TTL, jitter: 0.5 });
    await clock.advance(749);
    expect(cache.peek('key')).toBe(1);
    expect(await neighbour.get('key')).toBe(1);
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('can be of the cache, and left out by a call', async () => {
    const { cache, remote } = drawing(ALMOST_ONE, { jitter: 0.2 });
    await cache.set('key', 1, { ttl: TTL });
    expect(await timeLeft(remote, 'key')).toBe(800);
    await cache.set('key', 1, { ttl: TTL, jitter: 0 });
    expect(await timeLeft(remote, 'key')).toBe(TTL);
  });

  it.each([-0.1, 1.1, Number.NaN, '0.1', null, {}, false])(
    'is refused when it is %p, by name',
    async (bad) => {
      const { cache } = memoryOnly();
      const options = { jitter: bad } as unknown as { jitter: number };
      await expect(cache.set('key', 1, options)).rejects.toThrow(/jitter/);
      await expect(cache.getOrCompute('key', () => 1, options)).rejects.toThrow(/jitter/);
      expect(() => memoryOnly(options)).toThrow(/jitter/);
    },
  );
});
