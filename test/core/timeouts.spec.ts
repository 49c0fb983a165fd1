import { stat } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { FencedMapBackend } from '../../lib/backends/map/fenced-map.backend.js';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import {
  isBatch,
  isClosable,
  isEntryStore,
  isFenced,
  isTtlAware,
} from '../../lib/contract/capabilities.js';
import { systemClock } from '../../lib/contract/clock.js';
import { BackendTimeoutError } from '../../lib/contract/errors.js';
import { GuardedBackend } from '../../lib/core/tiers/guarded-backend.js';
import { inTime } from '../../lib/core/tiers/in-time.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  deferred,
  guardRejections,
  plain,
  remoteBackend,
  settle,
  tierStats,
  twoTiers,
} from './helpers.js';
import { failureOf } from '../backends/redis/helpers.js';
import { onSomeTry } from '../support/patience.js';

guardRejections();

const LIMITS = {
  readTimeout: 1000,
  writeTimeout: 2000,
  patternTimeout: 60_000,
  limit: undefined,
};

/** A backend behind limits, and what it guards. */
function guarded(inner: (clock: ManualClock) => FaultyBackend) {
  const clock = new ManualClock();
  const backend = inner(clock);
  return {
    clock,
    inner: backend,
    backend: new GuardedBackend(backend, { name: 'tier', clock, breaker: undefined, ...LIMITS }),
  };
}

function fencedRemote(clock: ManualClock): FaultyBackend {
  return new FaultyBackend(new FencedMapBackend({ clock }), clock);
}

const TOKEN = 'a'.repeat(16);
const BYTES = Buffer.from('bytes');

const operations: readonly (readonly [string, number, (backend: GuardedBackend) => unknown])[] = [
  ['get', 1000, (backend) => backend.get('key')],
  ['getWithTtl', 1000, (backend) => backend.getWithTtl?.('key')],
  ['getMany', 1000, (backend) => backend.getMany?.(['key'])],
  ['getFenced', 1000, (backend) => backend.getFenced?.('key')],
  ['getFencedMany', 1000, (backend) => backend.getFencedMany?.(['key'])],
  ['lease', 1000, (backend) => backend.lease?.('key', TOKEN, 100)],
  ['setWithTtl', 2000, (backend) => backend.setWithTtl('key', BYTES, 100)],
  ['setMany', 2000, (backend) => backend.setMany?.([{ key: 'key', value: BYTES, ttl: 100 }])],
  ['remove', 2000, (backend) => backend.remove('key')],
  ['removeMany', 2000, (backend) => backend.removeMany?.(['key'])],
  ['fill', 2000, (backend) => backend.fill?.('key', TOKEN, BYTES, 100)],
  ['renew', 2000, (backend) => backend.renew?.('key', TOKEN, 100)],
  ['release', 2000, (backend) => backend.release?.('key', TOKEN)],
  ['discard', 2000, (backend) => backend.discard?.(['key'])],
  ['removePattern', 60_000, (backend) => backend.removePattern?.('*')],
];

/** Whether what is answered long after its limit, while this process is busy, counts as answered. */
async function isAnsweredWhileBusy(): Promise<boolean> {
  const calling = inTime(() => stat('.'), {
    limit: 10,
    clock: systemClock,
    expired: () => new BackendTimeoutError('tier', 'get', 10),
  });
  const until = performance.now() + 100;
  while (performance.now() < until);
  return (await failureOf(Promise.resolve(calling))) === undefined;
}

