import { describe, expect, it } from '@jest/globals';
import { counted, guardRejections, mustNotLoad, settle } from '../helpers.js';
import { LateAnswers, LEASE, STALENESS, twoInstances, World } from '../coherence/world.js';
import { Gates } from '../coherence/gates.js';
import {
  DOWN,
  error,
  INVALIDATIONS,
  KEPT,
  Origin,
  outcomeOf,
  PENDING,
  STALE_FOR,
  TTL,
  value,
  watch,
} from './origin.js';

guardRejections();

const TAGGED = { ...KEPT, tags: ['t'] };
const TIMED_OUT = error(expect.objectContaining({ code: 'LOAD_TIMEOUT' }));

/** Two instances that both hold a stale value, 1. */
async function twoStale() {
  const { a, b, clock, shared, log } = await twoInstances();
  const origin = new Origin();
  await a.cache.getOrCompute('key', origin.load, TAGGED);
  await b.cache.get('key');
  await clock.advance(TTL);
  origin.version = 2;
  return { a, b, clock, shared, log, origin };
}

describe('the lease of a load', () => {
  it('is held until a load that has timed out ends: nobody else loads the key meanwhile', async () => {
    const { a, b, clock } = await twoInstances();
    const slow = new Origin();
    slow.hold();
    const loading = watch(a.cache.getOrCompute('key', slow.load, { hardTimeout: 200 }));
    await clock.advance(200);
    expect(await loading()).toEqual(TIMED_OUT);
    const waiting = watch(b.cache.getOrCompute('key', mustNotLoad));
    await clock.advance(4 * LEASE);
    expect(await waiting()).toEqual(PENDING);
    await slow.release();
    expect(await waiting()).toEqual(value(1));
    expect(a.cache.peek('key')).toBe(1);
    expect(clock.pendingTimers).toBeLessThanOrEqual(2);
  });

  it('is left when a load that has timed out fails: the next one loads', async () => {
    const { a, b, clock } = await twoInstances();
    const slow = new Origin();
    slow.hold();
    const loading = watch(a.cache.getOrCompute('key', slow.load, { hardTimeout: 200 }));
    await clock.advance(200);
    await loading();
    const waiting = watch(b.cache.getOrCompute('key', () => 7));
    await settle();
    await slow.breakHeld();
    expect(await waiting()).toEqual(value(7));
  });

  it('is not renewed by one that has waited for it in vain', async () => {
    const { a, b, clock } = await twoInstances();
    const slow = new Origin();
    slow.hold();
    const loading = watch(a.cache.getOrCompute('key', slow.load));
    await settle();
    const waiting = watch(b.cache.getOrCompute('key', mustNotLoad, { hardTimeout: 200 }));
    await clock.advance(199);
    expect(await waiting()).toEqual(PENDING);
    await clock.advance(1);
    expect(await waiting()).toEqual(TIMED_OUT);
    await slow.release();
    expect(await loading()).toEqual(value(1));
    expect(await b.cache.getOrCompute('key', mustNotLoad)).toBe(1);
  });

  it('is taken by who waited and gave up as soon as somebody asks again', async () => {
    const { a, b, clock } = await twoInstances();
    const slow = new Origin();
    slow.hold();
    const loading = watch(a.cache.getOrCompute('key', slow.load));
    await settle();
    const options = { hardTimeout: 200 };
    const waiting = watch(b.cache.getOrCompute('key', mustNotLoad, options));
    await clock.advance(200);
    expect(await waiting()).toEqual(TIMED_OUT);
    await slow.breakHeld();
    expect(await loading()).toEqual(error(DOWN));
    expect(await outcomeOf(b.cache.getOrCompute('key', () => 5, options))).toEqual(value(5));
  });

  it('of another instance is waited for at most as long as hardTimeout says, then a stale value is answered', async () => {
    const { a, b, clock, origin } = await twoStale();
    origin.hold();
    const loading = watch(a.cache.getOrCompute('key', origin.load, TAGGED));
    await settle();
    const waiting = watch(
      b.cache.getOrCompute('key', mustNotLoad, { ...TAGGED, hardTimeout: 200 }),
    );
    await clock.advance(199);
    expect(await waiting()).toEqual(PENDING);
    await clock.advance(1);
    expect(await waiting()).toEqual(value(1));
    await origin.release();
    expect(await loading()).toEqual(value(2));
    expect(await b.cache.get('key')).toBe(2);
  });

  it('of another instance is waited for at most as long as softTimeout says, where there is a stale value', async () => {
    const { a, b, clock, origin } = await twoStale();
    origin.hold();
    const loading = watch(a.cache.getOrCompute('key', origin.load, TAGGED));
    await settle();
    const options = { ...TAGGED, softTimeout: 200 };
    const waiting = watch(b.cache.getOrCompute('key', mustNotLoad, options));
    await clock.advance(200);
    expect(await waiting()).toEqual(value(1));
    await origin.release();
    expect(await loading()).toEqual(value(2));
    expect(b.cache.peek('key')).toBe(2);
  });

  it('is asked for by one of the instances that serve a stale value meanwhile', async () => {
    const { a, b, clock, origin } = await twoStale();
    origin.hold();
    const options = { ...TAGGED, softTimeout: 0 } as const;
    for (const { cache } of [a, b]) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    }
    await clock.advance(2 * LEASE);
    expect(origin.loads).toBe(2);
    await origin.release();
    expect(a.cache.peek('key')).toBe(2);
    expect(b.cache.peek('key')).toBe(2);
  });
});

