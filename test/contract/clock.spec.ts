import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../lib/contract/clock.js';

describe('the system clock', () => {
  let time = 1_000_000;

  beforeEach(async () => {
    // Every test begins in a step in which the time has not been read yet.
    await nextTurn();
    jest.spyOn(globalThis.performance, 'now').mockImplementation(() => time);
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('stands still within a step of the event loop, for at most 64 answers', () => {
    const began = (time += 100);
    const answers = Array.from({ length: 130 }, () => {
      const answer = systemClock.now();
      time += 1;
      return answer - began;
    });
    expect(answers.slice(0, 64)).toEqual(Array.from({ length: 64 }, () => 0));
    expect(answers.slice(64, 128)).toEqual(Array.from({ length: 64 }, () => 64));
    expect(answers.slice(128)).toEqual([128, 128]);
  });

  it('is read again in the next step', async () => {
    const first = systemClock.now();
    time += 50;
    expect(systemClock.now()).toBe(first);
    await nextTurn();
    expect(systemClock.now()).toBe(first + 50);
    time += 50;
    await nextTurn();
    expect(systemClock.now()).toBe(first + 100);
  });

  it('stands still through promises, which settle within the step', async () => {
    const first = systemClock.now();
    time += 50;
    await Promise.resolve();
    expect(systemClock.now()).toBe(first);
  });

  it('answers whole milliseconds', async () => {
    time += 0.9;
    await nextTurn();
    expect(systemClock.now()).toBe(Math.floor(time));
  });

  it('goes on after a test has faked the timers and has dropped them', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    systemClock.now();
    jest.useRealTimers();
    time += 60_000;
    for (let answers = 0; answers < 64; answers++) systemClock.now();
    const renewed = systemClock.now();
    expect(renewed).toBe(Math.floor(time));
    time += 5;
    await nextTurn();
    expect(systemClock.now()).toBe(renewed + 5);
  });

  it('tells the wall time as the system does', () => {
    jest.spyOn(Date, 'now').mockReturnValue(1_234);
    expect(systemClock.wallTime()).toBe(1_234);
  });
});

describe('the system clock, when the event loop sleeps', () => {
  let child: ChildProcess | undefined;

  afterEach(() => {
    child?.kill();
  });

  it('answers what wakes it with the time of now', async () => {
    child = spawn(process.execPath, ['-e', 'setInterval(() => process.stdout.write("x"), 200)']);
    const { stdout } = child;
    if (stdout === null) throw new TypeError('The child has no output');
    await once(stdout, 'data');
    const lags: number[] = [];
    for (let round = 0; round < 3; round++) {
      // Read in a timer, after which the loop sleeps until data come.
      await sleep(1);
      systemClock.now();
      await new Promise<void>((resolve) => {
        stdout.once('data', () => {
          lags.push(performance.now() - systemClock.now());
          resolve();
        });
      });
    }
    expect(Math.max(...lags)).toBeLessThan(100);
  });
});

describe('timers of the system clock', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('call back once, when the delay is over', () => {
    const callback = jest.fn();
    systemClock.setTimer(50, callback);
    jest.advanceTimersByTime(49);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('do not call back after they are cancelled', () => {
    const callback = jest.fn();
    systemClock.setTimer(50, callback).cancel();
    jest.advanceTimersByTime(1_000);
    expect(callback).not.toHaveBeenCalled();
  });

  it('take delays of months, which setTimeout takes for none', () => {
    const callback = jest.fn();
    const delay = 90 * 86_400_000;
    systemClock.setTimer(delay, callback);
    jest.advanceTimersByTime(delay - 1);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('can be cancelled in every part of a delay of months', () => {
    const callback = jest.fn();
    const timer = systemClock.setTimer(90 * 86_400_000, callback);
    jest.advanceTimersByTime(60 * 86_400_000);
    timer.cancel();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(60 * 86_400_000);
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('timers of the system clock and the process', () => {
  it('do not keep it alive', () => {
    const unref = jest.fn();
    const setTimeoutSpy = jest
      .spyOn(globalThis, 'setTimeout')
      .mockReturnValue({ unref } as unknown as NodeJS.Timeout);
    systemClock.setTimer(1_000, () => undefined);
    setTimeoutSpy.mockRestore();
    expect(unref).toHaveBeenCalledTimes(1);
  });
});
