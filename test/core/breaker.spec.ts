import { describe, expect, it } from '@jest/globals';
import {
  BackendError,
  BreakerOpenError,
  ClosedError,
  InvalidKeyError,
  SerializationError,
} from '../../lib/contract/errors.js';
import type { Awaitable } from '../../lib/contract/cache-backend.js';
import { Breaker, type BreakerState } from '../../lib/core/tiers/breaker.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { deferred, guardRejections, settle } from './helpers.js';

guardRejections();

const FAILURES = 3;
const PROBE_EVERY = 100;

/** A breaker, and a store whose health is what `healthy` says. */
function setUp() {
  const clock = new ManualClock();
  const store = { healthy: false, probes: 0, answer: Promise.resolve() };
  const breaker = new Breaker(
    { failures: FAILURES, probeEvery: PROBE_EVERY },
    {
      name: 'store',
      clock,
      probe: async () => {
        store.probes++;
        await store.answer;
        return store.healthy;
      },
    },
  );
  const states: BreakerState[] = [];
  breaker.watch((state) => states.push(state));
  return { clock, store, breaker, states };
}

const down = new BackendError('store', 'get', 'down');

async function call(breaker: Breaker, outcome: () => Awaitable<unknown>): Promise<unknown> {
  try {
    return await breaker.run('get', outcome);
  } catch (error) {
    return error;
  }
}

async function fail(breaker: Breaker, times = FAILURES, error: unknown = down): Promise<void> {
  for (let time = 0; time < times; time++) await call(breaker, () => Promise.reject(error));
}

async function succeed(breaker: Breaker): Promise<unknown> {
  return call(breaker, async () => 'answer');
}

/** A breaker that is half open. */
async function halfOpen() {
  const world = setUp();
  await fail(world.breaker);
  world.store.healthy = true;
  await world.clock.advance(PROBE_EVERY);
  expect(world.breaker.state).toBe('half-open');
  return world;
}

