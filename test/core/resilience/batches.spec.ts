import { describe, expect, it } from '@jest/globals';
import { LoadTimeoutError } from '../../../lib/contract/errors.js';
import { deferred, guardRejections, settle, timeLeft, twoTiers, writes } from '../helpers.js';
import { twoInstances } from '../coherence/world.js';
import { DOWN, error, KEPT, outcomeOf, PENDING, STALE_FOR, TTL, value, watch } from './origin.js';

guardRejections();

type Missing = readonly string[];

/** An origin that answers many keys at a time. */
class Origin {
  version = 1;
  readonly batches: Missing[] = [];
  readonly signals: AbortSignal[] = [];
  #error: unknown;
  #gate = Promise.resolve();
  #open = deferred();

  readonly load = async (
    missing: Missing,
    context: { readonly signal: AbortSignal },
  ): Promise<[string, number][]> => {
    this.batches.push(missing);
    this.signals.push(context.signal);
    const { version } = this;
    const failure = this.#error;
    await this.#gate;
    if (failure !== undefined) throw failure;
    return missing.map((key) => [key, version]);
  };

  hold(): void {
    this.#open = deferred();
    this.#gate = this.#open.promise;
  }

  async release(): Promise<void> {
    this.#gate = Promise.resolve();
    this.#open.resolve();
    await settle();
  }

  async breakHeld(): Promise<void> {
    this.#gate = Promise.resolve();
    this.#open.reject(DOWN);
    await settle();
  }

  fail(): void {
    this.#error = DOWN;
  }

  heal(): void {
    this.#error = undefined;
  }
}

function valuesOf(...entries: [string, number][]) {
  return value(new Map(entries));
}

/** A cache with stale values 1 of `a` and `b`, and none of `c`. */
async function twoStale() {
  const world = twoTiers();
  const origin = new Origin();
  await world.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT);
  await world.clock.advance(TTL);
  origin.version = 2;
  return { ...world, origin };
}

