import { describe, expect, it } from '@jest/globals';
import { BackendError } from '../../lib/contract/errors.js';
import {
  checkHealth,
  reasonOf,
  type CoherenceHealth,
  type TierHealth,
} from '../../lib/core/watching/cache-health.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { altered, chain, guardRejections, remoteBackend, settle, twoTiers } from './helpers.js';

guardRejections();

describe('healthCheck', () => {
  it('is up when every tier answers, with how long that took', async () => {
    const { cache, remote, clock } = twoTiers();
    remote.delay(30, 'healthCheck');
    const checking = cache.healthCheck();
    await clock.advance(30);
    expect(await checking).toEqual({
      status: 'up',
      tiers: [
        { name: 'memory', status: 'up', latency: 0, reason: undefined, breaker: undefined },
        { name: 'remote', status: 'up', latency: 30, reason: undefined, breaker: 'closed' },
      ],
      coherence: { shared: false, verified: true, unverifiedFor: undefined, pending: 0 },
    });
  });

  it('is degraded when some tiers are down, and down when all are', async () => {
    const clock = new ManualClock();
    const one = remoteBackend(clock, 'one');
    const two = remoteBackend(clock, 'two');
    const cache = chain(clock, [[one], [two]]);
    one.fail(new Error('down'));
    const some = await cache.healthCheck();
    expect(some.status).toBe('degraded');
    expect(some.tiers.map(({ status }) => status)).toEqual(['down', 'up']);
    expect(some.tiers[0]?.reason).toBe('the round trip failed');
    expect(some.reason).toBe('one is down');
    two.fail(new Error('down'));
    expect(await cache.healthCheck()).toMatchObject({
      status: 'down',
      reason: 'every tier is down',
    });
    one.heal();
    two.heal();
    expect((await cache.healthCheck()).status).toBe('up');
  });

  it('holds a backend that hangs to be down after a second', async () => {
    const { cache, remote, clock } = twoTiers();
    remote.hang('healthCheck');
    let answered = false;
    const checking = cache.healthCheck().finally(() => {
      answered = true;
    });
    await clock.advance(999);
    await settle();
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await checking).toEqual({
      status: 'degraded',
      reason: 'remote is down',
      tiers: [
        expect.objectContaining({ name: 'memory', status: 'up' }),
        {
          name: 'remote',
          status: 'down',
          latency: 1000,
          reason: 'no answer within 1000 ms',
          breaker: 'closed',
        },
      ],
      coherence: { shared: false, verified: true, unverifiedFor: undefined, pending: 0 },
    });
    remote.heal();
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('secret');
      },
      'healthCheck threw',
    ],
    ['rejects', () => Promise.reject(new Error('secret')), 'healthCheck threw'],
    [
      "rejects with the library's own error",
      () => Promise.reject(new BackendError('remote', 'healthCheck', 'refused')),
      'Cache backend "remote" failed in healthCheck: refused',
    ],
  ])('holds a backend that %s to be down, and does not reject', async (_, healthCheck, reason) => {
    const { remote, clock } = twoTiers();
    const cache = chain(clock, [[altered(remote, { healthCheck })]]);
    expect(await cache.healthCheck()).toMatchObject({
      status: 'down',
      tiers: [{ status: 'down', reason }],
    });
  });

  it('asks all tiers at the same time, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const remotes = ['one', 'two', 'three'].map((name) => remoteBackend(clock, name));
    for (const remote of remotes) remote.delay(100, 'healthCheck');
    const checking = chain(
      clock,
      remotes.map((remote) => [remote] as const),
    ).healthCheck();
    await clock.advance(100);
    expect((await checking).tiers.map(({ latency }) => latency)).toEqual([100, 100, 100]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('says that a closed cache is down, and why, whatever its backends would answer', async () => {
    const { cache, remote } = twoTiers();
    expect((await cache.healthCheck()).status).toBe('up');
    await cache.close();
    const asked = remote.calls('healthCheck');
    expect(await cache.healthCheck()).toMatchObject({
      status: 'down',
      reason: 'the cache is closed',
      tiers: [
        { name: 'memory', status: 'down', reason: 'the cache is closed' },
        { name: 'remote', status: 'down', reason: 'the cache is closed' },
      ],
    });
    expect(remote.calls('healthCheck')).toBe(asked);
  });
});

/** How an instance is whose agreement with others is so. */
async function told(unverifiedFor: number | undefined, pending: number) {
  const given = { shared: true, verified: unverifiedFor === undefined, unverifiedFor, pending };
  return checkHealth([], new ManualClock(), () => given, undefined);
}

describe('the reason of a state', () => {
  const up: TierHealth = {
    name: 'memory',
    status: 'up',
    latency: 0,
    reason: undefined,
    breaker: undefined,
  };
  const agreement: CoherenceHealth = {
    shared: true,
    verified: true,
    unverifiedFor: undefined,
    pending: 0,
    reason: undefined,
  };

  it.each<[string, TierHealth[], Partial<CoherenceHealth>, string[], string | undefined]>([
    ['nothing, where all is well', [up], {}, ['memory'], undefined],
    [
      'each tier that is down',
      [up, { ...up, name: 'a', status: 'down' }, { ...up, name: 'b', status: 'down' }],
      {},
      [],
      'a is down; b is down',
    ],
    [
      'which of them is required',
      [up, { ...up, name: 'a', status: 'down' }, { ...up, name: 'b', status: 'down' }],
      {},
      ['memory', 'b'],
      'a is down; b is required and down',
    ],
    ['all tiers at once', [{ ...up, status: 'down' }], {}, ['memory'], 'every tier is down'],
    [
      'what is wrong with the agreement',
      [up, { ...up, name: 'redis', status: 'down' }],
      { reason: '2 wait' },
      [],
      'redis is down; 2 wait',
    ],
  ])('names %s', (_, tiers, coherence, required, reason) => {
    expect(reasonOf(tiers, { ...agreement, ...coherence }, required)).toBe(reason);
  });

  it('is in words for the agreement too: how long without a proof, and what is pending', async () => {
    expect((await told(undefined, 0)).coherence.reason).toBeUndefined();
    expect((await told(300, 0)).coherence.reason).toBe(
      'for 300 ms nothing has proved that no invalidation was missed',
    );
    expect((await told(300, 2)).coherence.reason).toBe(
      'for 300 ms nothing has proved that no invalidation was missed; 2 of its own invalidations wait for the store to answer again',
    );
  });
});
