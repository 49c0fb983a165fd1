import { describe, expect, it, jest } from '@jest/globals';
import { jittered } from '../../lib/core/loading/jitter.js';
import { Random } from '../coherence/random.js';

/** Random numbers that are the same in every run. */
function drawn(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

const ALMOST_ONE = 1 - 2 ** -53;

describe('jittered', () => {
  it('takes nothing off where no jitter is wanted, and asks for no random number', () => {
    const random = jest.fn(() => 0.5);
    expect(jittered(60_000, 0, random)).toBe(60_000);
    expect(random).not.toHaveBeenCalled();
  });

  it.each([
    [1_000, 0.1, 0, 1_000],
    [1_000, 0.1, 0.5, 950],
    [1_000, 0.1, ALMOST_ONE, 900],
    [1_000, 1, ALMOST_ONE, 1],
    [1_000, 1, 0, 1_000],
    [1, 1, ALMOST_ONE, 1],
    [1, 0.5, ALMOST_ONE, 1],
    [3, 0.5, ALMOST_ONE, 2],
    [10, 0.05, ALMOST_ONE, 10],
  ])('a ttl of %d ms with jitter %d and a random %d is %d ms', (ttl, jitter, random, result) => {
    expect(jittered(ttl, jitter, () => random)).toBe(result);
  });

  it('stays whole, at least 1 ms, and between the shortest and the ttl, whatever is drawn', () => {
    const random = drawn(1);
    for (let draw = 0; draw < 20_000; draw++) {
      const ttl = 1 + Math.floor(random() ** 4 * 3_155_760_000_000);
      const jitter = random();
      const result = jittered(ttl, jitter, random);
      expect(Number.isSafeInteger(result)).toBe(true);
      expect(result).toBeLessThanOrEqual(ttl);
      expect(result).toBeGreaterThanOrEqual(Math.max(1, ttl * (1 - jitter) - 1e-3));
    }
  });

  it('spreads evenly: every length of the range is as likely as another', () => {
    const random = drawn(2);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 55_000; draw++) {
      const result = jittered(100, 0.1, random);
      counts.set(result, (counts.get(result) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([
      90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100,
    ]);
    // 5000 each, with a standard deviation of 67.
    for (const count of counts.values()) expect(Math.abs(count - 5_000)).toBeLessThan(300);
  });
});