describe('a batch', () => {
  it('loads anew what is stale', async () => {
    const { cache, origin } = await twoStale();
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b', 'c'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 2], ['b', 2], ['c', 2]),
    );
    expect(origin.batches).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });

  it('whose load fails answers the stale values, where all keys have one', async () => {
    const { cache, origin } = await twoStale();
    origin.fail();
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 1], ['b', 1]),
    );
    expect(cache.stats().loadErrors).toBe(1);
  });

  it('whose load fails rejects where a key has none: the caller would take it for absent', async () => {
    const { cache, origin } = await twoStale();
    origin.fail();
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'c'], origin.load, KEPT))).toEqual(
      error(DOWN),
    );
  });

  it('whose load fails writes nothing anywhere', async () => {
    const { cache, origin, remote } = await twoStale();
    origin.fail();
    const before = writes(remote);
    await cache.getOrComputeMany(['a', 'b'], origin.load, KEPT);
    expect(writes(remote)).toBe(before);
    expect(await timeLeft(remote, 'a')).toBe(STALE_FOR);
    expect(await cache.getMany(['a', 'b'])).toEqual(new Map());
  });

  it('whose load has failed is not loaded again while the throttle lasts', async () => {
    const { cache, clock, origin } = await twoStale();
    origin.fail();
    await cache.getOrComputeMany(['a', 'b'], origin.load, KEPT);
    origin.heal();
    await clock.advance(4999);
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 1], ['b', 1]),
    );
    expect(origin.batches).toHaveLength(2);
    await clock.advance(1);
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 2], ['b', 2]),
    );
  });

  it('loads beside what is throttled what is not', async () => {
    const { cache, origin } = await twoStale();
    origin.fail();
    await cache.getOrComputeMany(['a'], origin.load, KEPT);
    origin.heal();
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b', 'c'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 1], ['b', 2], ['c', 2]),
    );
    expect(origin.batches.at(-1)).toEqual(['b', 'c']);
  });

  it('that is slow answers the stale values after the softTimeout, and stores the others later', async () => {
    const { cache, clock, neighbour, origin } = await twoStale();
    origin.hold();
    const reading = watch(
      cache.getOrComputeMany(['a', 'b'], origin.load, { ...KEPT, softTimeout: 200 }),
    );
    await clock.advance(199);
    expect(await reading()).toEqual(PENDING);
    await clock.advance(1);
    expect(await reading()).toEqual(valuesOf(['a', 1], ['b', 1]));
    await origin.release();
    expect(cache.peek('a')).toBe(2);
    expect(await neighbour.get('b')).toBe(2);
  });

  it('waits for its load beyond the softTimeout where a key has no stale value', async () => {
    const { cache, clock, origin } = await twoStale();
    origin.hold();
    const options = { ...KEPT, softTimeout: 200 };
    const reading = watch(cache.getOrComputeMany(['a', 'c'], origin.load, options));
    await clock.advance(10_000 - 1);
    expect(await reading()).toEqual(PENDING);
    await origin.release();
    expect(await reading()).toEqual(valuesOf(['a', 2], ['c', 2]));
  });

  it('with a softTimeout of 0 answers the stale values at once', async () => {
    const { cache, origin } = await twoStale();
    origin.hold();
    const options = { ...KEPT, softTimeout: 0 } as const;
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b'], origin.load, options))).toEqual(
      valuesOf(['a', 1], ['b', 1]),
    );
    await origin.release();
    expect(cache.peek('a')).toBe(2);
  });

  it('that takes longer than the hardTimeout answers the stale values, and aborts the signal', async () => {
    const { cache, clock, origin } = await twoStale();
    origin.hold();
    const options = { ...KEPT, hardTimeout: 300 };
    const reading = watch(cache.getOrComputeMany(['a', 'b'], origin.load, options));
    await clock.advance(300);
    expect(await reading()).toEqual(valuesOf(['a', 1], ['b', 1]));
    expect(origin.signals[1]?.aborted).toBe(true);
    expect(origin.signals[1]?.reason).toBeInstanceOf(LoadTimeoutError);
    await origin.release();
    expect(cache.peek('a')).toBe(2);
  });

  it('that takes longer than the hardTimeout rejects where a key has none, and is kept when it ends', async () => {
    const { cache, clock, origin } = await twoStale();
    origin.hold();
    const options = { ...KEPT, hardTimeout: 300 };
    const reading = watch(cache.getOrComputeMany(['a', 'c'], origin.load, options));
    await clock.advance(299);
    expect(await reading()).toEqual(PENDING);
    await clock.advance(1);
    expect(await reading()).toEqual(
      error(expect.objectContaining({ code: 'LOAD_TIMEOUT', timeout: 300 })),
    );
    await origin.release();
    expect(cache.peek('c')).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['softTimeout', { softTimeout: 200 }],
    ['hardTimeout', { hardTimeout: 200 }],
  ])(
    'that was loaded in time, and is slow to be stored, is answered at the %s',
    async (_, limit) => {
      const { cache, clock, origin, remote } = await twoStale();
      remote.hang('setWithTtl', 'setMany');
      const reading = watch(cache.getOrComputeMany(['a', 'c'], origin.load, { ...KEPT, ...limit }));
      await clock.advance(200);
      expect(await reading()).toEqual(valuesOf(['a', 2], ['c', 2]));
      expect(origin.signals[1]?.aborted).toBe(false);
      remote.heal();
      await settle();
    },
  );

  it('that has timed out holds its keys: nobody loads one of them again before it ends', async () => {
    const { cache, clock, origin } = await twoStale();
    origin.hold();
    const options = { ...KEPT, hardTimeout: 300 };
    const reading = watch(cache.getOrComputeMany(['a', 'c'], origin.load, options));
    await clock.advance(300);
    await reading();
    let loads = 0;
    const single = watch(cache.getOrCompute('c', () => ++loads, { hardTimeout: 300 }));
    await clock.advance(300);
    expect((await single()).state).toBe('error');
    expect(loads).toBe(0);
    await origin.release();
    expect(await cache.getOrCompute('c', () => ++loads)).toBe(2);
  });

  it('whose failure is remembered fails again without a load', async () => {
    const { cache, clock, origin } = await twoStale();
    origin.fail();
    const options = { errorTtl: 1000 };
    expect(await outcomeOf(cache.getOrComputeMany(['c', 'd'], origin.load, options))).toEqual(
      error(DOWN),
    );
    expect(await outcomeOf(cache.getOrComputeMany(['c', 'd'], origin.load, options))).toEqual(
      error(DOWN),
    );
    expect(await outcomeOf(cache.getOrCompute('c', () => 5, options))).toEqual(error(DOWN));
    expect(origin.batches).toHaveLength(2);
    await clock.advance(1000);
    origin.heal();
    expect(await outcomeOf(cache.getOrComputeMany(['c', 'd'], origin.load, options))).toEqual(
      valuesOf(['c', 2], ['d', 2]),
    );
  });

  it('is joined by those who want one of its keys, who fall back on a value of their own', async () => {
    const { cache, origin } = await twoStale();
    origin.hold();
    const batch = watch(cache.getOrComputeMany(['a', 'c'], origin.load, KEPT));
    await settle();
    const one = watch(cache.getOrCompute('a', () => 9, KEPT));
    const other = watch(cache.getOrCompute('c', () => 9, KEPT));
    await settle();
    await origin.breakHeld();
    expect(await batch()).toEqual(error(DOWN));
    expect(await one()).toEqual(value(1));
    expect(await other()).toEqual(error(DOWN));
  });

  it('joins a load that fails, and falls back for its key alone', async () => {
    const { cache, origin } = await twoStale();
    const gate = deferred<number>();
    const single = watch(cache.getOrCompute('a', () => gate.promise, KEPT));
    await settle();
    const batch = watch(cache.getOrComputeMany(['a', 'c'], origin.load, KEPT));
    await settle();
    gate.reject(DOWN);
    expect(await single()).toEqual(value(1));
    expect(await batch()).toEqual(valuesOf(['a', 1], ['c', 2]));
  });

  it.each([
    ['removed', (cache: Awaited<ReturnType<typeof twoStale>>['cache']) => cache.remove('a')],
    ['cleared away', (cache: Awaited<ReturnType<typeof twoStale>>['cache']) => cache.clear()],
  ])('does not fall back on what was %s', async (_, invalidate) => {
    const { cache, origin } = await twoStale();
    await invalidate(cache);
    origin.fail();
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      error(DOWN),
    );
  });

  it('does not fall back on what was removed while it was loaded', async () => {
    const { cache, origin } = await twoStale();
    origin.hold();
    const reading = watch(cache.getOrComputeMany(['a', 'b'], origin.load, KEPT));
    await settle();
    await cache.remove('b');
    await origin.breakHeld();
    expect(await reading()).toEqual(error(DOWN));
  });

  it('stores nothing of a slow load for keys that were removed meanwhile, and the others', async () => {
    const { cache, neighbour, origin } = await twoStale();
    origin.hold();
    const options = { ...KEPT, softTimeout: 0 } as const;
    expect(await outcomeOf(cache.getOrComputeMany(['a', 'b'], origin.load, options))).toEqual(
      valuesOf(['a', 1], ['b', 1]),
    );
    await settle();
    await cache.remove('b');
    await origin.release();
    expect(cache.peek('a')).toBe(2);
    expect(cache.peek('b')).toBeUndefined();
    expect(await neighbour.get('b')).toBeUndefined();
  });
});

