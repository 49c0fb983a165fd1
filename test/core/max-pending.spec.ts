import { describe, expect, it } from '@jest/globals';
import { FencedMapBackend } from '../../lib/backends/map/fenced-map.backend.js';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { LocalLog } from '../../lib/bus/local/local-log.js';
import { InvalidationPendingError, TooManyCallsError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  chain,
  counted,
  guardRejections,
  reads,
  recordEvents,
  remoteBackend,
  settle,
  threeTiers,
  tierStats,
  twoTiers,
} from './helpers.js';

guardRejections();

const MOST = 5;
const STALENESS = 1000;

/** Two tiers, of which the remote one does not answer, and has as many calls under way as it may have. */
async function saturated() {
  const world = twoTiers({ ttl: '1h' }, { maxPending: MOST, breaker: false });
  await world.neighbour.set('stored', 'value');
  world.remote.hang('getWithTtl', 'getMany', 'setWithTtl', 'setMany', 'remove', 'removeMany');
  const waiting = Array.from({ length: MOST }, (_, n) => world.cache.get(`waiting ${n}`));
  await settle();
  return { ...world, waiting };
}

describe('a tier that has as many calls under way as maxPending says', () => {
  it('is not asked: reads are answered by the loader, at once', async () => {
    const { cache, remote, clock } = await saturated();
    const before = reads(remote);
    const loader = counted(() => 'loaded');
    for (let n = 0; n < 100; n++) {
      expect(await cache.getOrCompute(`key ${n}`, loader, { unless: () => true })).toBe('loaded');
    }
    expect(await cache.get('stored')).toBeUndefined();
    expect(await cache.getMany(['stored'])).toEqual(new Map());
    expect(reads(remote)).toBe(before);
    expect(clock.now()).toBe(0);
    remote.heal();
  });

  it('is not asked: reads are answered by the next tier', async () => {
    const { cache, clock, middle, bottom } = threeTiers([{}, { maxPending: 1 }, {}]);
    await chain(clock, [[bottom]]).set('key', 'value');
    middle.hang('getWithTtl');
    const waiting = cache.get('waiting');
    await settle();
    expect(await cache.get('key')).toBe('value');
    expect(reads(middle)).toBe(1);
    middle.heal();
    await waiting;
  });

  it('counts them as refused: they are no errors, and no failures for the breaker', async () => {
    const world = twoTiers({}, { maxPending: MOST, breaker: { failures: 1 } });
    const { cache, remote } = world;
    const events = recordEvents(cache);
    remote.hang('getWithTtl');
    const waiting = Array.from({ length: MOST }, (_, n) => cache.get(`waiting ${n}`));
    await settle();
    const before = tierStats(cache, 'remote').latency;
    for (let n = 0; n < 50; n++) await cache.get(`key ${n}`);
    expect(tierStats(cache, 'remote')).toMatchObject({
      errors: 0,
      refused: 50,
      latency: before,
      breaker: { state: 'closed', opened: 0 },
    });
    expect(events.filter(({ type }) => type === 'tierError' || type === 'breaker')).toEqual([]);
    remote.heal();
    await Promise.all(waiting);
  });

  it('has changes by hand rejected at once, after all other tiers have done their part', async () => {
    const { cache, remote } = await saturated();
    const before = remote.calls('setWithTtl') + remote.calls('remove');
    for (const change of [
      () => cache.set('key', 'value'),
      () => cache.setMany([['key', 'value']]),
      () => cache.remove('key'),
      () => cache.removeMany(['key', 'other']),
      () => cache.removePattern('k*'),
      () => cache.clear(),
    ]) {
      const error: unknown = await change().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TooManyCallsError);
      expect(error).toMatchObject({ backend: 'remote', limit: MOST });
    }
    await cache.set('key', 'value').catch(() => undefined);
    expect(cache.peek('key')).toBe('value');
    await cache.remove('key').catch(() => undefined);
    expect(cache.peek('key')).toBeUndefined();
    expect(remote.calls('setWithTtl') + remote.calls('remove')).toBe(before);
    remote.heal();
  });

  it('serves again as soon as it answers', async () => {
    const { cache, remote, waiting } = await saturated();
    expect(await cache.get('stored')).toBeUndefined();
    remote.heal();
    await Promise.all(waiting);
    expect(await cache.get('stored')).toBe('value');
  });

  it('counts a call until it is answered, though its caller has been told that it took too long', async () => {
    const { cache, remote, clock, waiting } = await saturated();
    await clock.advance(1000);
    expect(await Promise.all(waiting)).toEqual(Array(MOST).fill(undefined));
    const before = tierStats(cache, 'remote').refused;
    await cache.get('stored');
    expect(tierStats(cache, 'remote').refused).toBe(before + 1);
    remote.heal();
    await settle();
    expect(await cache.get('stored')).toBe('value');
  });

  it('is not kept from serving after an outage by calls that are never answered', async () => {
    const { cache, remote, clock, neighbour } = twoTiers({ ttl: '1h' }, { maxPending: MOST });
    await neighbour.set('stored', 'value');
    // What hangs here hangs for good: its connection is lost.
    const lost = new FaultyBackend(new MapBackend({ clock }), clock);
    lost.hang();
    const read = remote.getWithTtl;
    Object.assign(remote, { getWithTtl: (key: string) => lost.get(key) });
    const waiting = Array.from({ length: MOST }, (_, n) => cache.get(`waiting ${n}`));
    await clock.advance(1000);
    await Promise.all(waiting);
    expect(tierStats(cache, 'remote').breaker?.state).toBe('open');
    Object.assign(remote, { getWithTtl: read });
    await clock.advance(250);
    expect(tierStats(cache, 'remote').breaker?.state).toBe('half-open');
    expect(await cache.get('stored')).toBe('value');
    expect(tierStats(cache, 'remote').breaker?.state).toBe('closed');
  });
});