describe('a value that is loaded ahead of its time', () => {
  const EARLY = { ...KEPT, earlyRefresh: 1 };

  /** Two instances that hold a value whose time has nearly come. */
  async function twoDue() {
    const world = new World();
    const luck = { random: 0 };
    const random = (): number => luck.random;
    const a = world.instance('a', { random });
    const b = world.instance('b', { random });
    await a.cache.healthCheck();
    await b.cache.healthCheck();
    const origin = new Origin();
    await a.cache.getOrCompute('key', origin.load, EARLY);
    await b.cache.get('key');
    await world.clock.advance(TTL - 1);
    origin.version = 2;
    luck.random = 0.9;
    return { a, b, origin };
  }

  it('is put in the place of the one that is there, for all instances', async () => {
    const { a, b, origin } = await twoDue();
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, EARLY))).toEqual(value(1));
    await settle();
    expect(a.cache.peek('key')).toBe(2);
    expect(origin.loads).toBe(2);
    expect(await outcomeOf(b.cache.getOrCompute('key', origin.load, EARLY))).toEqual(value(1));
    await settle();
    expect(b.cache.peek('key')).toBe(2);
    expect(origin.loads).toBe(2);
  });

  it('is loaded by one instance, though it is due on all', async () => {
    const { a, b, origin } = await twoDue();
    origin.hold();
    for (const { cache } of [a, b]) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, EARLY))).toEqual(value(1));
    }
    expect(origin.loads).toBe(2);
    await origin.release();
    expect(a.cache.peek('key')).toBe(2);
    expect(b.cache.peek('key')).toBe(2);
    expect(origin.loads).toBe(2);
  });

  it('is kept nowhere when it was overtaken by a removal elsewhere', async () => {
    const { a, b, origin } = await twoDue();
    origin.hold();
    await a.cache.getOrCompute('key', origin.load, EARLY);
    await settle();
    await b.cache.remove('key');
    await origin.release();
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
  });
});

describe('a value that is stale when the lease is asked for', () => {
  it('is no answer to it, though it has been filled since it was looked for', async () => {
    const gates = new Gates();
    const world = new World();
    const a = world.instance('a', { answering: gates.through });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    const origin = new Origin();
    gates.close('lease');
    const reading = watch(a.cache.getOrCompute('key', origin.load, KEPT));
    await settle();
    await b?.cache.set('key', 7, KEPT);
    await b?.cache.expire('key');
    origin.version = 8;
    await gates.open();
    expect(await reading()).toEqual(value(8));
    expect(await b?.cache.get('key')).toBe(8);
  });
});

describe('a load in the background whose fill is slow', () => {
  it('is answered from then on, and not the stale value', async () => {
    const { a, origin } = await twoStale();
    const options = { ...TAGGED, softTimeout: 0 } as const;
    origin.hold();
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    a.store.hang('fill');
    await origin.release();
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(2));
    a.store.heal();
    await settle();
    expect(origin.loads).toBe(2);
  });
});

describe('a load that fails on another instance', () => {
  it('is no failure here: who waited loads itself', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    origin.hold();
    const loading = watch(a.cache.getOrCompute('key', origin.load));
    await settle();
    const loader = counted(() => 5);
    const waiting = watch(b.cache.getOrCompute('key', loader));
    expect(await waiting()).toEqual(PENDING);
    await origin.breakHeld();
    expect(await loading()).toEqual(error(DOWN));
    expect(await waiting()).toEqual(value(5));
    expect(loader.runs).toBe(1);
  });

  it('is not remembered here, nor does it throttle here', async () => {
    const { a, b, origin } = await twoStale();
    origin.fail();
    const options = { ...TAGGED, errorTtl: 5000 };
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    expect(await outcomeOf(a.cache.getOrCompute('other', origin.load, options))).toEqual(
      error(DOWN),
    );
    origin.heal();
    expect(await outcomeOf(b.cache.getOrCompute('key', origin.load, options))).toEqual(value(2));
    expect(await outcomeOf(b.cache.getOrCompute('other', origin.load, options))).toEqual(value(2));
  });

  it('gives way here to what another instance has loaded since', async () => {
    const { a, b, origin } = await twoStale();
    origin.fail();
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, TAGGED))).toEqual(value(1));
    origin.heal();
    expect(await outcomeOf(b.cache.getOrCompute('key', origin.load, TAGGED))).toEqual(value(2));
    expect(await outcomeOf(a.cache.getOrCompute('key', mustNotLoad, TAGGED))).toEqual(value(2));
  });
});