describe('a batch over a shared store', () => {
  it('falls back on what the store has, and not on what another instance has removed', async () => {
    const { a, b, clock } = await twoInstances();
    const origin = new Origin();
    await a.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT);
    await clock.advance(TTL);
    origin.fail();
    expect(await outcomeOf(b.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 1], ['b', 1]),
    );
    await b.cache.remove('a');
    expect(await outcomeOf(a.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      error(DOWN),
    );
    expect(await outcomeOf(a.cache.getOrComputeMany(['b'], origin.load, KEPT))).toEqual(
      valuesOf(['b', 1]),
    );
  });

  it('takes what memory has for no more than it is where the store does not answer: what is stale is loaded', async () => {
    const { a, b, clock } = await twoInstances();
    const origin = new Origin();
    await a.cache.getOrComputeMany(['fresh', 'stale'], origin.load, KEPT);
    await b.cache.getMany(['fresh', 'stale']);
    await b.cache.refresh('fresh', () => 5, { ttl: 60_000 });
    await clock.advance(TTL);
    expect(await a.cache.get('fresh')).toBe(5);
    a.store.fail(new Error('down'));
    a.bus.sever();
    await clock.advance(2 * TTL);
    origin.version = 2;
    expect(await a.cache.getMany(['fresh', 'stale'])).toEqual(new Map([['fresh', 5]]));
    expect(await outcomeOf(a.cache.getOrComputeMany(['fresh', 'stale'], origin.load))).toEqual(
      valuesOf(['fresh', 5], ['stale', 2]),
    );
  });

  it('falls back on what memory has where neither the store nor the origin answers', async () => {
    const { a, clock } = await twoInstances();
    const origin = new Origin();
    await a.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT);
    await clock.advance(TTL);
    a.store.fail(new Error('down'));
    a.bus.sever();
    await clock.advance(2 * TTL);
    origin.fail();
    for (const read of [
      () => a.cache.getOrComputeMany(['a', 'b'], origin.load),
      () =>
        a.cache
          .getOrCompute('a', () => Promise.reject(DOWN))
          .then(
            (one) =>
              new Map([
                ['a', one],
                ['b', 1],
              ]),
          ),
    ]) {
      expect(await outcomeOf(read())).toEqual(valuesOf(['a', 1], ['b', 1]));
    }
  });

  it('leaves its leases when it fails: another instance loads at once', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    origin.fail();
    await outcomeOf(a.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT));
    origin.heal();
    expect(await outcomeOf(b.cache.getOrComputeMany(['a', 'b'], origin.load, KEPT))).toEqual(
      valuesOf(['a', 1], ['b', 1]),
    );
  });
});
