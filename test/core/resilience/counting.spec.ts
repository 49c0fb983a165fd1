import { describe, expect, it } from '@jest/globals';
import { asked, guardRejections, memoryOnly, recordEvents, settle, twoTiers } from '../helpers.js';
import { KEPT, Origin, outcomeOf, TTL, watch } from './origin.js';

guardRejections();

async function stale(setUp = twoTiers) {
  const world = setUp();
  const origin = new Origin();
  await world.cache.getOrCompute('key', origin.load, KEPT);
  await world.clock.advance(TTL);
  origin.version = 2;
  return { ...world, origin };
}

/** The reasons for which stale values were answered, by the events. */
function reasonsOf(events: ReturnType<typeof recordEvents>): string[] {
  return events.flatMap((event) => (event.type === 'stale' ? [event.reason] : []));
}

describe.each([
  ['memory', memoryOnly as typeof twoTiers],
  ['memory and a store', twoTiers],
])('in %s, an answer that is stale', (_, setUp) => {
  it('because its load has failed, is counted and announced with its reason', async () => {
    const { cache, origin } = await stale(setUp);
    origin.fail();
    const events = recordEvents(cache);
    await cache.getOrCompute('key', origin.load);
    expect(cache.stats()).toMatchObject({ staleServed: 1, loadErrors: 1, loadTimeouts: 0 });
    expect(reasonsOf(events)).toEqual(['failed']);
    expect(events).toContainEqual({ type: 'stale', reason: 'failed', key: 'key', namespace: '' });
  });

  it('because its load has failed lately, is too', async () => {
    const { cache, origin } = await stale(setUp);
    origin.fail();
    await cache.getOrCompute('key', origin.load);
    const events = recordEvents(cache);
    await cache.getOrCompute('key', origin.load);
    expect(cache.stats()).toMatchObject({ staleServed: 2, loadErrors: 1, loads: 2 });
    expect(reasonsOf(events)).toEqual(['throttled']);
  });

  it('because its load is slow, is too', async () => {
    const { cache, clock, origin } = await stale(setUp);
    origin.hold();
    const events = recordEvents(cache);
    const reading = watch(cache.getOrCompute('key', origin.load, { ...KEPT, softTimeout: 100 }));
    await clock.advance(100);
    await reading();
    expect(cache.stats()).toMatchObject({ staleServed: 1, loadErrors: 0, loadTimeouts: 0 });
    expect(reasonsOf(events)).toEqual(['slow']);
    await origin.release();
    expect(cache.stats().staleServed).toBe(1);
  });

  it('because its load takes too long, is too, and so is the load', async () => {
    const { cache, clock, origin } = await stale(setUp);
    origin.hold();
    const events = recordEvents(cache);
    const reading = watch(cache.getOrCompute('key', origin.load, { ...KEPT, hardTimeout: 100 }));
    await clock.advance(100);
    await reading();
    expect(cache.stats()).toMatchObject({ staleServed: 1, loadErrors: 0, loadTimeouts: 1 });
    expect(reasonsOf(events)).toEqual(['failed']);
    expect(events).toContainEqual({ type: 'loadTimeout', key: 'key', namespace: '' });
    await origin.release();
    expect(cache.stats()).toMatchObject({ staleServed: 1, loadErrors: 0, loadTimeouts: 1 });
  });

  it('counts as one that was asked for, whatever the reason', async () => {
    const { cache, clock, origin } = await stale(setUp);
    let calls = asked(cache);
    const each = async (act: () => Promise<unknown>): Promise<void> => {
      await act();
      await settle();
      expect(asked(cache)).toBe(++calls);
    };
    origin.fail();
    await each(() => cache.getOrCompute('key', origin.load));
    await each(() => cache.getOrCompute('key', origin.load));
    await clock.advance(5000);
    origin.heal();
    origin.hold();
    await each(() => cache.getOrCompute('key', origin.load, { softTimeout: 0 }));
    await settle();
    await each(() => cache.getOrCompute('key', origin.load, { softTimeout: 0 }));
    await origin.release();
    expect(asked(cache)).toBe(calls);
    await each(() => cache.getOrCompute('key', origin.load));
    await each(() => cache.get('key'));
  });
});

describe('a value that is loaded ahead of its time', () => {
  it('is counted as a hit, and its load as one ahead; nobody has asked for more', async () => {
    let random = 0;
    const { cache, clock } = twoTiers({ random: () => random });
    const origin = new Origin();
    const options = { ...KEPT, earlyRefresh: 1 };
    await cache.getOrCompute('key', origin.load, options);
    await clock.advance(TTL - 1);
    random = 0.999;
    const before = asked(cache);
    await cache.getOrCompute('key', origin.load, options);
    await settle();
    expect(asked(cache)).toBe(before + 1);
    expect(cache.stats()).toMatchObject({ refreshedAhead: 1, staleServed: 0, loads: 2, hits: 1 });
  });
});

describe('a load', () => {
  it('that waits for a place is counted while it waits', async () => {
    const { cache } = memoryOnly({ maxConcurrentLoads: 1 });
    const origin = new Origin();
    origin.hold();
    const readings = ['a', 'b', 'c'].map((key) => cache.getOrCompute(key, origin.load));
    await settle();
    expect(cache.stats()).toMatchObject({ loads: 1, loadsWaiting: 2 });
    await origin.release();
    await Promise.all(readings);
    expect(cache.stats()).toMatchObject({ loads: 3, loadsWaiting: 0 });
  });

  it('that fails in the background is counted and announced', async () => {
    const { cache, origin } = await stale();
    origin.hold();
    const events = recordEvents(cache);
    await cache.getOrCompute('key', origin.load, { softTimeout: 0 });
    await settle();
    await origin.breakHeld();
    expect(cache.stats().loadErrors).toBe(1);
    expect(events.filter(({ type }) => type === 'loadError')).toHaveLength(1);
  });

  it('whose value cannot be stored, and for which nobody waits any more, is counted as failed', async () => {
    const { cache, origin, clock } = await stale();
    origin.hold();
    const reading = watch(
      cache.getOrCompute<unknown>(
        'key',
        async (context) => {
          await origin.load(context);
          return Symbol('it cannot be stored');
        },
        { softTimeout: 0 },
      ),
    );
    expect((await reading()).state).toBe('value');
    await origin.release();
    await clock.advance(0);
    expect(cache.stats().loadErrors).toBe(1);
  });

  it('that times out without a stale value is a timeout, and no failure', async () => {
    const { cache, clock } = twoTiers();
    const origin = new Origin();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load, { hardTimeout: 100 }));
    await clock.advance(100);
    expect((await reading()).state).toBe('error');
    expect(cache.stats()).toMatchObject({ loads: 1, loadErrors: 0, loadTimeouts: 1 });
    await origin.breakHeld();
    expect(cache.stats()).toMatchObject({ loads: 1, loadErrors: 1, loadTimeouts: 1 });
  });
});

describe('events', () => {
  it('tell no values, of stale ones neither', async () => {
    const { cache, clock } = twoTiers();
    await cache.set('key', 'secret', KEPT);
    await clock.advance(TTL);
    const events = recordEvents(cache);
    await outcomeOf(cache.getOrCompute('key', () => Promise.reject(new Error('down'))));
    expect(events.length).toBeGreaterThan(0);
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});
