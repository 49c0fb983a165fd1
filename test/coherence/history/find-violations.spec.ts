import { describe, expect, it } from '@jest/globals';
import { findViolations } from './find-violations.js';
import type { History, InvalidationCall, Read } from './history.js';
import type { CoherencePromise } from './promise.js';

const PROMISE: CoherencePromise = { staleness: 1000, tolerance: 5, lateness: 2000 };

/** The key 0 has its version 2 from the time 100 on, and an instance `A` that removed it from 110 to 120. */
const REMOVAL: InvalidationCall = {
  id: 1,
  instance: 'A',
  kind: 'remove',
  keys: [0],
  start: 110,
  end: 120,
  outcome: 'resolved',
};

function history(members: Partial<History>): History {
  return {
    commits: [{ key: 0, version: 2, at: 100 }],
    calls: [REMOVAL],
    reads: [],
    hindrances: [],
    faults: [],
    quietFrom: Infinity,
    survivors: new Set(['A', 'B']),
    ...members,
  };
}

function read(start: number, version: number, members: Partial<Read> = {}): Read {
  return { instance: 'B', key: 0, version, start, end: start + 10, how: 'get', ...members };
}

/** The rules that the reads violate, in their order. */
function rules(
  reads: readonly Read[],
  members: Partial<History> = {},
  promise: Partial<CoherencePromise> = {},
): readonly string[] {
  const verdict = findViolations(history({ reads, ...members }), { ...PROMISE, ...promise });
  return verdict.violations.map(({ rule }) => rule);
}

