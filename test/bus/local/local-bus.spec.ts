import { describe, expect, it } from '@jest/globals';
import type { LocalBus } from '../../../lib/bus/local/local-bus.js';
import { LocalLog } from '../../../lib/bus/local/local-log.js';
import { BackendError, ClosedError, InvalidOptionError } from '../../../lib/contract/errors.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { failureOf } from '../../backends/redis/helpers.js';

const clock = new ManualClock();

interface Instance {
  readonly bus: LocalBus;
  readonly told: BusRecorder;
}

async function join(log: LocalLog, origin: string): Promise<Instance> {
  const bus = log.endpoint(origin);
  const told = new BusRecorder(bus);
  await bus.connect();
  return { bus, told };
}

function keysHeard({ told }: Instance): string[] {
  return told.invalidations.flatMap(({ scope }) => scope.keys ?? []);
}

describe('LocalBus', () => {
  it('what is published has been applied by all before publish returns', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    const publishing = a.bus.publish({ keys: ['key'] });

    expect(keysHeard(a)).toEqual(['key']);
    expect(keysHeard(b)).toEqual(['key']);
    expect(await publishing).toEqual({ epoch: 1, position: 1 });
  });

  it('is verified at any time, with the system clock too', async () => {
    const { bus } = await join(new LocalLog(clock), 'a');
    await clock.advance(5_000);
    expect(bus.verifiedAt).toBe(clock.now());
    const system = await join(new LocalLog(), 'a');

    expect(system.bus.verifiedAt).toBeGreaterThan(-Infinity);
    expect(clock.pendingTimers).toBe(0);
  });

  it('a message that is held back is applied at its release, and nothing is proved in between', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    b.bus.hold();
    const held = clock.now();
    await clock.advance(100);
    await a.bus.publish({ keys: ['first'] });
    await a.bus.publish({ keys: ['second'] });
    await clock.advance(100);
    b.bus.probe();

    expect(keysHeard(b)).toEqual([]);
    expect(b.bus.verifiedAt).toBe(held);
    expect(b.told.verifications).toEqual([true]);

    b.bus.release();
    expect(keysHeard(b)).toEqual(['first', 'second']);
    expect(b.bus.verifiedAt).toBe(clock.now());
    expect(b.bus.stats()).toMatchObject({ gaps: 0, resyncs: 0 });
  });

  it('a lost message shows at the next one, and is applied before it', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    b.bus.lose();
    await a.bus.publish({ keys: ['lost'] });
    const proved = clock.now();
    await clock.advance(100);
    expect(keysHeard(b)).toEqual([]);
    expect(b.bus.verifiedAt).toBe(proved);
    await a.bus.publish({ keys: ['next'] });

    expect(keysHeard(b)).toEqual(['lost', 'next']);
    expect(b.bus.verifiedAt).toBe(clock.now());
    expect(b.bus.stats()).toMatchObject({ received: 2, gaps: 1, resyncs: 1, resets: 0 });
  });

  it('a probe shows a lost message', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    b.bus.lose(2);
    await a.bus.publish({ keys: ['1'] });
    await a.bus.publish({ keys: ['2'] });
    b.bus.probe();

    expect(keysHeard(b)).toEqual(['1', '2']);
    expect(b.bus.stats()).toMatchObject({ gaps: 1, resyncs: 1 });
  });

  it('a lost message that the log has forgotten voids everything', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    b.bus.lose();
    await a.bus.publish({ keys: ['lost'] });
    log.trim();
    b.bus.probe();

    expect(keysHeard(b)).toEqual([]);
    expect(b.told.resets.at(-1)).toEqual({ epoch: 1, position: 1 });
    expect(b.bus.stats().resets).toBe(1);
  });

  it('trim keeps the newest, which still fill a gap', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    for (const key of ['1', '2']) await a.bus.publish({ keys: [key] });
    b.bus.lose();
    await a.bus.publish({ keys: ['3'] });
    log.trim(1);
    b.bus.probe();

    expect(keysHeard(b)).toEqual(['1', '2', '3']);
    expect(b.bus.stats().resets).toBe(0);
  });

  it('the log keeps 10,000 invalidations at least', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    b.bus.sever();
    for (let index = 0; index < 10_000; index++) await a.bus.publish({ keys: ['key'] });
    b.bus.restore();
    expect(b.told.invalidations).toHaveLength(10_000);
    b.bus.sever();
    for (let index = 0; index < 20_001; index++) await a.bus.publish({ keys: ['key'] });
    b.bus.restore();

    expect(b.told.invalidations).toHaveLength(10_000);
    expect(b.bus.stats().resets).toBe(1);
  });

  it('counters of tags are bounded, and a tag without one counts as invalidated at the floor', async () => {
    const log = new LocalLog(clock);
    const { bus } = await join(log, 'a');
    const old = log.write({ tags: ['old'] });
    const next = log.write({ tags: ['next'] });
    log.write({ tags: Array.from({ length: 99_998 }, (_, index) => `${index}`) });
    expect((await bus.check(['old', 'never'])).tags).toEqual([old.position, 0]);
    const again = log.write({ tags: ['old'] });
    log.write({ tags: ['one more'] });

    expect((await bus.check(['old', 'next', 'never'])).tags).toEqual([
      again.position,
      next.position,
      next.position,
    ]);
  });

  it('tells the time of an invalidation by the clock of the log', async () => {
    const log = new LocalLog(clock);
    const { bus, told } = await join(log, 'a');
    await bus.publish({ keys: ['key'] });

    expect(told.invalidations[0]?.time).toBe(clock.wallTime());
    expect(await bus.history()).toEqual(told.invalidations);
  });

  it('a position that was replaced is not complete, however far the new past has grown', async () => {
    const log = new LocalLog(clock);
    const { bus } = await join(log, 'a');
    for (const key of ['1', '2', '3']) await bus.publish({ keys: [key] });
    expect((await bus.check([])).complete).toBe(true);
    bus.hold();
    log.rollBack(1);
    for (const key of ['i', 'ii', 'iii']) log.write({ keys: [key] });
    log.trim(1);

    expect(log.check(bus.stamp, []).complete).toBe(false);
  });

  it('a rotation tells everybody that all is void, and keeps the numbers growing', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    await a.bus.publish({ tags: ['tag'] });
    log.rotate();

    for (const { bus, told } of [a, b]) {
      expect(bus.stamp).toEqual({ epoch: 2, position: 2 });
      expect(told.resets.at(-1)).toEqual({ epoch: 2, position: 2 });
    }
    expect(await a.bus.check(['tag'])).toEqual({
      stamp: { epoch: 2, position: 2 },
      complete: true,
      all: 2,
      tags: [1],
    });
  });

  it('who comes back to a log with a new past begins a new epoch, even where it has grown as long', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    for (const key of ['1', '2', '3']) await a.bus.publish({ keys: [key] });
    log.rollBack(1);
    for (const key of ['i', 'ii', 'iii', 'iv']) log.write({ keys: [key] });
    expect(log.stamp).toEqual({ epoch: 1, position: 5 });
    b.bus.restore();
    expect(b.bus.stamp.epoch).toBe(2);
    a.bus.restore();

    expect(a.bus.stamp).toEqual(b.bus.stamp);
    expect(a.told.resets).toHaveLength(2);
    expect(b.told.resets).toHaveLength(2);
  });

  it('who publishes to a log that was lost begins an epoch that never was', async () => {
    const log = new LocalLog(clock);
    const a = await join(log, 'a');
    await a.bus.publish({ keys: ['1'] });
    log.flush();
    await clock.advance(100);
    expect(a.bus.verifiedAt).toBe(clock.now() - 100);
    log.write({ keys: ['2'] });

    expect(a.bus.stamp).toEqual({ epoch: 2, position: 2 });
    expect(a.told.resets.at(-1)).toEqual({ epoch: 2, position: 1 });
    expect(keysHeard(a)).toEqual(['1', '2']);
  });

  it('the end of a lease is told to all that can be reached', async () => {
    const log = new LocalLog(clock);
    const [a, b] = [await join(log, 'a'), await join(log, 'b')];
    b.bus.sever();
    log.endLease('key');

    expect(a.told.endedLeases).toEqual(['key']);
    expect(b.told.endedLeases).toEqual([]);
  });

  it('work that fails keeps the invalidation from being recorded', async () => {
    const log = new LocalLog(clock);
    const a = await join(log, 'a');
    const failure = new BackendError('redis', 'discard', 'down');
    expect(await failureOf(a.bus.publish({ keys: ['key'] }, Promise.reject(failure)))).toBe(
      failure,
    );

    expect(log.stamp.position).toBe(0);
  });

  it('a severed bus takes nothing, a closed one says so', async () => {
    const log = new LocalLog(clock);
    const { bus } = await join(log, 'a');
    bus.sever();
    expect(await failureOf(bus.publish({ all: true }))).toBeInstanceOf(BackendError);
    expect(await failureOf(bus.check([]))).toBeInstanceOf(BackendError);
    await bus.close();
    expect(await failureOf(bus.publish({ all: true }))).toBeInstanceOf(ClosedError);
    expect(await failureOf(bus.connect())).toBeInstanceOf(ClosedError);

    expect(bus.verifiedAt).toBe(-Infinity);
  });

  it('an empty scope and an empty name are refused', async () => {
    const log = new LocalLog(clock);
    const { bus } = await join(log, 'a');
    expect(() => log.endpoint('')).toThrow(InvalidOptionError);
    for (const scope of [{}, { keys: [] }, { tags: [] }]) {
      expect(await failureOf(bus.publish(scope))).toBeInstanceOf(InvalidOptionError);
    }

    expect(log.stamp.position).toBe(0);
  });
});