describe('a guarded backend', () => {
  it.each(operations)('gives %s up after %d ms, and not before', async (operation, limit, act) => {
    const { backend, clock, inner } = guarded(fencedRemote);
    inner.hang();
    let outcome: unknown;
    const calling = Promise.resolve(act(backend)).catch((error: unknown) => {
      outcome = error;
    });
    await clock.advance(limit - 1);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    await calling;
    expect(outcome).toBeInstanceOf(BackendTimeoutError);
    expect(outcome).toMatchObject({ backend: 'tier', operation, timeout: limit });
    inner.heal();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(operations)('passes on what %s answers, and leaves no timer', async (_, _limit, act) => {
    const { backend, clock } = guarded(fencedRemote);
    await act(backend);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(operations)('passes on that %s fails, and leaves no timer', async (_, _limit, act) => {
    const { backend, clock, inner } = guarded(fencedRemote);
    const error = new Error('down');
    inner.fail(error);
    await expect(Promise.resolve(act(backend))).rejects.toBe(error);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets go of a failure that comes late', async () => {
    const { backend, clock, inner } = guarded(remoteBackend);
    const late = altered(inner, {
      get: async () => {
        await new Promise<void>((resolve) => clock.setTimer(5000, resolve));
        throw new Error('late');
      },
    });
    const reading = Promise.resolve(
      new GuardedBackend(late, { name: 'tier', clock, breaker: undefined, ...LIMITS }).get('key'),
    ).catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await reading).toBeInstanceOf(BackendTimeoutError);
    await clock.advance(5000);
    expect(await backend.get('key')).toBeUndefined();
  });

  it('takes back what lands after it was given up', async () => {
    const { backend, clock, inner } = guarded(remoteBackend);
    inner.delay(3000, 'setWithTtl', 'setMany');
    const items = ['b', 'c'].map((key) => ({ key, value: BYTES, ttl: 60_000 }));
    const storing = [
      Promise.resolve(backend.setWithTtl('a', BYTES, 60_000)),
      Promise.resolve(backend.setMany?.(items)),
    ].map((call) => call.catch((error: unknown) => error));
    await clock.advance(2000);
    expect(await Promise.all(storing)).toEqual([
      expect.objectContaining({ code: 'BACKEND_TIMEOUT' }),
      expect.objectContaining({ code: 'BACKEND_TIMEOUT' }),
    ]);
    inner.fail(new Error('down'), 'remove');
    await clock.advance(1000);
    expect(inner.calls('remove')).toBe(3);
    inner.heal();
    const again = Promise.resolve(backend.setWithTtl('a', BYTES, 60_000));
    await again;
    expect(await inner.get('a')).toEqual(BYTES);
  });

  it('answers nothing that may have landed after it was given up, until that is taken back', async () => {
    const { backend, inner, clock } = guarded(remoteBackend);
    const answer = deferred();
    const late = altered(inner, {
      setWithTtl: async (...args) => {
        await inner.setWithTtl(...args);
        await answer.promise;
      },
    });
    const context = { name: 'tier', clock, breaker: undefined, ...LIMITS };
    const through = new GuardedBackend(late, context);
    const storing = Promise.resolve(through.setWithTtl('a', BYTES, 60_000)).catch(() => 'given up');
    await backend.setWithTtl('b', BYTES, 60_000);
    await clock.advance(2000);
    expect(await storing).toBe('given up');
    expect(await inner.get('a')).toEqual(BYTES);

    expect(await through.get('a')).toBeUndefined();
    expect(await through.getWithTtl?.('a')).toBeUndefined();
    expect(await through.getMany?.(['a', 'b'])).toEqual([
      undefined,
      expect.objectContaining({ value: BYTES }),
    ]);
    answer.resolve();
    await settle();
    expect(await inner.get('a')).toBeUndefined();
    await backend.setWithTtl('a', BYTES, 60_000);
    expect(await through.get('a')).toEqual(BYTES);
  });

  it('takes back what replaces a value after it was given up', async () => {
    const { backend, clock, inner } = guarded(fencedRemote);
    inner.delay(3000, 'replace');
    const replacing = Promise.resolve(backend.replace?.('key', TOKEN, BYTES, 60_000)).catch(
      (error: unknown) => error,
    );
    await clock.advance(2000);
    expect(await replacing).toMatchObject({ code: 'BACKEND_TIMEOUT' });
    await clock.advance(1000);
    expect(inner.calls('remove')).toBe(1);
    expect(await inner.getFenced?.('key')).toBeUndefined();
  });

  it('does not give up what has been answered while this process was busy', async () => {
    await expect(onSomeTry(isAnsweredWhileBusy)).resolves.toBeUndefined();
  });

  it('asks the backend in the turn in which it is asked', () => {
    const { backend, inner } = guarded(fencedRemote);
    void backend.discard?.(['key']);
    void backend.lease?.('key', TOKEN, 100);
    void backend.fill?.('key', TOKEN, BYTES, 100);
    void backend.replace?.('key', TOKEN, BYTES, 100);
    const asked = ['discard', 'lease', 'fill', 'replace'] as const;
    expect(asked.map((name) => inner.calls(name))).toEqual([1, 1, 1, 1]);
  });

  it('answers at once where the backend does', () => {
    const clock = new ManualClock();
    const backend = new GuardedBackend(new MapBackend({ clock }), {
      name: 'tier',
      clock,
      breaker: undefined,
      ...LIMITS,
    });
    backend.setWithTtl('key', BYTES, 100);
    expect(backend.get('key')).toEqual(BYTES);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has the capabilities of the backend, but keeps no entries', () => {
    const clock = new ManualClock();
    const capabilities = (inner: Parameters<typeof plain>[0]): boolean[] => {
      const backend = new GuardedBackend(inner, {
        name: 'tier',
        clock,
        breaker: undefined,
        ...LIMITS,
      });
      return [isTtlAware, isBatch, isFenced, isClosable, isEntryStore].map((has) => has(backend));
    };
    expect(capabilities(plain(remoteBackend(clock)))).toEqual([false, false, false, false, false]);
    expect(capabilities(remoteBackend(clock))).toEqual([true, true, false, true, false]);
    expect(capabilities(fencedRemote(clock))).toEqual([true, true, true, true, false]);
    const few = new GuardedBackend(plain(remoteBackend(clock)), {
      name: 'tier',
      clock,
      breaker: undefined,
      ...LIMITS,
    });
    expect(few.removePattern).toBeUndefined();
  });
});

describe('a tier that hangs', () => {
  it('costs a read one timeout: a second, unless another is given', async () => {
    for (const [policy, limit] of [[{}, 1000] as const, [{ readTimeout: 50 }, 50] as const]) {
      const { cache, clock, remote } = twoTiers({}, policy);
      remote.hang();
      let value: unknown;
      const computing = cache
        .getOrCompute('key', () => 'loaded')
        .then((loaded) => (value = loaded));
      await clock.advance(limit - 1);
      expect(value).toBeUndefined();
      await clock.advance(1);
      await computing;
      expect(value).toBe('loaded');
      expect(tierStats(cache, 'remote')).toMatchObject({ errors: 1, refused: 0, writes: 0 });
      remote.heal();
    }
  });

  it('costs a change by hand one timeout: two seconds, unless another is given', async () => {
    for (const [policy, limit] of [[{}, 2000] as const, [{ writeTimeout: 50 }, 50] as const]) {
      const { cache, clock, remote } = twoTiers({}, policy);
      remote.hang();
      const setting = cache.set('key', 'value').catch((error: unknown) => error);
      await clock.advance(limit);
      expect(await setting).toMatchObject({ code: 'BACKEND_TIMEOUT', timeout: limit });
      expect(cache.peek('key')).toBe('value');
      remote.heal();
    }
  });

  it('is waited for as long as it wants where the limits are off', async () => {
    const { cache, clock, remote } = twoTiers({}, { readTimeout: false, writeTimeout: false });
    remote.delay(3_600_000);
    const computing = cache.getOrCompute('key', () => 'loaded', { ttl: '1d' });
    await clock.advance(3_600_000);
    await clock.advance(3_600_000);
    expect(await computing).toBe('loaded');
    expect(tierStats(cache, 'remote')).toMatchObject({ errors: 0, writes: 1 });
  });

  it('and answers again, does not bring back what was removed in the meantime', async () => {
    const { cache, clock, remote, neighbour } = twoTiers({ ttl: '1h' });
    remote.delay(5000, 'setWithTtl');
    const setting = cache.set('key', 'old').catch((error: unknown) => error);
    await clock.advance(2000);
    expect(await setting).toBeInstanceOf(BackendTimeoutError);
    await cache.remove('key');
    await clock.advance(3000);
    await settle();
    expect(remote.calls('setWithTtl')).toBe(1);
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('is still asked for its health, and closed', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const cache = chain(clock, [[remote]]);
    remote.fail(new Error('down'));
    for (let n = 0; n < 5; n++) await cache.get('key');
    expect(tierStats(cache, 'remote').breaker?.state).toBe('open');
    expect((await cache.healthCheck()).status).toBe('down');
    remote.heal();
    expect((await cache.healthCheck()).status).toBe('up');
  });
});

describe('the backend that the cache hands out', () => {
  it('is the one that was given, without limits and breaker', () => {
    const { cache, remote } = twoTiers();
    expect(cache.backend('remote')).toBe(remote);
  });
});
