import { describe, expect, it } from '@jest/globals';
import type { LaneName } from '../load/load-orders.js';
import {
  answersGoOn,
  heapReturns,
  hotStaysFast,
  missIsLimited,
  noErrors,
  oneLoadOfAKey,
  servesAgain,
} from './expectations.js';
import type { Outcome, Phase } from './outcome.js';

/** A phase in which the slowest answers of the lanes took so long; a lane that is not named had none. */
function phase(slowest: Partial<Record<LaneName, number>>, mostOfOneKey = 1): Phase {
  const lane = (name: LaneName): Phase['all'] => {
    const max = slowest[name];
    return { answers: max === undefined ? 0 : 9, perSecond: 9, p50: 1, p99: 1, max: max ?? 0 };
  };
  return {
    seconds: 1,
    all: lane('hot'),
    lanes: { hot: lane('hot'), mix: lane('mix'), miss: lane('miss'), write: lane('write') },
    hotP99: 1,
    errors: 0,
    origin: { loads: {}, failed: 0, most: 1, mostOfOneKey },
  };
}

function outcome(parts: Partial<Outcome>): Outcome {
  return {
    scenario: { name: 'a', title: 'b', group: 'redis' },
    phases: {},
    hotRatio: 1,
    servedAfter: 100,
    heap: undefined,
    errors: {},
    firstErrors: [],
    health: { answers: 1, bad: [], states: {}, slowest: 1 },
    app: undefined,
    exit: undefined,
    printed: '',
    notes: {},
    ...parts,
  };
}

/** What is found about a phase whose slowest answers took so long. */
function judgeMiss(hot: number, miss: number): string | undefined {
  return missIsLimited.check(outcome({ phases: { fault: phase({ hot, miss }) } }));
}

/** In megabytes. */
function heap(before: number, after: number): Outcome['heap'] {
  return {
    before: { heapUsed: before * 2 ** 20, external: 0, rss: 0 },
    after: { heapUsed: after * 2 ** 20, external: 0, rss: 0 },
  };
}

describe('what is expected', () => {
  it('is no error, but for the kinds that are allowed', () => {
    const found = outcome({ errors: { refused: 2 } });

    expect(noErrors().check(outcome({}))).toBeUndefined();
    expect(noErrors().check(found)).toContain('2 refused');
    expect(noErrors('refused').check(found)).toBeUndefined();
  });

  it('is answers on every lane in every phase', () => {
    const silent = { calm: phase({ hot: 1, mix: 1 }), fault: phase({ hot: 1 }) };

    expect(answersGoOn(['hot']).check(outcome({ phases: silent }))).toBeUndefined();
    expect(answersGoOn(['hot', 'mix']).check(outcome({ phases: silent }))).toBe(
      'none on mix in fault',
    );
  });

  it('is a miss that ends, but for what holds up memory hits as well', () => {
    expect(judgeMiss(10, 1000)).toBeUndefined();
    expect(judgeMiss(10, 1500)).toContain('1500 ms in fault');
    expect(judgeMiss(400, 1500)).toBeUndefined();
  });

  it('is at most one load of a key', () => {
    expect(oneLoadOfAKey.check(outcome({ phases: { fault: phase({}, 1) } }))).toBeUndefined();
    expect(oneLoadOfAKey.check(outcome({ phases: { fault: phase({}, 2) } }))).toBe('2');
  });

  it('is hits within twice the time, tiers that serve again, and the heap of before', () => {
    expect(hotStaysFast.check(outcome({ hotRatio: 2 }))).toBeUndefined();
    expect(hotStaysFast.check(outcome({ hotRatio: 2.1 }))).toBe('2.10 times');
    expect(servesAgain.check(outcome({ servedAfter: 501 }))).toBe('after 501 ms');
    expect(servesAgain.check(outcome({ servedAfter: undefined }))).toBe('they do not');
    expect(heapReturns.check(outcome({ heap: heap(20, 25) }))).toBeUndefined();
    expect(heapReturns.check(outcome({ heap: heap(20, 40) }))).toContain('40.0 MB after');
  });
});
