import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { isDue } from '../../lib/core/loading/early-refresh.js';
import { Random } from '../coherence/random.js';

/** Random numbers that are the same in every run. */
function drawn(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

const FRESH_UNTIL = 10_000;

afterEach(() => {
  jest.restoreAllMocks();
});

/** How many of so many readers load anew, with so many milliseconds left. */
function dueOf(readers: number, left: number, early: number, random: () => number): number {
  let due = 0;
  for (let reader = 0; reader < readers; reader++) {
    if (isDue(FRESH_UNTIL, early, FRESH_UNTIL - left, random)) due++;
  }
  return due;
}

describe('isDue', () => {
  it('is true once the time has passed, without a random number', () => {
    const random = jest.fn(() => 0);
    expect(isDue(FRESH_UNTIL, 50, FRESH_UNTIL, random)).toBe(true);
    expect(isDue(FRESH_UNTIL, 0, FRESH_UNTIL + 1, random)).toBe(true);
    expect(random).not.toHaveBeenCalled();
  });

  it('is false before, for a load that takes no time', () => {
    for (const random of [0, 0.5, 1 - 2 ** -53]) {
      expect(isDue(FRESH_UNTIL, 0, FRESH_UNTIL - 1, () => random)).toBe(false);
    }
  });

  it('computes no logarithm while much more time is left than a load takes', () => {
    const log = jest.spyOn(Math, 'log');
    const random = jest.fn(() => 1 - 2 ** -53);
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 3_700, random)).toBe(false);
    expect(random).not.toHaveBeenCalled();
    expect(log).not.toHaveBeenCalled();
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 3_000, random)).toBe(true);
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('leaves out by that nothing that a random number could bring about', () => {
    const smallest = 2 ** -53;
    expect(-Math.log(smallest)).toBeLessThan(37);
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 3_673, () => 1 - smallest)).toBe(true);
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 3_674, () => 1 - smallest)).toBe(false);
  });

  it('is decided at the moment that the random number names', () => {
    // -100 ln(1 - 0.5) = 69.3
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 70, () => 0.5)).toBe(false);
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 69, () => 0.5)).toBe(true);
    // -100 ln(1 - 0) = 0
    expect(isDue(FRESH_UNTIL, 100, FRESH_UNTIL - 1, () => 0)).toBe(false);
  });

  it.each([
    [1, 100],
    [50, 100],
    [100, 100],
    [300, 100],
    [500, 100],
    [20, 10],
    [1_000, 400],
  ])(
    'with %d ms left and %d ms of load, it is true as often as the exponential says',
    (left, early) => {
      const readers = 200_000;
      const probability = Math.exp(-left / early);
      const deviation = Math.sqrt(readers * probability * (1 - probability));
      const due = dueOf(readers, left, early, drawn(left * 31 + early));
      expect(Math.abs(due - readers * probability)).toBeLessThan(4 * deviation);
    },
  );

  it('is true the earlier, the greater beta is: twice as large, as at half the time left', () => {
    const readers = 200_000;
    const single = dueOf(readers, 100, 50, drawn(7)) / readers;
    const double = dueOf(readers, 200, 100, drawn(8)) / readers;
    expect(Math.abs(single - double)).toBeLessThan(0.005);
    expect(dueOf(readers, 100, 100, drawn(9)) / readers).toBeGreaterThan(2 * single);
  });

  it('has one of many readers load in time: hardly ever does a value run out', () => {
    const random = drawn(3);
    const rounds = 2_000;
    const early = 20;
    let ranOut = 0;
    let leftInSum = 0;
    for (let round = 0; round < rounds; round++) {
      let left = 1_000;
      while (left > 0 && !isDue(FRESH_UNTIL, early, FRESH_UNTIL - left, random)) left--;
      if (left === 0) ranOut++;
      leftInSum += left;
    }
    // The chance that none of the readers, one each millisecond, is told to load.
    let survives = 1;
    for (let left = 1; left <= 1_000; left++) survives *= 1 - Math.exp(-left / early);
    expect(survives).toBeLessThan(1e-10);
    expect(ranOut).toBe(0);
    // The expectation of the largest `left` that was drawn: the sum of the chances that it is at least so large.
    let expected = 0;
    let noneEarlier = 1;
    for (let left = 1_000; left >= 1; left--) {
      noneEarlier *= 1 - Math.exp(-left / early);
      expected += 1 - noneEarlier;
    }
    expect(Math.abs(leftInSum / rounds - expected)).toBeLessThan(2.5);
  });
});
