import { describe, expect, it } from '@jest/globals';
import { Holds } from '../../lib/core/coherence/holds.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

function setUp() {
  const clock = new ManualClock();
  return { clock, holds: new Holds(clock) };
}

describe('keys that are held', () => {
  it('are held for their time, which a later call may make longer, and none makes shorter', async () => {
    const { clock, holds } = setUp();
    holds.add(['a', 'b'], 100);
    holds.add(['a'], 200);
    holds.add(['b'], 50);
    await clock.advance(99);
    expect(['a', 'b', 'c'].map((key) => holds.has(key))).toEqual([true, true, false]);
    await clock.advance(1);
    expect(['a', 'b'].map((key) => holds.has(key))).toEqual([true, false]);
    await clock.advance(100);
    expect(holds.has('a')).toBe(false);
  });

  it('are all held, however many there are, and the others with them where there are too many', async () => {
    const { clock, holds } = setUp();
    const keys = Array.from({ length: 200_000 }, (_, n) => `key ${n}`);
    for (const key of keys) holds.add([key], 1000);
    expect(keys.every((key) => holds.has(key))).toBe(true);
    expect(holds.has('another')).toBe(true);
    await clock.advance(1000);
    expect(keys.some((key) => holds.has(key))).toBe(false);
    expect(holds.has('another')).toBe(false);
  });

  it('do not have others held where those before them have ended', async () => {
    const { clock, holds } = setUp();
    for (let n = 0; n < 200_000; n++) {
      holds.add([`key ${n}`], 10);
      if (n % 1000 === 0) await clock.advance(5);
    }
    expect(holds.has('another')).toBe(false);
    expect(holds.has('key 199999')).toBe(true);
  });
});
