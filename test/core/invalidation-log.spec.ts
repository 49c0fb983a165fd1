import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidationLog } from '../../lib/core/coherence/invalidation-log.js';

describe('InvalidationLog', () => {
  it('holds what began before an invalidation of its key to be outdated, and nothing else', () => {
    const log = new InvalidationLog();
    const before = log.position;
    log.record(['a', 'b']);
    const after = log.position;
    expect(log.isCurrent('a', before)).toBe(false);
    expect(log.isCurrent('b', before)).toBe(false);
    expect(log.isCurrent('c', before)).toBe(true);
    expect(log.isCurrent('a', after)).toBe(true);
    expect(log.isCurrent('b', after)).toBe(true);
  });

  it('counts the last invalidation of a key', () => {
    const log = new InvalidationLog();
    log.record(['a']);
    const between = log.position;
    log.record(['a']);
    expect(log.isCurrent('a', between)).toBe(false);
    expect(log.isCurrent('a', log.position)).toBe(true);
  });

  it('can invalidate everything', () => {
    const log = new InvalidationLog();
    log.record(['a']);
    const before = log.position;
    log.recordAll();
    expect(['a', 'b'].map((key) => log.isCurrent(key, before))).toEqual([false, false]);
    expect(['a', 'b'].map((key) => log.isCurrent(key, log.position))).toEqual([true, true]);
  });

  it('moves on with each key', () => {
    const log = new InvalidationLog();
    log.record([]);
    expect(log.position).toBe(0);
    log.record(['a', 'b', 'a']);
    expect(log.position).toBe(3);
    log.recordAll();
    expect(log.position).toBe(4);
  });

  it('remembers so many keys; where it has forgotten one, what is older is outdated for all', () => {
    const log = new InvalidationLog(2);
    log.record(['a']);
    const afterA = log.position;
    log.record(['b', 'c']);
    expect(log.isCurrent('a', afterA - 1)).toBe(false);
    expect(log.isCurrent('z', afterA - 1)).toBe(false);
    expect(log.isCurrent('z', afterA)).toBe(true);
    log.record(['d']);
    expect(log.isCurrent('z', afterA)).toBe(false);
    expect(log.isCurrent('z', log.position)).toBe(true);
  });

  it('forgets the key that was invalidated longest ago, not the one that came first', () => {
    const log = new InvalidationLog(2);
    log.record(['a', 'b', 'a']);
    const position = log.position;
    log.record(['c']);
    expect(log.isCurrent('z', position)).toBe(true);
    expect(log.isCurrent('a', position - 1)).toBe(false);
  });

  it('of many keys at once leaves what begins after it current', () => {
    const log = new InvalidationLog(10);
    const keys = Array.from({ length: 1000 }, (_, n) => `key ${n}`);
    const before = log.position;
    log.record(keys);
    expect(keys.some((key) => log.isCurrent(key, before))).toBe(false);
    expect(keys.every((key) => log.isCurrent(key, log.position))).toBe(true);
  });

  it('errs on the safe side alone: it never holds for current what a log without bounds does not', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      { weight: 8, arbitrary: key.map((name) => [name]) },
      { weight: 1, arbitrary: fc.constant('all' as const) },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (steps, size) => {
          const log = new InvalidationLog(size);
          const complete = new InvalidationLog(Infinity);
          const positions = [0];
          for (const invalidated of steps) {
            for (const each of [log, complete]) {
              if (invalidated === 'all') each.recordAll();
              else each.record(invalidated);
            }
            positions.push(log.position);
          }
          expect(log.position).toBe(complete.position);
          for (const position of positions) {
            for (const name of ['a', 'b', 'c', 'd', 'e', 'never']) {
              const safe = !log.isCurrent(name, position) || complete.isCurrent(name, position);
              expect(safe).toBe(true);
            }
          }
          expect(log.isCurrent('a', log.position)).toBe(true);
        },
      ),
    );
  });
});