/** A cache that shares a store and a log with others, on one connection. */
function sharing(maxPending: number) {
  const clock = new ManualClock();
  const map = new FencedMapBackend({ clock });
  const log = new LocalLog(clock);
  const create = (origin: string, policy: { readonly maxPending?: number }) => {
    const store = new FaultyBackend(map, clock);
    const bus = log.endpoint(origin);
    const tier = { ...customTier({ useValue: store, name: 'shared', ...policy }), bus: () => bus };
    const cache = createTieredCache({
      clock,
      tiers: [memoryTier(), tier],
      coherence: { staleness: STALENESS },
    });
    return { cache, store, bus };
  };
  return { a: create('a', { maxPending }), b: create('b', {}), clock };
}

describe('a removal that comes when too many calls are under way', () => {
  it('is pending, and carried out everywhere when there is room', async () => {
    const { a, b, clock } = sharing(MOST);
    await b.cache.set('key', 'old', { ttl: '1h' });
    expect(await a.cache.get('key')).toBe('old');
    a.store.hang('getFenced');
    const waiting = Array.from({ length: MOST }, (_, n) => a.cache.get(`waiting ${n}`));
    await settle();
    for (const change of [
      () => a.cache.remove('key'),
      () => a.cache.invalidateTags(['tag']),
      () => a.cache.clear(),
    ]) {
      const error: unknown = await change().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InvalidationPendingError);
      expect(error).toMatchObject({ cause: { code: 'TOO_MANY_CALLS' } });
    }
    expect(a.cache.stats().coherence.pending).toBe(3);
    expect(a.store.calls('discard')).toBe(0);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(tierStats(a.cache, 'shared')).toMatchObject({ errors: 0 });
    a.store.heal();
    await Promise.all(waiting);
    // Nothing that is pending comes back, though the store answers.
    expect(await a.cache.get('key')).toBeUndefined();
    await clock.advance(STALENESS);
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(await b.cache.get('key')).toBeUndefined();
  });
});

describe('the option maxPending', () => {
  it('is 10,000 where it is not given', async () => {
    const { cache, remote } = twoTiers({}, { breaker: false });
    remote.hang('getWithTtl');
    const waiting = Array.from({ length: 10_001 }, (_, n) => cache.get(`key ${n}`));
    await settle();
    expect(reads(remote)).toBe(10_000);
    expect(tierStats(cache, 'remote').refused).toBe(1);
    remote.heal();
    await Promise.all(waiting);
  });

  it('false has any number of calls under way', async () => {
    const { cache, remote } = twoTiers({}, { maxPending: false });
    remote.hang('getWithTtl');
    const waiting = Array.from({ length: 10_001 }, (_, n) => cache.get(`key ${n}`));
    await settle();
    expect(reads(remote)).toBe(10_001);
    remote.heal();
    await Promise.all(waiting);
  });

  it.each([0, -1, 1.5, NaN, Infinity, '5', null, true])('refuses %j by its name', (maxPending) => {
    const clock = new ManualClock();
    const policy: object = { maxPending };
    const tier = customTier({ useValue: remoteBackend(clock), ...policy });
    let error: unknown;
    try {
      createTieredCache({ clock, tiers: [memoryTier(), tier] });
    } catch (reason) {
      error = reason;
    }
    expect(error).toMatchObject({
      code: 'INVALID_OPTION',
      option: 'tiers[1].maxPending',
      message: expect.stringMatching(/is false, or a whole number of at least 1; got/),
    });
  });

  it('is of no effect for memory, and is taken by every kind of tier', () => {
    const cache = createTieredCache({ tiers: [memoryTier({ maxPending: 1 })] });
    expect(tierStats(cache, 'memory').refused).toBe(0);
  });
});