describe('a remembered failure', () => {
  it.each(INVALIDATIONS.filter(([how]) => how !== 'voided by its tag'))(
    'ends when the key is %s by another instance',
    async (_, invalidate) => {
      const { a, b } = await twoInstances();
      const origin = new Origin();
      origin.fail();
      const options = { ...KEPT, errorTtl: 60_000 };
      expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(
        error(DOWN),
      );
      origin.heal();
      await invalidate(b.cache);
      expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    },
  );

  it('gives way to a value that another instance has stored', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    origin.fail();
    const options = { ...KEPT, errorTtl: 60_000 };
    await outcomeOf(a.cache.getOrCompute('key', origin.load, options));
    await b.cache.set('key', 9);
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(9));
  });
});

describe('a slow load for which nobody waits', () => {
  it.each(INVALIDATIONS)(
    'stores nothing when its key was %s by another instance',
    async (_, invalidate) => {
      const { a, b, shared, origin } = await twoStale();
      origin.hold();
      const options = { ...TAGGED, softTimeout: 0 } as const;
      expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
      await invalidate(b.cache);
      await origin.release();
      expect(a.cache.peek('key')).toBeUndefined();
      expect(await b.cache.get('key')).toBeUndefined();
      const loader = counted(() => 3);
      expect(await outcomeOf(b.cache.getOrCompute('key', loader, TAGGED))).toEqual(value(3));
      expect(await outcomeOf(a.cache.getOrCompute('key', loader, TAGGED))).toEqual(value(3));
      expect(loader.runs).toBe(1);
      expect(shared.getFenced('default::key')).toBeDefined();
    },
  );

  it.each(INVALIDATIONS)(
    'stores nothing when its key was %s and the message is held back',
    async (_, invalidate) => {
      const { a, b, origin } = await twoStale();
      origin.hold();
      const options = { ...TAGGED, softTimeout: 0 } as const;
      expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
      a.bus.hold();
      await invalidate(b.cache);
      await origin.release();
      const loader = counted(() => 3);
      expect(await outcomeOf(b.cache.getOrCompute('key', loader, TAGGED))).toEqual(value(3));
    },
  );

  it('does not overwrite what another instance has set meanwhile', async () => {
    const { a, b, origin } = await twoStale();
    origin.hold();
    const options = { ...TAGGED, softTimeout: 0 } as const;
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    await b.cache.set('key', 9, TAGGED);
    await origin.release();
    expect(await a.cache.get('key')).toBe(9);
    expect(await b.cache.get('key')).toBe(9);
  });

  it('fills the store for all, though the one who asked has long had the stale value', async () => {
    const { a, b, clock, origin } = await twoStale();
    origin.hold();
    const options = { ...TAGGED, softTimeout: 0 } as const;
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    await clock.advance(3 * LEASE);
    await origin.release();
    expect(await b.cache.getOrCompute('key', mustNotLoad, TAGGED)).toBe(2);
  });
});

