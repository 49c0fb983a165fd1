import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { MemoryBackend } from '../../lib/backends/memory/memory.backend.js';
import { BackendError, BackendTimeoutError } from '../../lib/contract/errors.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  counted,
  guardRejections,
  plain,
  reads,
  recordEvents,
  remoteBackend,
  settle,
  tierStats,
  twoTiers,
  writes,
  threeTiers,
} from './helpers.js';

guardRejections();

const down = new Error('connect ECONNREFUSED redis://user:secret@host');

/** A cache whose memory has been closed under its feet. */
function withClosedMemory() {
  const clock = new ManualClock();
  const memory = new MemoryBackend({ clock });
  const remote = remoteBackend(clock);
  const cache = chain(clock, [[memory], [remote]]);
  memory.close();
  return { cache, remote };
}

describe('a read', () => {
  it('is answered by the next tier when one fails, which is counted once', async () => {
    const { cache, clock, middle, bottom } = threeTiers();
    await chain(clock, [[bottom]]).set('key', 'value');
    middle.fail(down);
    expect(await cache.get('key')).toBe('value');
    expect(cache.stats().tiers.map(({ errors }) => errors)).toEqual([0, 1, 0]);
    expect(cache.peek('key')).toBe('value');
  });

  it('does not promote into a tier that has just failed', async () => {
    const { cache, clock, middle, bottom } = threeTiers();
    await chain(clock, [[bottom]]).set('key', 'value');
    middle.fail(down, 'getWithTtl');
    await cache.get('key');
    expect(writes(middle)).toBe(0);
    expect(tierStats(cache, 'middle').promotions).toBe(0);
  });

  it('is answered by the loader, or with undefined, when all fail', async () => {
    const { cache, middle, bottom } = threeTiers();
    middle.fail(down);
    bottom.fail(down);
    expect(await cache.get('key')).toBeUndefined();
    expect((await cache.getMany(['key', 'b'])).size).toBe(0);
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(await cache.getOrComputeMany(['b'], async () => [['b', 2]])).toEqual(
      new Map([['b', 2]]),
    );
    expect(cache.stats()).toMatchObject({ loads: 2, loadErrors: 0 });
    expect(cache.peek('key')).toBe('value');
  });

  it('is not held up twice by a tier that fails slowly: what failed the read is not written', async () => {
    const { cache, middle, bottom } = threeTiers();
    middle.fail(down, 'getWithTtl', 'getMany');
    await cache.getOrCompute('key', () => 'value');
    await cache.getOrComputeMany(['a', 'b'], async () => [['a', 1]], { negativeTtl: 1000 });
    expect(writes(middle)).toBe(0);
    expect(writes(bottom)).toBe(2);
    expect(tierStats(cache, 'middle').errors).toBe(2);
    middle.heal();
    expect(await cache.getOrCompute('other', () => 'value')).toBe('value');
    expect(writes(middle)).toBe(1);
  });

  it('of many keys is answered by the next tier, and the failure counts once', async () => {
    const { cache, clock, middle, bottom } = threeTiers();
    await chain(clock, [[bottom]]).setMany([
      ['a', 1],
      ['b', 2],
    ]);
    middle.fail(down);
    expect((await cache.getMany(['a', 'b'])).size).toBe(2);
    expect(tierStats(cache, 'middle').errors).toBe(1);
  });

  it('of many keys is answered where a backend without batches fails for some of them', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    await chain(clock, [[remote]]).setMany([
      ['a', 1],
      ['b', 2],
    ]);
    const failing = plain(
      altered(remote, {
        get: (key) => (key.endsWith('a') ? Promise.reject(down) : remote.get(key)),
      }),
    );
    const cache = chain(clock, [[failing]]);
    expect((await cache.getMany(['a', 'b', 'c'])).size).toBe(0);
    expect(tierStats(cache, 'remote').errors).toBe(1);
  });

  it('of a backend that throws at once is no different', async () => {
    const { remote, clock } = twoTiers();
    const throwing = altered(remote, {
      getWithTtl: () => {
        throw down;
      },
    });
    const cache = chain(clock, [[new MapBackend({ clock })], [throwing]]);
    expect(await cache.get('key')).toBeUndefined();
    expect(tierStats(cache, 'remote').errors).toBe(1);
  });
});

describe('a store in this process that fails, such as one that its owner has closed', () => {
  it('fails no read, and no caller at once', async () => {
    const { cache } = withClosedMemory();
    const computing = cache.getOrCompute('key', () => 'value');
    expect(await computing).toBe('value');
    expect(await cache.get('key')).toBe('value');
    expect((await cache.getMany(['key'])).size).toBe(1);
    expect(cache.peek('key')).toBeUndefined();
    expect(tierStats(cache, 'memory').errors).toBeGreaterThan(0);
  });

  it('fails a removal after the other tiers have carried it out', async () => {
    const { cache, remote } = withClosedMemory();
    await cache.getOrCompute('key', () => 'value');
    await expect(cache.remove('key')).rejects.toMatchObject({ code: 'BACKEND', backend: 'memory' });
    expect(await remote.get('default::key')).toBeUndefined();
  });
});

