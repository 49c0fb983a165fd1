import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/contract/clock.js';
import { atMost } from '../../lib/core/loading/patience.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { deferred, guardRejections, settle } from './helpers.js';

guardRejections();

describe('atMost', () => {
  it('says that a promise was settled, by success or failure, and leaves no timer', async () => {
    const clock = new ManualClock();
    expect(await atMost(Promise.resolve('value'), 100, clock)).toEqual({ outcome: 'settled' });
    expect(await atMost(Promise.reject(new Error('no')), 100, clock)).toEqual({
      outcome: 'settled',
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits as long as it was told to, and no longer', async () => {
    const clock = new ManualClock();
    let outcome: string | undefined;
    const wait = atMost(deferred().promise, 100, clock).then((answer) => {
      outcome = answer.outcome;
      return undefined;
    });
    await clock.advance(99);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    await wait;
    expect(outcome).toBe('late');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['resolve', 'reject'] as const)(
    'lets go of a promise that comes late: %s',
    async (how) => {
      const clock = new ManualClock();
      const work = deferred<unknown>();
      const wait = atMost(work.promise, 100, clock);
      await clock.advance(100);
      expect(await wait).toEqual({ outcome: 'late' });
      // A rejection that nobody handles would fail the test.
      work[how](new Error('late'));
      await settle();
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('counts what settles in the last moment as settled', async () => {
    const clock = new ManualClock();
    const work = deferred();
    clock.setTimer(100, () => work.resolve());
    const wait = atMost(work.promise, 100, clock);
    await clock.advance(100);
    expect(await wait).toEqual({ outcome: 'settled' });
  });

  it('reads what has arrived while the process was busy before it says late', async () => {
    const work = new Promise<void>((resolve) => setTimeout(resolve, 5));
    const wait = atMost(work, 2, systemClock);
    const began = performance.now();
    while (performance.now() < began + 20);
    expect(await wait).toEqual({ outcome: 'settled' });
  });
});