describe('a stale value', () => {
  it('is not answered where it is not proved that nothing was missed, and the keeper of the log answers nothing', async () => {
    const { a, clock, origin } = await twoStale();
    origin.fail();
    a.bus.sever();
    a.store.fail(new Error('down'));
    await clock.advance(STALE_FOR - TTL);
    const outcome = await outcomeOf(
      a.cache.getOrCompute('key', origin.load, { ...TAGGED, failSafeThrottle: 0 }),
    );
    // Memory bears what it holds for a while where nothing answers; after that there is nothing to fall back on.
    expect([value(1), error(DOWN)]).toContainEqual(outcome);
    await clock.advance(2 * TTL);
    expect(
      await outcomeOf(a.cache.getOrCompute('key', origin.load, { ...TAGGED, failSafeThrottle: 0 })),
    ).toEqual(error(DOWN));
  });

  it('that another instance has replaced is not answered by one whose message is held back, once the proof is old', async () => {
    const { a, b, clock, origin } = await twoStale();
    a.bus.hold();
    await b.cache.remove('key');
    origin.fail();
    await clock.advance(5000);
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, TAGGED))).toEqual(error(DOWN));
  });

  it('is looked for once more where a load fails late, and not answered when it is removed meanwhile', async () => {
    for (const removes of [false, true]) {
      const late = new LateAnswers();
      const world = new World();
      const a = world.instance('a', { answering: late.through });
      await a.cache.healthCheck();
      const origin = new Origin();
      await a.cache.getOrCompute('key', origin.load, TAGGED);
      await world.clock.advance(TTL);
      origin.hold();
      const reading = watch(a.cache.getOrCompute('key', origin.load, TAGGED));
      await settle();
      // What was found is not proved any more, so the store is asked again.
      a.bus.hold();
      await world.clock.advance(2 * STALENESS);
      late.hold('getFenced');
      await origin.breakHeld();
      expect(await reading()).toEqual(PENDING);
      if (removes) await a.cache.remove('key');
      late.release('getFenced');
      expect(await reading()).toEqual(removes ? error(DOWN) : value(1));
    }
  });

  it('is answered by each instance on its own account, and written by none', async () => {
    const { a, b, origin, shared, clock } = await twoStale();
    const before = shared.getFenced('default::key')?.token;
    origin.fail();
    for (const { cache } of [a, b, a, b]) {
      expect(await outcomeOf(cache.getOrCompute('key', origin.load, TAGGED))).toEqual(value(1));
      await clock.advance(100);
    }
    expect(shared.getFenced('default::key')?.token).toBe(before);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(b.cache.peek('key')).toBeUndefined();
  });

  it('outlives the instance that stored it', async () => {
    const world = new World();
    const [a] = await world.join('a');
    const origin = new Origin();
    await a?.cache.getOrCompute('key', origin.load, TAGGED);
    await a?.cache.close();
    const [b] = await world.join('b');
    await world.clock.advance(TTL);
    origin.fail();
    if (b === undefined) throw new Error('there is one');
    expect(await outcomeOf(b.cache.getOrCompute('key', origin.load, TAGGED))).toEqual(value(1));
  });
});

describe('a refresh that takes too long', () => {
  it('holds the lease until it ends, and its value reaches all then', async () => {
    const { a, b, clock, origin } = await twoStale();
    origin.hold();
    const refreshing = watch(a.cache.refresh('key', origin.load, { ...TAGGED, hardTimeout: 200 }));
    await clock.advance(200);
    expect(await refreshing()).toEqual(TIMED_OUT);
    await clock.advance(2 * LEASE);
    await origin.release();
    expect(await b.cache.getOrCompute('key', mustNotLoad, TAGGED)).toBe(2);
  });
});

describe('every order of a slow load, its timeout, a removal and its end', () => {
  const STEPS = ['load ends', 'time passes', 'removal', 'message'] as const;
  const orders = permutations(STEPS).filter(
    (order) => order.indexOf('removal') < order.indexOf('message'),
  );

  it.each(orders.map((order) => [order.join(', '), order] as const))(
    'never has a value answered afterwards that was loaded before the removal: %s',
    async (_, order) => {
      const gates = new Gates();
      const world = new World();
      const a = world.instance('a', { answering: gates.through });
      const b = world.instance('b');
      await a.cache.healthCheck();
      await b.cache.healthCheck();
      const origin = new Origin();
      await a.cache.getOrCompute('key', origin.load, TAGGED);
      await world.clock.advance(TTL);
      origin.version = 2;
      origin.hold();
      const options = { ...TAGGED, softTimeout: 100, hardTimeout: 100 };
      const reading = watch(a.cache.getOrCompute('key', origin.load, options));
      await settle();
      a.bus.hold();
      const act = {
        'load ends': () => origin.release(),
        'time passes': () => world.clock.advance(100),
        removal: () => b.cache.remove('key'),
        message: async () => a.bus.release(),
      };
      for (const step of order) await act[step]();
      expect((await reading()).state).not.toBe('pending');
      await gates.open();
      origin.version = 3;
      const after = [b, a].map(({ cache }) => cache.getOrCompute('key', origin.load, TAGGED));
      await settle();
      await origin.release();
      expect(await Promise.all(after)).toEqual([3, 3]);
    },
  );
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe('an origin that hangs while the store is away', () => {
  it('is not asked for a key again each time that a proof would be due', async () => {
    const { a, clock } = await twoInstances();
    let runs = 0;
    const load = (): Promise<never> => {
      runs++;
      return new Promise(() => undefined);
    };
    a.bus.sever();
    a.store.fail(new Error('down'));
    for (let call = 0; call < 20; call++) {
      a.cache.getOrCompute('key', load, { hardTimeout: 500 }).catch(() => undefined);
      await settle();
      await clock.advance(1.1 * STALENESS);
    }
    // What began before the outage was known may be older than an invalidation that was missed.
    expect(runs).toBeLessThanOrEqual(2);
  });
});