describe('findViolations', () => {
  it('finds an old version that is read later than the bound after the removal has resolved', () => {
    const { violations, worst } = findViolations(history({ reads: [read(1200, 1)] }), PROMISE);

    expect(violations).toEqual([
      { rule: 'stale', read: read(1200, 1), call: REMOVAL, required: 2, staleness: 1080 },
    ]);
    expect(worst).toBe(1080);
  });

  it('allows the old version until the bound, the new one always, and tells how old it was', () => {
    const { violations, worst } = findViolations(
      history({ reads: [read(115, 1), read(1120, 1), read(130, 2), read(9000, 2)] }),
      PROMISE,
    );

    expect(violations).toEqual([]);
    expect(worst).toBe(1000);
  });

  it('counts from the start of the read, however long it takes', () => {
    expect(rules([read(1000, 1, { end: 5000 })])).toEqual([]);
  });

  it('forgives what the measuring may be wrong by, and no more', () => {
    expect(rules([read(1125, 1)])).toEqual([]);
    expect(rules([read(1125.5, 1)])).toEqual(['stale']);
  });

  it('demands only what was committed before the removal was started', () => {
    const commits = [
      { key: 0, version: 2, at: 100 },
      { key: 0, version: 3, at: 111 },
    ];

    expect(rules([read(2000, 2)], { commits })).toEqual([]);
    expect(rules([read(2000, 1)], { commits })).toEqual(['stale']);
  });

  it('demands nothing after a removal that was refused, or whose process died', () => {
    for (const outcome of ['failed', 'lost'] as const) {
      expect(rules([read(9000, 1)], { calls: [{ ...REMOVAL, outcome }] })).toEqual([]);
    }
  });

  it('keeps the keys apart, and demands of each what covers it', () => {
    const commits = [
      { key: 0, version: 2, at: 100 },
      { key: 1, version: 2, at: 105 },
      { key: 2, version: 2, at: 105 },
    ];
    const calls = [{ ...REMOVAL, kind: 'tag' as const, keys: [0, 1] }];
    const reads = [0, 1, 2].map((key) => read(2000, 1, { key }));

    expect(rules(reads, { commits, calls })).toEqual(['stale', 'stale']);
  });

  it('remembers the strictest of earlier removals, in whatever order they resolved', () => {
    const commits = [
      { key: 0, version: 2, at: 100 },
      { key: 0, version: 3, at: 200 },
    ];
    const slow = { ...REMOVAL, end: 900 };
    const quick = { ...REMOVAL, id: 2, start: 210, end: 220 };
    const given = { commits, calls: [quick, slow] };

    expect(rules([read(1300, 2)], given)).toEqual(['stale']);
    expect(rules([read(3000, 2)], given)).toEqual(['stale']);
    expect(rules([read(1200, 1)], given)).toEqual([]);
  });

  it('lets an instance see its own removal at once', () => {
    expect(rules([read(121, 1, { instance: 'A' })])).toEqual(['own']);
    expect(rules([read(119, 1, { instance: 'A' })])).toEqual([]);
    expect(rules([read(121, 1, { instance: 'B' })])).toEqual([]);
  });

  it('holds an instance to what it has pending, and all others once there is quiet', () => {
    const pending = { ...REMOVAL, outcome: 'pending' as const };
    const own = read(121, 1, { instance: 'A' });
    const reads = [own, read(4000, 1), read(6500, 1)];

    expect(rules(reads, { calls: [pending], quietFrom: 5000 })).toEqual(['own', 'stale']);
    expect(rules(reads, { calls: [pending] })).toEqual(['own']);
    const survivors = new Set(['B']);
    expect(rules(reads, { calls: [pending], quietFrom: 5000, survivors })).toEqual(['own']);
  });

  it('finds a version that nobody had committed when the read ended', () => {
    expect(rules([read(50, 2), read(98, 2), read(500, 3), read(500, 0)])).toEqual([
      'impossible',
      'impossible',
      'impossible',
    ]);
  });

  it('lets a value that was stored by hand win over what was removed until that had settled', () => {
    const commits = [
      { key: 0, version: 2, at: 100 },
      { key: 0, version: 3, at: 150 },
    ];
    const stored = { ...REMOVAL, kind: 'set' as const, version: 2, end: 300 };
    const during = { ...REMOVAL, id: 2, start: 200, end: 210 };
    const after = { ...REMOVAL, id: 3, start: 301, end: 310 };

    expect(rules([read(1250, 2)], { commits, calls: [stored, during] })).toEqual([]);
    expect(rules([read(1250, 1)], { commits, calls: [stored, during] })).toEqual(['stale']);
    expect(rules([read(2000, 2)], { commits, calls: [stored, during, after] })).toEqual(['stale']);
    expect(rules([read(2000, 1)], { commits, calls: [stored] })).toEqual(['stale']);
  });

  it('lets a value whose storing was not answered come as late as Redis may carry it out', () => {
    const commits = [
      { key: 0, version: 2, at: 100 },
      { key: 0, version: 3, at: 150 },
    ];
    const stored = { ...REMOVAL, kind: 'set' as const, version: 2, outcome: 'lost' as const };
    const soon = { ...REMOVAL, id: 2, start: 2000, end: 2010 };
    const late = { ...REMOVAL, id: 3, start: 2200, end: 2210 };

    expect(rules([read(9000, 2)], { commits, calls: [stored, soon] })).toEqual([]);
    expect(rules([read(9000, 2)], { commits, calls: [stored, late] })).toEqual(['stale']);
  });

  it('gives an instance that is kept from Redis the weaker bound, until it has recovered', () => {
    const promise = { unverified: { limit: 3000, recovery: 500 } };
    const hindrances = [{ instance: 'B', from: 1000, to: 2000 }];

    expect(rules([read(1500, 1), read(2400, 1)], { hindrances }, promise)).toEqual([]);
    expect(rules([read(2600, 1)], { hindrances }, promise)).toEqual(['stale']);
    const other = read(1500, 1, { instance: 'C' });
    expect(rules([other], { hindrances }, promise)).toEqual(['stale']);
    const all = [{ instance: undefined, from: 1000, to: 9000 }];
    expect(rules([other, read(4500, 1)], { hindrances: all }, promise)).toEqual(['stale']);
    expect(rules([read(1500, 1)], { hindrances })).toEqual(['stale']);
  });
});