describe('a fill after a load', () => {
  it('never fails the caller: the value is answered, and kept where it can be', async () => {
    const { cache, middle, bottom } = threeTiers();
    middle.fail(down, 'setWithTtl', 'setMany');
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    const many = await cache.getOrComputeMany(['a', 'b'], async () => [
      ['a', 1],
      ['b', 2],
    ]);
    expect(many.size).toBe(2);
    expect(cache.peek('key')).toBe('value');
    expect(await bottom.get('default::key')).toBeDefined();
    expect(cache.stats().tiers.map(({ errors }) => errors)).toEqual([0, 2, 0]);
  });
});

describe('a write by hand', () => {
  it('rejects with the name of the tier that failed, after the others have been written', async () => {
    const { cache, middle, bottom } = threeTiers();
    middle.fail(down, 'setWithTtl', 'setMany');
    const failure: unknown = await cache.set('key', 'value').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BackendError);
    expect(failure).toMatchObject({
      code: 'BACKEND',
      backend: 'middle',
      operation: 'write',
      cause: down,
    });
    expect(cache.peek('key')).toBe('value');
    expect(await bottom.get('default::key')).toBeDefined();
    await expect(
      cache.setMany([
        ['a', 1],
        ['b', 2],
      ]),
    ).rejects.toBeInstanceOf(BackendError);
    expect(cache.peek('b')).toBe(2);
    expect(tierStats(cache, 'middle').errors).toBe(2);
  });

  it('does not repeat what a foreign error says, which may be secret', async () => {
    const { cache, bottom } = threeTiers();
    bottom.fail(down);
    await expect(cache.set('key', 1)).rejects.toThrow(
      'Cache backend "bottom" failed in write: Error',
    );
  });

  it("passes a backend's own typed error on", async () => {
    const { cache, remote } = twoTiers();
    remote.fail(new BackendTimeoutError('remote', 'setWithTtl', 500), 'setWithTtl');
    await expect(cache.set('key', 1)).rejects.toMatchObject({
      code: 'BACKEND_TIMEOUT',
      timeout: 500,
    });
  });

  it('rejects whatever was thrown, an error or not', async () => {
    const { cache, remote } = twoTiers();
    for (const thrown of [undefined, null, 'text', 5, {}]) {
      remote.fail(thrown, 'setWithTtl');
      await expect(cache.set('key', 1)).rejects.toMatchObject({ code: 'BACKEND', cause: thrown });
    }
  });

  it('lets one of several tiers that fail stand for all, and each is counted', async () => {
    const { cache, middle, bottom } = threeTiers();
    middle.fail(down);
    bottom.fail(down);
    await expect(cache.set('key', 1)).rejects.toBeInstanceOf(BackendError);
    expect(cache.stats().tiers.map(({ errors }) => errors)).toEqual([0, 1, 1]);
  });
});

describe('a tier that comes back', () => {
  it('is read and written again at once', async () => {
    const { cache, remote, clock } = twoTiers();
    const loader = counted(() => 'value');
    remote.fail(down);
    await cache.getOrCompute('key', loader, { ttl: 100 });
    remote.heal();
    await clock.advance(100);
    await cache.getOrCompute('key', loader, { ttl: 100 });
    expect(await remote.get('default::key')).toBeDefined();
    expect(loader.runs).toBe(2);
  });

  it('is announced each time it fails, without the key or the value', async () => {
    const { cache, remote } = twoTiers();
    const events = recordEvents(cache);
    remote.fail(down, 'getWithTtl');
    await cache.get('secret key');
    expect(events).toEqual([
      { type: 'tierError', tier: 'remote', error: expect.any(BackendError) },
      { type: 'miss', namespace: '', key: 'secret key' },
    ]);
    expect(String(events[0]?.type === 'tierError' && events[0].error.message)).not.toContain(
      'secret',
    );
  });
});

describe('a slow tier', () => {
  it('is one wait for reads of many keys, not one for each', async () => {
    const { cache, remote, clock } = twoTiers();
    remote.delay(50);
    const getting = cache.getMany(Array.from({ length: 20 }, (_, n) => `key ${n}`));
    await settle();
    await clock.advance(50);
    expect((await getting).size).toBe(0);
    expect(reads(remote)).toBe(1);
    expect(tierStats(cache, 'remote').latency).toEqual([{ below: 100, count: 1 }]);
  });
});
