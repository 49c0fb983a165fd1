import { describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { FencedMapBackend } from '../../../lib/backends/map/fenced-map.backend.js';
import { LocalLog } from '../../../lib/bus/local/local-log.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import { InvalidationPendingError } from '../../../lib/contract/errors.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { guardRejections, mustNotLoad, recordEvents, settle, tierStats } from '../helpers.js';
import { failure, MAX_UNVERIFIED, STALENESS, twoInstances, type Instance } from './world.js';

guardRejections();

/** How often an open breaker has the store asked, in milliseconds. */
const PROBE_EVERY = 250;

const down = new Error('down');

/** Two instances, the first of which is cut off from the store, and has found it out. */
async function broken() {
  const world = await twoInstances();
  const { a } = world;
  await world.b.cache.set('kept', 'value', { ttl: '1h' });
  await a.cache.get('kept');
  cutOff(a);
  await trip(a);
  return world;
}

function cutOff({ bus, store }: Instance): void {
  bus.sever();
  store.fail(down);
}

async function trip({ cache }: Instance): Promise<void> {
  for (let n = 0; n < 5; n++) await cache.get(`unknown ${n}`);
  expect(tierStats(cache, 'shared').breaker?.state).toBe('open');
}

function calls({ store }: Instance): number {
  return (
    [
      'getFenced',
      'getFencedMany',
      'lease',
      'fill',
      'replace',
      'renew',
      'release',
      'discard',
    ] as const
  ).reduce((sum, operation) => sum + store.calls(operation), 0);
}

describe('the breaker of a tier with fences', () => {
  it('that is open has loads done without a lease, and kept in this process alone', async () => {
    const { a, b } = await broken();
    const before = calls(a);
    expect(await a.cache.getOrCompute('key', () => 'loaded')).toBe('loaded');
    expect(await a.cache.getOrCompute('key', mustNotLoad)).toBe('loaded');
    expect(
      await a.cache.getOrComputeMany(['x', 'y'], (keys) => keys.map((key) => [key, key] as const)),
    ).toEqual(
      new Map([
        ['x', 'x'],
        ['y', 'y'],
      ]),
    );
    expect(await a.cache.refresh('key', () => 'newer')).toBe('newer');
    expect(a.cache.peek('key')).toBe('newer');
    expect(calls(a)).toBe(before);
    expect(await b.cache.get('key')).toBeUndefined();
  });

  it('that is open counts as a tier that fails: memory goes on without a proof', async () => {
    const { a, clock } = await broken();
    await clock.advance(STALENESS + 1);
    expect(await a.cache.get('kept')).toBe('value');
    expect(await a.cache.getMany(['kept'])).toEqual(new Map([['kept', 'value']]));
    expect(await a.cache.getOrCompute('kept', mustNotLoad)).toBe('value');
    expect(tierStats(a.cache, 'shared').errors).toBe(5);
    await clock.advance(MAX_UNVERIFIED);
    expect(await a.cache.get('kept')).toBeUndefined();
  });

  it.each([
    ['remove', ({ cache }: Instance) => cache.remove('kept')],
    ['removeMany', ({ cache }: Instance) => cache.removeMany(['kept', 'other'])],
    ['expire', ({ cache }: Instance) => cache.expire('kept')],
    ['removePattern', ({ cache }: Instance) => cache.removePattern('k*')],
    ['set', ({ cache }: Instance) => cache.set('kept', 'new', { ttl: '1h' })],
    ['update', ({ cache }: Instance) => cache.update('kept', 'new', { ttl: '1h' })],
  ])(
    'that is open has %s pending at once, and carried out when it lets calls through',
    async (_, change) => {
      const { a, b, clock } = await broken();
      const before = calls(a);
      expect(await failure(change(a))).toBeInstanceOf(InvalidationPendingError);
      expect(clock.now()).toBe(0);
      expect(calls(a)).toBe(before);
      expect(a.cache.stats().coherence.pending).toBe(1);
      expect(await b.cache.get('kept')).toBe('value');

      a.store.heal();
      a.bus.restore();
      await clock.advance(PROBE_EVERY);
      expect(a.cache.stats().coherence.pending).toBe(0);
      expect(tierStats(a.cache, 'shared').breaker?.state).toBe('closed');
      expect(b.cache.peek('kept')).toBeUndefined();
      expect(await b.cache.get('kept')).not.toBe('value');
    },
  );

  it('has what is pending go first when it lets calls through, however many others come', async () => {
    const { a, b, clock } = await broken();
    for (const key of ['kept', 'one', 'two']) await failure(a.cache.remove(key));
    a.bus.restore();
    await settle();
    a.store.heal();
    const others: Promise<unknown>[] = [];
    a.cache.events.subscribe((event) => {
      if (event.type !== 'breaker' || event.state !== 'half-open') return;
      for (let n = 0; n < 50; n++) others.push(a.cache.get(`other ${n}`));
    });
    await clock.advance(PROBE_EVERY);
    await Promise.all(others);
    expect(others).toHaveLength(50);
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(await b.cache.get('kept')).toBeUndefined();
  });

  it('has what is pending tried again and again, and in its order, while the store fails', async () => {
    const world = await broken();
    const { a, clock } = world;
    const recorded = world.recorded.length;
    for (const key of ['one', 'two', 'three']) await failure(a.cache.remove(key));
    a.bus.restore();
    a.store.heal();
    // Its health is good, and its calls fail.
    a.store.fail(down, 'discard');
    await clock.advance(20 * PROBE_EVERY);
    expect(a.store.calls('discard')).toBeGreaterThan(10);
    expect(a.cache.stats().coherence.pending).toBe(3);
    a.store.heal();
    await clock.advance(2 * PROBE_EVERY);
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(world.recorded.slice(recorded).at(-1)).toEqual({ keys: ['default::three'] });
  });

  it('is probed at once when the bus reaches the store again', async () => {
    const { a } = await broken();
    await failure(a.cache.remove('kept'));
    a.store.heal();
    a.bus.restore();
    await settle();
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(tierStats(a.cache, 'shared').breaker?.state).toBe('closed');
  });

  it('is probed before the last attempt of a cache that is closed', async () => {
    const { a, b, clock } = await broken();
    a.bus.restore();
    await settle();
    await failure(a.cache.remove('kept'));
    a.store.heal();
    await a.cache.close();
    expect(await b.cache.get('kept')).toBeUndefined();
    await b.cache.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts what is pending for its sake as refused, and as no error', async () => {
    const { a } = await broken();
    const events = recordEvents(a.cache);
    await failure(a.cache.remove('kept'));
    await failure(a.cache.set('kept', 'new'));
    expect(tierStats(a.cache, 'shared')).toMatchObject({ errors: 5, refused: 2 });
    expect(events.filter(({ type }) => type === 'tierError')).toEqual([]);
    expect(events).toContainEqual({ type: 'invalidationPending', count: 1 });
  });
});

/** A cache whose bus is on the connection of its shared tier. */
function busOfTier(policy: { readonly breaker?: false } = {}) {
  const clock = new ManualClock();
  const store = new FaultyBackend(new FencedMapBackend({ clock }), clock);
  const log = new LocalLog(clock);
  const bus = log.endpoint('a');
  let asked = 0;
  const counting: InvalidationBus = Object.create(bus, {
    origin: { value: bus.origin },
    stamp: { get: () => bus.stamp },
    verifiedAt: { get: () => bus.verifiedAt },
    stats: { value: () => bus.stats() },
    subscribe: { value: (...args: Parameters<typeof bus.subscribe>) => bus.subscribe(...args) },
    connect: { value: () => bus.connect() },
    close: { value: () => bus.close() },
    history: { value: (...args: Parameters<typeof bus.history>) => bus.history(...args) },
    publish: {
      value: (...args: Parameters<typeof bus.publish>) => {
        asked++;
        return bus.publish(...args);
      },
    },
    check: {
      value: (...args: Parameters<typeof bus.check>) => {
        asked++;
        return bus.check(...args);
      },
    },
  }) as InvalidationBus;
  const shared = {
    ...customTier({ useValue: store, name: 'shared', ...policy }),
    bus: () => counting,
  };
  const cache = createTieredCache({
    clock,
    tiers: [memoryTier(), shared],
    coherence: { staleness: STALENESS },
  });
  return { cache, bus, store, clock, asked: () => asked };
}

describe('the bus that is on the connection of a tier', () => {
  it('is not asked while the breaker of the tier is open', async () => {
    const { cache, bus, store, asked } = busOfTier();
    await cache.healthCheck();
    bus.sever();
    store.fail(down);
    for (let n = 0; n < 5; n++) await cache.get(`unknown ${n}`);
    const before = asked();
    expect(await failure(cache.invalidateTags(['t']))).toBeInstanceOf(InvalidationPendingError);
    expect(await failure(cache.clear())).toMatchObject({ cause: { code: 'BREAKER_OPEN' } });
    expect(asked()).toBe(before);
    expect(cache.stats().coherence.pending).toBe(2);
  });

  it('opens the breaker by its own failures, and closes it by its success', async () => {
    const { cache, bus, store, clock } = busOfTier();
    await cache.healthCheck();
    bus.sever();
    for (let n = 0; n < 5; n++) await failure(cache.invalidateTags([`t${n}`]));
    expect(tierStats(cache, 'shared').breaker?.state).toBe('open');
    expect(store.calls('getFenced')).toBe(0);
    bus.restore();
    await clock.advance(PROBE_EVERY);
    expect(tierStats(cache, 'shared').breaker?.state).toBe('closed');
    expect(cache.stats().coherence.pending).toBe(0);
  });

  it('is asked always where the tier has no breaker', async () => {
    const { cache, bus, store, asked } = busOfTier({ breaker: false });
    await cache.healthCheck();
    bus.sever();
    store.fail(down);
    const before = asked();
    for (let n = 0; n < 20; n++) await failure(cache.invalidateTags([`t${n}`]));
    expect(asked()).toBe(before + 20);
  });
});
