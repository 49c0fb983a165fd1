import { describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { BackendError, BreakerOpenError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  counted,
  deferred,
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

const down = new Error('down');

/** Two tiers, of which the remote one has failed five times. */
async function broken() {
  const world = twoTiers({ ttl: '1h' });
  world.remote.fail(down);
  for (let n = 0; n < 5; n++) await world.cache.get(`unknown ${n}`);
  expect(tierStats(world.cache, 'remote').breaker?.state).toBe('open');
  return world;
}

describe('a tier whose breaker is open', () => {
  it('is not asked: reads are answered by the next tier or by the loader', async () => {
    const { cache, clock, middle, bottom } = threeTiers();
    await chain(clock, [[bottom]]).set('key', 'value');
    middle.fail(down);
    for (let n = 0; n < 5; n++) await cache.get(`unknown ${n}`);
    const before = reads(middle);
    expect(await cache.get('key')).toBe('value');
    expect(await cache.getOrCompute('other', () => 'loaded')).toBe('loaded');
    expect(await cache.getMany(['key', 'nothing'])).toEqual(new Map([['key', 'value']]));
    expect(
      await cache.getOrComputeMany(['many'], (keys) => keys.map((key) => [key, 'all'] as const)),
    ).toEqual(new Map([['many', 'all']]));
    expect(reads(middle)).toBe(before);
    expect(cache.peek('key')).toBe('value');
  });

  it('costs no read any time, whoever has to wait meanwhile', async () => {
    const { cache, clock, remote } = twoTiers();
    remote.hang();
    const waiting = Array.from({ length: 5 }, (_, n) =>
      cache.getOrCompute(`first ${n}`, () => 'loaded'),
    );
    await clock.advance(1000);
    expect(await Promise.all(waiting)).toEqual(Array(5).fill('loaded'));
    const loader = counted(() => 'loaded');
    for (let n = 0; n < 100; n++) {
      expect(await cache.getOrCompute(`later ${n}`, loader)).toBe('loaded');
    }
    expect(loader.runs).toBe(100);
    expect(clock.now()).toBe(1000);
    expect(reads(remote)).toBe(5);
    remote.heal();
  });

  it('has changes by hand rejected at once, after all other tiers have done their part', async () => {
    const { cache, remote } = await broken();
    for (const change of [
      () => cache.set('key', 'value'),
      () => cache.setMany([['key', 'value']]),
      () => cache.remove('key'),
      () => cache.removeMany(['key', 'other']),
      () => cache.removePattern('k*'),
      () => cache.clear(),
    ]) {
      const error: unknown = await change().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BreakerOpenError);
      expect(error).toBeInstanceOf(BackendError);
      expect(error).toMatchObject({ code: 'BREAKER_OPEN', backend: 'remote' });
    }
    await cache.set('key', 'value').catch(() => undefined);
    expect(cache.peek('key')).toBe('value');
    await cache.remove('key').catch(() => undefined);
    expect(cache.peek('key')).toBeUndefined();
    expect(remote.calls('setWithTtl') + remote.calls('remove')).toBe(0);
  });

  it('counts refused calls apart from errors, and announces none of them', async () => {
    const { cache } = await broken();
    const events = recordEvents(cache);
    const before = tierStats(cache, 'remote');
    expect(before).toMatchObject({ errors: 5, refused: 0 });
    for (let n = 0; n < 50; n++) await cache.get('key');
    expect(tierStats(cache, 'remote')).toMatchObject({
      errors: 5,
      refused: 50,
      latency: before.latency,
    });
    expect(events.filter(({ type }) => type === 'tierError')).toEqual([]);
  });

  it('serves again when it answers its health check, which nobody waits for', async () => {
    const { cache, clock, remote, neighbour } = await broken();
    const events = recordEvents(cache);
    await clock.advance(10_000);
    expect(tierStats(cache, 'remote').breaker).toEqual({
      state: 'open',
      openFor: 10_000,
      opened: 1,
    });
    expect(reads(remote)).toBe(5);
    remote.heal();
    await clock.advance(250);
    expect(tierStats(cache, 'remote').breaker?.state).toBe('half-open');
    await cache.set('key', 'value');
    expect(await neighbour.get('key')).toBe('value');
    expect(tierStats(cache, 'remote').breaker).toEqual({
      state: 'closed',
      openFor: undefined,
      opened: 1,
    });
    expect(events.filter(({ type }) => type === 'breaker')).toEqual([
      { type: 'breaker', tier: 'remote', state: 'half-open' },
      { type: 'breaker', tier: 'remote', state: 'closed' },
    ]);
  });

  it('whose health check says that all is well, but whose calls fail, has few calls let through', async () => {
    const { cache, clock, remote } = await broken();
    remote.heal();
    remote.fail(down, 'getWithTtl');
    const before = reads(remote);
    for (let n = 0; n < 100; n++) {
      await clock.advance(25);
      await cache.get(`unknown ${n}`);
    }
    // Ten times a quarter of a second, and each time the first call decides.
    expect(reads(remote) - before).toBeLessThanOrEqual(10);
    expect(tierStats(cache, 'remote').breaker).toMatchObject({ opened: 1 });
  });

  it('is down in health, with the reason, although it answers', async () => {
    const { cache, remote, clock } = await broken();
    expect((await cache.healthCheck()).tiers[1]).toMatchObject({
      status: 'down',
      breaker: 'open',
      reason: 'the round trip failed; its breaker is open',
    });
    remote.heal();
    remote.delay(10, 'healthCheck');
    const checking = cache.healthCheck();
    await clock.advance(10);
    expect((await checking).tiers[1]).toMatchObject({ status: 'up', breaker: 'half-open' });
  });

  it('that belongs to another cache on the same store does not matter', async () => {
    const { cache, neighbour, remote, clock } = await broken();
    remote.heal();
    await neighbour.set('key', 'value');
    expect(await cache.get('key')).toBeUndefined();
    await clock.advance(250);
    expect(await cache.get('key')).toBe('value');
  });

  it('takes back what has landed there after its key was removed', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const landing = deferred();
    const late = altered(remote, {
      setWithTtl: async (...args) => {
        await landing.promise;
        return remote.setWithTtl(...args);
      },
    });
    const cache = chain(clock, [[late]]);
    const setting = cache.set('key', 'old');
    await settle();
    await cache.remove('key');
    remote.fail(down, 'getWithTtl');
    for (let n = 0; n < 5; n++) await cache.get(`other ${n}`);
    expect(tierStats(cache, 'remote').breaker?.state).toBe('open');
    landing.resolve();
    await setting;
    remote.heal();
    expect(await chain(clock, [[remote]]).get('key')).toBeUndefined();
  });

  it('leaves no timer behind when the cache is closed', async () => {
    const { cache, clock } = await broken();
    expect(clock.pendingTimers).toBe(1);
    await cache.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the option breaker', () => {
  it('false has the backend asked however often it fails', async () => {
    const { cache, remote } = twoTiers({}, { breaker: false });
    remote.fail(down);
    for (let n = 0; n < 50; n++) await cache.get('key');
    expect(reads(remote)).toBe(50);
    expect(tierStats(cache, 'remote')).toMatchObject({ errors: 50, breaker: undefined });
    expect((await cache.healthCheck()).tiers[1]).toMatchObject({ breaker: undefined });
  });

  it('says how many failures open it, and how often the backend is asked then', async () => {
    const { cache, remote, clock } = twoTiers({}, { breaker: { failures: 2, probeEvery: 10 } });
    remote.fail(down);
    for (let n = 0; n < 50; n++) await cache.get('key');
    expect(reads(remote)).toBe(2);
    await clock.advance(100);
    expect(remote.calls('healthCheck')).toBe(10);
  });

  it('is of no effect for memory, which has no breaker', () => {
    const cache = createTieredCache({ tiers: [memoryTier({ breaker: { failures: 1 } })] });
    expect(tierStats(cache, 'memory').breaker).toBeUndefined();
  });
});

describe('a policy that nobody can mean', () => {
  const whole = /is a whole number of at least 1/;
  const time = /is false, or a whole number of milliseconds from 1 to 2147483647/;
  const bad: readonly (readonly [string, object, RegExp])[] = [
    ...[0, -1, 1.5, NaN, Infinity, '5', null, true, 2 ** 31].flatMap((value) => [
      ['readTimeout', { readTimeout: value }, time] as const,
      ['writeTimeout', { writeTimeout: value }, time] as const,
    ]),
    ...[true, null, 5, 'on'].map(
      (breaker) =>
        ['breaker', { breaker }, /is false, or \{ failures, probeEvery \}; got/] as const,
    ),
    ['breaker.faults', { breaker: { faults: 5 } }, /no such option; there are failures, probeEv/],
    ...[0, -1, 1.5, NaN, '5', null].flatMap((value) => [
      ['breaker.failures', { breaker: { failures: value } }, whole] as const,
      ['breaker.probeEvery', { breaker: { probeEvery: value } }, whole] as const,
    ]),
    ['breaker.probeEvery', { breaker: { probeEvery: 2 ** 31 } }, /is at most 2147483647/],
  ];

  it.each(bad)('is refused by the name of the option: %s of %j', (option, policy, problem) => {
    const clock = new ManualClock();
    const tier = customTier({ useValue: remoteBackend(clock), ...policy });
    let error: unknown;
    try {
      createTieredCache({ clock, tiers: [memoryTier(), tier] });
    } catch (reason) {
      error = reason;
    }
    expect(error).toMatchObject({
      code: 'INVALID_OPTION',
      option: `tiers[1].${option}`,
      message: expect.stringMatching(problem),
    });
  });
});
