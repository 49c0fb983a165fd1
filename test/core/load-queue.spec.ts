import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { LoadQueue } from '../../lib/core/loading/load-queue.js';
import { deferred, guardRejections, settle } from './helpers.js';

guardRejections();

const never = (): AbortSignal => new AbortController().signal;

/** Loads that note when they enter, and leave when they are told to. */
function setUp(limit: number) {
  const queue = new LoadQueue(limit);
  const entered: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = async (name: string, signal = never()): Promise<void> => {
    const leave = await queue.enter(signal);
    entered.push(name);
    leaves.set(name, leave);
  };
  const leave = async (name: string): Promise<void> => {
    leaves.get(name)?.();
    await settle();
  };
  return { queue, entered, enter, leave };
}

describe('LoadQueue', () => {
  it('lets in at once where there is room', () => {
    const queue = new LoadQueue(2);
    const leaves = [queue.enter(never()), queue.enter(never())];
    expect(leaves.map((leave) => typeof leave)).toEqual(['function', 'function']);
    expect(queue.running).toBe(2);
    expect(queue.waiting).toBe(0);
  });

  it.each([1, 2, 7])('has at most %d loads run at a time', async (limit) => {
    const queue = new LoadQueue(limit);
    let running = 0;
    let most = 0;
    const load = async (): Promise<void> => {
      const leave = await queue.enter(never());
      running++;
      most = Math.max(most, running);
      await settle();
      expect(queue.running).toBeGreaterThanOrEqual(running);
      running--;
      leave();
    };
    await Promise.all(Array.from({ length: 30 }, load));
    expect(most).toBe(limit);
    expect(queue.running).toBe(0);
    expect(queue.waiting).toBe(0);
  });

  it('lets the others in in the order in which they came', async () => {
    const { queue, entered, enter, leave } = setUp(1);
    const all = ['first', 'second', 'third', 'fourth'].map((name) => enter(name));
    await settle();
    expect(entered).toEqual(['first']);
    expect(queue.waiting).toBe(3);
    for (const name of ['first', 'second', 'third', 'fourth']) await leave(name);
    await Promise.all(all);
    expect(entered).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('hands a place on before somebody who comes just then may take it', async () => {
    const queue = new LoadQueue(1);
    const first = queue.enter(never());
    const second = queue.enter(never());
    if (typeof first !== 'function') throw new Error('there was room');
    first();
    const third = queue.enter(never());
    expect(third).toBeInstanceOf(Promise);
    (await second)();
    (await third)();
    expect(queue.running).toBe(0);
  });

  it('counts a place as left once, however often it is left', async () => {
    const { queue, entered, enter, leave } = setUp(1);
    const all = ['first', 'second', 'third'].map((name) => enter(name));
    await settle();
    await leave('first');
    await leave('first');
    expect(entered).toEqual(['first', 'second']);
    expect(queue.running).toBe(1);
    await leave('second');
    await leave('third');
    await leave('third');
    await Promise.all(all);
    expect(queue.running).toBe(0);
  });

  describe('a load that is aborted', () => {
    it('while it waits gives up its place in the row, with the reason', async () => {
      const { queue, entered, enter, leave } = setUp(1);
      const controller = new AbortController();
      const reason = new Error('too late');
      const first = enter('first');
      const second = enter('second', controller.signal);
      const third = enter('third');
      controller.abort(reason);
      await expect(second).rejects.toBe(reason);
      expect(queue.waiting).toBe(1);
      await first;
      await leave('first');
      await third;
      expect(entered).toEqual(['first', 'third']);
    });

    it('before it would have to wait is turned away', async () => {
      const queue = new LoadQueue(1);
      const reason = new Error('too late');
      void queue.enter(never());
      await expect(queue.enter(AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(queue.waiting).toBe(0);
    });

    it('after it was let in keeps its place until it leaves', async () => {
      const { queue, enter, leave } = setUp(1);
      const controller = new AbortController();
      const first = enter('first');
      const second = enter('second', controller.signal);
      await first;
      await leave('first');
      await second;
      controller.abort(new Error('too late'));
      expect(queue.running).toBe(1);
      await leave('second');
      expect(queue.running).toBe(0);
    });

    it('leaves no listener behind, nor does one that was let in', async () => {
      const { queue, enter, leave } = setUp(1);
      const controller = new AbortController();
      const first = enter('first');
      const waiting = enter('second', controller.signal);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
      await first;
      await leave('first');
      await waiting;
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      const other = new AbortController();
      const third = enter('third', other.signal);
      other.abort(new Error('too late'));
      await expect(third).rejects.toThrow('too late');
      expect(getEventListeners(other.signal, 'abort')).toHaveLength(0);
      expect(queue.waiting).toBe(0);
    });

    it('costs the same however many wait with it', async () => {
      const queue = new LoadQueue(1);
      const leave = await queue.enter(never());
      const controllers = Array.from({ length: 20_000 }, () => new AbortController());
      const waiting = controllers.map(async ({ signal }) => queue.enter(signal));
      const settled = Promise.allSettled(waiting);
      // From the middle outwards: each of a list would be searched for.
      for (const controller of controllers.toReversed()) controller.abort(new Error('too late'));
      expect(queue.waiting).toBe(0);
      expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
      leave();
      expect(queue.running).toBe(0);
    });
  });

  describe('a load inside a load', () => {
    it('needs no place', async () => {
      const queue = new LoadQueue(1);
      const leave = await queue.enter(never());
      const value = await queue.run(async () => {
        await settle();
        const leaveInner = await queue.enter(never());
        expect(queue.running).toBe(1);
        const inner = await queue.run(async () => 'inner');
        leaveInner();
        leaveInner();
        expect(queue.running).toBe(1);
        return `outer of ${inner}`;
      });
      leave();
      expect(value).toBe('outer of inner');
      expect(queue.running).toBe(0);
    });

    it('passes those that wait, at any depth', async () => {
      const queue = new LoadQueue(1);
      const leave = await queue.enter(never());
      const outsider = queue.enter(never());
      const nested = async (depth: number): Promise<number> => {
        if (depth === 0) return 0;
        const leaveInner = await queue.enter(never());
        const below = await queue.run(() => nested(depth - 1));
        leaveInner();
        return below + 1;
      };
      expect(await queue.run(() => nested(10))).toBe(10);
      expect(queue.waiting).toBe(1);
      leave();
      (await outsider)();
      expect(queue.running).toBe(0);
    });

    it('is what a load has set going too, even after its end', async () => {
      const queue = new LoadQueue(1);
      const gate = deferred();
      let later: Promise<unknown> | undefined;
      await queue.run(async () => {
        later = gate.promise.then(() => typeof queue.enter(never()));
      });
      void queue.enter(never());
      gate.resolve();
      expect(await later).toBe('function');
      expect(queue.running).toBe(1);
    });

    it('is not what another queue runs, nor what comes back to those outside', async () => {
      const queue = new LoadQueue(1);
      const other = new LoadQueue(1);
      await other.run(async () => expect(queue.isInside).toBe(false));
      const value = queue.run(async () => {
        expect(queue.isInside).toBe(true);
        return settle();
      });
      expect(queue.isInside).toBe(false);
      await value;
      expect(queue.isInside).toBe(false);
    });

    it('does not make those inside who wait for it to leave', async () => {
      const queue = new LoadQueue(1);
      const leave = await queue.enter(never());
      const waiting = (async () => {
        const leaveNext = await queue.enter(never());
        expect(queue.isInside).toBe(false);
        leaveNext();
      })();
      await queue.run(async () => leave());
      await waiting;
    });
  });

  describe('a load that waits, and that a running load has joined', () => {
    it('is let in beside the limit', async () => {
      const { queue, entered, enter, leave } = setUp(1);
      const { signal } = new AbortController();
      const outsiders = [enter('first'), enter('second'), enter('third', signal)];
      await settle();
      queue.letIn(signal);
      await settle();
      expect(entered).toEqual(['first', 'third']);
      expect([queue.running, queue.waiting]).toEqual([1, 1]);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      await leave('third');
      expect(entered).toEqual(['first', 'third']);
      await leave('first');
      await Promise.all(outsiders);
      expect(entered).toEqual(['first', 'third', 'second']);
    });

    it('is left alone where it waits no more', async () => {
      const queue = new LoadQueue(1);
      const { signal } = new AbortController();
      const leave = await queue.enter(signal);
      queue.letIn(signal);
      queue.letIn(never());
      expect(queue.running).toBe(1);
      leave();
    });
  });

  it('runs what throws, and passes it on', async () => {
    const queue = new LoadQueue(1);
    const error = new Error('no');
    await expect(queue.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(queue.isInside).toBe(false);
  });
});