describe('a closed breaker', () => {
  it('passes on what the backend answers, and at once what it answers at once', async () => {
    const { breaker } = setUp();
    expect(breaker.run('get', () => 'at once')).toBe('at once');
    expect(await breaker.run('get', async () => 'later')).toBe('later');
    expect(() =>
      breaker.run('get', () => {
        throw down;
      }),
    ).toThrow(down);
    await expect(breaker.run('get', () => Promise.reject(down))).rejects.toBe(down);
  });

  it('opens after so many failures in a row, and not after one less', async () => {
    const { breaker, states } = setUp();
    await fail(breaker, FAILURES - 1);
    expect(breaker.state).toBe('closed');
    await fail(breaker, 1);
    expect(breaker.state).toBe('open');
    expect(states).toEqual(['open']);
  });

  it('begins to count anew after each success', async () => {
    const { breaker } = setUp();
    for (let round = 0; round < 5; round++) {
      await fail(breaker, FAILURES - 1);
      await succeed(breaker);
    }
    await fail(breaker, FAILURES - 1);
    breaker.run('get', () => 'at once');
    await fail(breaker, FAILURES - 1);
    expect(breaker.state).toBe('closed');
  });

  it('counts what a foreign backend throws, at once or later, whatever it is', async () => {
    const { breaker } = setUp();
    await fail(breaker, 1, new TypeError('foreign'));
    await fail(breaker, 1, 'text');
    await call(breaker, () => {
      throw new RangeError('at once');
    });
    expect(breaker.state).toBe('open');
  });

  it.each([
    new InvalidKeyError('empty'),
    new SerializationError('no'),
    new ClosedError('closed'),
    new BreakerOpenError('another', 'get', 1),
    new BackendError('store', 'get', 'another type', { concernsKey: true }),
  ])('does not count a %p, which is no fault of the backend', async (error) => {
    const { breaker } = setUp();
    await fail(breaker, 10 * FAILURES, error);
    expect(breaker.state).toBe('closed');
    await fail(breaker, FAILURES - 1);
    await fail(breaker, 1, error);
    await fail(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('asks for no health, and sets no timer', async () => {
    const { breaker, clock, store } = setUp();
    await fail(breaker, FAILURES - 1);
    await breaker.probe();
    await clock.advance(10 * PROBE_EVERY);
    expect(store.probes).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an open breaker', () => {
  it('refuses calls at once, by a rejection, and says when the backend is asked again', async () => {
    const { breaker, clock } = setUp();
    await fail(breaker);
    await clock.advance(30);
    let called = false;
    const refusal = breaker.run('fill', () => {
      called = true;
    });
    expect(refusal).toBeInstanceOf(Promise);
    await expect(refusal).rejects.toBeInstanceOf(BackendError);
    expect(await call(breaker, () => 'answer')).toMatchObject({
      code: 'BREAKER_OPEN',
      backend: 'store',
      operation: 'get',
      retryIn: PROBE_EVERY - 30,
      message:
        'Cache backend "store" failed in get: its breaker is open, after failures in a row; it is asked again in 70 ms',
    });
    expect(called).toBe(false);
  });

  it('asks for health every so often, one question at a time, and stays open while there is no answer', async () => {
    const { breaker, clock, store, states } = setUp();
    await fail(breaker);
    await clock.advance(PROBE_EVERY - 1);
    expect(store.probes).toBe(0);
    await clock.advance(1);
    expect(store.probes).toBe(1);
    await clock.advance(9 * PROBE_EVERY);
    expect(store.probes).toBe(10);
    const hanging = deferred();
    store.answer = hanging.promise;
    await clock.advance(10 * PROBE_EVERY);
    void breaker.probe();
    expect(store.probes).toBe(11);
    expect(await succeed(breaker)).toMatchObject({ retryIn: 0 });
    expect(states).toEqual(['open']);
    hanging.resolve();
    await settle();
    await clock.advance(PROBE_EVERY);
    expect(store.probes).toBe(12);
  });

  it('becomes half open when the backend answers, whoever has asked', async () => {
    const { states } = await halfOpen();
    expect(states).toEqual(['open', 'half-open']);
    const { breaker, clock } = setUp();
    await fail(breaker);
    breaker.answered();
    expect(breaker.state).toBe('half-open');
    expect(clock.pendingTimers).toBe(0);
  });

  it('can be told to ask now, and no more', async () => {
    const { breaker, clock, store } = setUp();
    await fail(breaker);
    store.healthy = true;
    await breaker.probe();
    expect(breaker.state).toBe('half-open');
    await fail(breaker, 1);
    breaker.end();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(10 * PROBE_EVERY);
    expect(store.probes).toBe(1);
  });

  it('lets a call through that may not be left undone', async () => {
    const { breaker } = setUp();
    await fail(breaker);
    expect(await breaker.exempt(() => breaker.run('remove', async () => 'done'))).toBe('done');
    expect(await succeed(breaker)).toBeInstanceOf(BreakerOpenError);
  });
});

describe('a half-open breaker', () => {
  it('closes with the first success', async () => {
    const { breaker, states, clock } = await halfOpen();
    expect(await succeed(breaker)).toBe('answer');
    expect(states).toEqual(['open', 'half-open', 'closed']);
    expect(clock.pendingTimers).toBe(0);
    await fail(breaker, FAILURES - 1);
    expect(breaker.state).toBe('closed');
  });

  it('opens with the first failure, and asks again', async () => {
    const { breaker, states, clock, store } = await halfOpen();
    await fail(breaker, 1);
    expect(states).toEqual(['open', 'half-open', 'open']);
    await clock.advance(PROBE_EVERY);
    expect(store.probes).toBe(2);
    expect(breaker.state).toBe('half-open');
  });

  it('lets few calls through at a time, however many come, and a few more after a while', async () => {
    const { breaker, clock } = await halfOpen();
    let called = 0;
    const hang = async (): Promise<void> => {
      called++;
      await new Promise(() => undefined);
    };
    const comeAll = (): void => {
      for (let n = 0; n < 100; n++) void call(breaker, hang);
    };
    comeAll();
    expect(called).toBe(FAILURES);
    await clock.advance(PROBE_EVERY);
    comeAll();
    expect(called).toBe(2 * FAILURES);
    expect(await succeed(breaker)).toBeInstanceOf(BreakerOpenError);
    await clock.advance(PROBE_EVERY);
    expect(await succeed(breaker)).toBe('answer');
    expect(breaker.state).toBe('closed');
  });

  it('learns nothing from the outcome of what began before', async () => {
    const { breaker, clock, store } = setUp();
    const answers = [deferred(), deferred(), deferred()] as const;
    const calls = answers.map(({ promise }) => call(breaker, () => promise));
    await fail(breaker);
    answers[0].resolve();
    await calls[0];
    expect(breaker.state).toBe('open');
    store.healthy = true;
    await clock.advance(PROBE_EVERY);
    answers[1].reject(down);
    answers[2].resolve();
    await Promise.all(calls);
    expect(breaker.state).toBe('half-open');
  });

  it("is not decided by a caller's mistake", async () => {
    const { breaker } = await halfOpen();
    await fail(breaker, 1, new InvalidKeyError('empty'));
    expect(breaker.state).toBe('half-open');
  });
});

describe('the figures of a breaker', () => {
  it('tell its state, for how long it has not been closed, and how often it has opened', async () => {
    const { breaker, clock, store } = setUp();
    expect(breaker.stats).toEqual({ state: 'closed', openFor: undefined, opened: 0 });
    await fail(breaker);
    await clock.advance(PROBE_EVERY - 1);
    expect(breaker.stats).toEqual({ state: 'open', openFor: PROBE_EVERY - 1, opened: 1 });
    store.healthy = true;
    await clock.advance(1);
    await fail(breaker, 1);
    await clock.advance(PROBE_EVERY);
    expect(breaker.stats).toEqual({ state: 'half-open', openFor: 2 * PROBE_EVERY, opened: 1 });
    await succeed(breaker);
    expect(breaker.stats).toEqual({ state: 'closed', openFor: undefined, opened: 1 });
    await fail(breaker);
    expect(breaker.stats).toEqual({ state: 'open', openFor: 0, opened: 2 });
  });
});
