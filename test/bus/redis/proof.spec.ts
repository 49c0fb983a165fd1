import { describe, expect, it } from '@jest/globals';
import { Arrivals } from '../../../lib/bus/redis/arrivals.js';
import { Proof } from '../../../lib/bus/redis/proof.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

describe('Proof', () => {
  it('is of the time when the question was sent', async () => {
    const clock = new ManualClock({ now: 1_000 });
    const proof = new Proof(clock, () => undefined);
    const question = proof.ask();
    await clock.advance(70);
    proof.accept(question);

    expect(proof.at).toBe(1_000);
    expect(proof.lag).toBe(70);
  });

  it('an answer to what was asked before proofs were voided proves nothing', async () => {
    const changes: boolean[] = [];
    const proof = new Proof(new ManualClock(), (verified) => changes.push(verified));
    proof.accept(proof.ask());
    const early = proof.ask();
    proof.void();
    proof.accept(early);
    expect(proof.at).toBe(-Infinity);
    proof.accept(proof.ask());
    proof.accept(proof.ask());

    expect(changes).toEqual([true, false, true]);
  });

  it('never becomes older by a late answer', async () => {
    const clock = new ManualClock();
    const proof = new Proof(clock, () => undefined);
    const early = proof.ask();
    await clock.advance(10);
    proof.accept(proof.ask());
    proof.accept(early);

    expect(proof.at).toBe(10);
  });
});

describe('Arrivals', () => {
  const stamp = { epoch: 2, position: 5 };

  it('what has been reached is not waited for', async () => {
    const clock = new ManualClock();
    await new Arrivals(clock).reach(stamp, stamp, 50);
    await new Arrivals(clock).reach(stamp, { epoch: 3, position: 1 }, 50);

    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for the position, or for the time to pass, or for the end', async () => {
    const clock = new ManualClock();
    const arrivals = new Arrivals(clock);
    const done: string[] = [];
    const wait = async (name: string, position: number): Promise<void> => {
      await arrivals.reach({ epoch: 2, position }, { epoch: 2, position: 0 }, 50);
      done.push(name);
    };
    const waits = [wait('first', 1), wait('second', 2)];
    arrivals.progress({ epoch: 2, position: 1 });
    await clock.advance(0);
    expect(done).toEqual(['first']);
    await clock.advance(50);
    expect(done).toEqual(['first', 'second']);
    waits.push(wait('third', 3));
    arrivals.end();
    await Promise.all(waits);

    expect(done).toEqual(['first', 'second', 'third']);
    expect(clock.pendingTimers).toBe(0);
  });
});
