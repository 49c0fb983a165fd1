import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../lib/contract/errors.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

describe('ManualClock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new ManualClock({ now: 100, wallTime: 5_000 });
    await new Promise(setImmediate);
    expect([clock.now(), clock.wallTime()]).toEqual([100, 5_000]);
    await clock.advance(50);
    expect([clock.now(), clock.wallTime()]).toEqual([150, 5_050]);
  });

  it('begins at 0, in the year 2000, unless told otherwise', () => {
    const clock = new ManualClock();
    expect(clock.now()).toBe(0);
    expect(new Date(clock.wallTime()).toISOString()).toBe('2000-01-01T00:00:00.000Z');
  });

  it('moves the wall clock alone, forwards and backwards', async () => {
    const clock = new ManualClock({ now: 10, wallTime: 1_000 });
    clock.jumpWall(500);
    expect([clock.now(), clock.wallTime()]).toEqual([10, 1_500]);
    clock.jumpWall(-2_000);
    await clock.advance(5);
    expect([clock.now(), clock.wallTime()]).toEqual([15, -495]);
  });

  it('fires timers in the order of their times, each at its own', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`);
    clock.setTimer(30, note('c'));
    clock.setTimer(10, note('a'));
    clock.setTimer(20, note('b'));
    clock.setTimer(41, note('too late'));
    await clock.advance(40);
    expect(fired).toEqual(['a at 10', 'b at 20', 'c at 30']);
    expect(clock.now()).toBe(40);
    await clock.advance(1);
    expect(fired).toHaveLength(4);
  });

  it('fires timers of the same time in the order in which they were set', async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    for (const index of [1, 2, 3]) clock.setTimer(10, () => void fired.push(index));
    await clock.advance(10);
    expect(fired).toEqual([1, 2, 3]);
  });

  it('fires a timer once', async () => {
    const clock = new ManualClock();
    let fired = 0;
    clock.setTimer(10, () => void fired++);
    await clock.advance(100);
    await clock.advance(100);
    expect(fired).toBe(1);
  });

  it('fires timers that are set while it advances, when they come due by then', async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    await clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.pendingTimers).toBe(1);
  });

  it('lets promises settle between timers, so that what follows one is set before the next', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
    const first = (async () => {
      await sleep(10);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      await sleep(5);
      fired.push(`10 + 5 at ${clock.now()}`);
    })();
    clock.setTimer(20, () => void fired.push(`20 at ${clock.now()}`));
    await clock.advance(20);
    await first;
    expect(fired).toEqual(['10 + 5 at 15', '20 at 20']);
  });

  it('lets promises settle before the first timer and after the last', async () => {
    const clock = new ManualClock();
    const steps: string[] = [];
    void Promise.resolve().then(() => clock.setTimer(1, () => steps.push('set by a promise')));
    clock.setTimer(2, () => void Promise.resolve().then(() => steps.push('after the last')));
    await clock.advance(2);
    expect(steps).toEqual(['set by a promise', 'after the last']);
  });

  it('does not fire a timer that was cancelled, by another timer too', async () => {
    const clock = new ManualClock();
    let fired = 0;
    const second = clock.setTimer(20, () => void fired++);
    clock.setTimer(10, () => second.cancel());
    clock.setTimer(5, () => void fired++).cancel();
    await clock.advance(100);
    expect(fired).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fires a timer without delay at the next advance, not at once', async () => {
    const clock = new ManualClock({ now: 7 });
    const fired: number[] = [];
    clock.setTimer(0, () => void fired.push(clock.now()));
    clock.setTimer(-5, () => void fired.push(clock.now()));
    expect(fired).toEqual([]);
    await clock.advance(0);
    expect(fired).toEqual([7, 7]);
  });

  it('adds up advances that are under way at once, and never goes back', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    for (const delay of [5, 15, 25, 30]) clock.setTimer(delay, () => void seen.push(clock.now()));
    await Promise.all([clock.advance(10), clock.advance(20)]);
    expect(clock.now()).toBe(30);
    expect(seen).toEqual([5, 15, 25, 30]);
  });

  it('rejects with what a callback throws', async () => {
    const clock = new ManualClock();
    clock.setTimer(10, () => {
      throw new TypeError('from the callback');
    });
    await expect(clock.advance(20)).rejects.toThrow('from the callback');
    await clock.advance(0);
    expect(clock.now()).toBe(20);
  });

  it.each([-1, 0.5, NaN, Infinity])('refuses to advance by %d', async (ms) => {
    const clock = new ManualClock();
    await expect(clock.advance(ms)).rejects.toThrow(InvalidOptionError);
    expect(clock.now()).toBe(0);
  });
});
