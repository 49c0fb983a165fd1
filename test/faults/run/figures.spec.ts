import { describe, expect, it } from '@jest/globals';
import type { LaneRecord, LoadRecord } from '../load/load-orders.js';
import { figuresOf, quantile } from './figures.js';

function lane(answers: readonly (readonly [at: number, took: number])[]): LaneRecord {
  return {
    at: Float64Array.from(answers, ([at]) => at),
    took: Float64Array.from(answers, ([, took]) => took),
  };
}

function record(hot: LaneRecord, errors: LoadRecord['errors'] = []): LoadRecord {
  const none = lane([]);
  return { lanes: { hot, mix: none, miss: none, write: none }, errors };
}

/** A hundred answers in each slice of 250 ms, which took so long. */
function slices(...took: readonly number[]): LaneRecord {
  return lane(
    took.flatMap((ms, slice) =>
      Array.from({ length: 100 }, (_, index) => [slice * 250 + index, ms] as const),
    ),
  );
}

function p99(...took: readonly number[]): number {
  return figuresOf(record(slices(...took)), { from: 0, to: took.length * 250 }).hotP99;
}

describe('the figures of a phase', () => {
  it('are of the answers that came in it, whenever they were asked for', () => {
    const figures = figuresOf(
      record(
        lane([
          [99, 1],
          [100, 5],
          [199, 90],
          [200, 7],
        ]),
      ),
      {
        from: 100,
        to: 200,
      },
    );

    expect(figures.lanes.hot).toMatchObject({ answers: 2, perSecond: 20, max: 90 });
  });

  it('count the errors in it', () => {
    const errors = [50, 150, 250].map(
      (at) => ({ kind: 'status', lane: 'hot', at, detail: '' }) as const,
    );

    expect(figuresOf(record(lane([]), errors), { from: 100, to: 200 }).errors).toBe(1);
  });

  it('take the p99 of most slices: one in which the machine was busy is not seen', () => {
    expect(p99(2, 2, 900, 2, 2)).toBe(2);
    expect(p99(2, 900, 900, 900, 2)).toBe(900);
  });

  it('are 0 where nothing was answered', () => {
    const { lanes, hotP99 } = figuresOf(record(lane([])), { from: 0, to: 1000 });

    expect([lanes.hot.p50, lanes.hot.max, hotP99]).toEqual([0, 0, 0]);
  });
});

describe('quantile', () => {
  it('is the value below which that share lies', () => {
    const values = Array.from({ length: 100 }, (_, index) => 99 - index);

    expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
      50, 99, 99,
    ]);
  });
});
