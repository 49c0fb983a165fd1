import { describe, expect, it } from '@jest/globals';
import { readAll, readSince, type ReadBack } from '../../../lib/bus/redis/log-history.js';
import type { Invalidation } from '../../../lib/contract/invalidation-bus.js';

type StreamEntry = readonly [id: string, fields: readonly string[]];

function entry(epoch: number, position: number, payload = '{"v":1,"all":true}'): StreamEntry {
  const fields = ['e', `${epoch}`, 'n', `${position}`, 'o', 'host', 'p', payload];
  return [`${epoch}${position}-0`, fields];
}

/** A stream that is read as Redis reads it. */
class Stream {
  readonly steps: number[] = [];

  constructor(readonly entries: readonly StreamEntry[]) {}

  readonly readBack: ReadBack = async (end, count) => {
    const last = end === '+' ? this.entries.length : this.#placeOf(end) + 1;
    const read = this.entries.slice(Math.max(0, last - count), last).toReversed();
    this.steps.push(read.length);
    return read;
  };

  /** Where an entry is, or was before it was trimmed with all before it. */
  #placeOf(id: string): number {
    return this.entries.findIndex(([own]) => own === id);
  }
}

function dense(epoch: number, from: number, to: number): StreamEntry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => entry(epoch, from + index));
}

function positions(invalidations: readonly Invalidation[] | undefined): number[] | undefined {
  return invalidations?.map(({ stamp }) => stamp.position);
}

describe('the history of a log', () => {
  it.each([0, 1, 199, 200, 201, 202, 400, 401, 1_000])(
    'of %i entries is read whole, each once and in order',
    async (length) => {
      const { readBack, steps } = new Stream(dense(7, 11, 10 + length));
      const all = await readAll(readBack);

      expect(positions(all)).toEqual(Array.from({ length }, (_, index) => 11 + index));
      expect(Math.max(...steps)).toBeLessThanOrEqual(201);
    },
  );

  it('since a position is read from the end to there and no farther', async () => {
    const { readBack, steps } = new Stream(dense(7, 1, 1_000));
    const since = await readSince(readBack, { epoch: 7, position: 700 });

    expect(positions(since)?.[0]).toBe(701);
    expect(since).toHaveLength(300);
    expect(steps).toHaveLength(2);
  });

  it('since what has just been trimmed is whole, since what came before that it is not known', async () => {
    const { readBack } = new Stream(dense(7, 301, 1_000));

    expect(await readSince(readBack, { epoch: 7, position: 300 })).toHaveLength(700);
    expect(await readSince(readBack, { epoch: 7, position: 299 })).toBeUndefined();
  });

  it('since a position that another epoch has followed is not known', async () => {
    const { readBack } = new Stream([...dense(7, 1, 5), ...dense(8, 6, 9)]);

    expect(await readSince(readBack, { epoch: 7, position: 3 })).toBeUndefined();
    expect(positions(await readSince(readBack, { epoch: 8, position: 6 }))).toEqual([7, 8, 9]);
    expect(positions(await readSince(readBack, { epoch: 8, position: 5 }))).toEqual([6, 7, 8, 9]);
    expect(await readSince(readBack, { epoch: 8, position: 4 })).toBeUndefined();
    expect(positions(await readAll(readBack))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('leaves out what cannot be understood, whose place is known all the same', async () => {
    const odd = entry(7, 3, '{"v":2}');
    const foreign: StreamEntry = ['75-0', ['hello', 'world']];
    const { readBack } = new Stream([...dense(7, 1, 2), odd, ...dense(7, 4, 5), foreign]);

    expect(positions(await readAll(readBack))).toEqual([1, 2, 4, 5]);
    expect(positions(await readSince(readBack, { epoch: 7, position: 2 }))).toEqual([4, 5]);
  });
});
