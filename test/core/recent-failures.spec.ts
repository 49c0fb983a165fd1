import { describe, expect, it } from '@jest/globals';
import { RecentFailures, type Failure } from '../../lib/core/loading/recent-failures.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

function failure(until: number): Failure {
  const beginning = { generation: 1, time: 0 };
  return { error: new Error('no'), at: 0, until, position: 1, beginning };
}

describe('RecentFailures', () => {
  it('remembers a failure until its time has passed', async () => {
    const clock = new ManualClock();
    const failures = new RecentFailures(clock);
    const noted = failure(100);
    failures.note('key', noted);
    expect(failures.of('key')).toBe(noted);
    expect(failures.of('other')).toBeUndefined();
    await clock.advance(99);
    expect(failures.of('key')).toBe(noted);
    await clock.advance(1);
    expect(failures.of('key')).toBeUndefined();
  });

  it('drops one whose time has passed when it is asked for', async () => {
    const clock = new ManualClock();
    const failures = new RecentFailures(clock);
    failures.note('key', failure(100));
    await clock.advance(100);
    expect(failures.size).toBe(1);
    failures.of('key');
    expect(failures.size).toBe(0);
  });

  it('drops those whose time has passed when another is noted, as far as they are the oldest', async () => {
    const clock = new ManualClock();
    const failures = new RecentFailures(clock);
    for (const until of [10, 20, 300, 30]) failures.note(`until ${until}`, failure(until));
    await clock.advance(100);
    failures.note('new', failure(200));
    expect(failures.size).toBe(3);
    expect(failures.of('until 300')).toBeDefined();
    expect(failures.of('new')).toBeDefined();
  });

  it('lets go of those whose time has passed when another comes', async () => {
    const clock = new ManualClock();
    const failures = new RecentFailures(clock);
    failures.note('one', failure(100));
    failures.note('two', failure(100));
    await clock.advance(100);
    failures.note('three', failure(200));
    expect(failures.size).toBe(1);
  });

  it('puts a newer failure of the key in place of the older', () => {
    const failures = new RecentFailures(new ManualClock());
    const newer = failure(50);
    failures.note('key', failure(100));
    failures.note('key', newer);
    expect(failures.of('key')).toBe(newer);
    expect(failures.size).toBe(1);
  });

  it('forgets one when it is told to', () => {
    const failures = new RecentFailures(new ManualClock());
    failures.note('key', failure(100));
    failures.note('other', failure(100));
    failures.forget('key');
    failures.forget('never noted');
    expect(failures.of('key')).toBeUndefined();
    expect(failures.of('other')).toBeDefined();
  });

  it('remembers an error that is undefined as one', () => {
    const failures = new RecentFailures(new ManualClock());
    failures.note('key', { ...failure(100), error: undefined });
    expect(failures.of('key')).toHaveProperty('error', undefined);
  });

  it('remembers at most so many keys: the oldest go first', () => {
    const failures = new RecentFailures(new ManualClock(), 3);
    for (const key of ['a', 'b', 'c']) failures.note(key, failure(100));
    failures.note('a', failure(100));
    failures.note('d', failure(100));
    expect(failures.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].filter((key) => failures.of(key) !== undefined)).toEqual([
      'a',
      'c',
      'd',
    ]);
  });

  it('remembers 10 000 keys where nothing else is said', () => {
    const failures = new RecentFailures(new ManualClock());
    for (let key = 0; key < 10_001; key++) failures.note(String(key), failure(100));
    expect(failures.size).toBe(10_000);
    expect(failures.of('0')).toBeUndefined();
    expect(failures.of('1')).toBeDefined();
  });
});
