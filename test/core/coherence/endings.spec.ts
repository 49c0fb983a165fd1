import { describe, expect, it } from '@jest/globals';
import { BackendError, InvalidationPendingError } from '../../../lib/contract/errors.js';
import { LocalVoids } from '../../../lib/core/coherence/local-voids.js';
import { altered, guardRejections, settle } from '../helpers.js';
import { STALENESS, twoInstances, World } from './world.js';

guardRejections();

describe('That the log does not answer', () => {
  it('is not held against it later, when it does', async () => {
    const world = new World();
    const { clock } = world;
    let isSilent = false;
    const a = world.instance('a', {
      wrapBus: (bus) =>
        new Proxy(bus, {
          get(target, property) {
            if (property === 'check' && isSilent) {
              return () => Promise.reject(new BackendError('log', 'check', 'silent'));
            }
            const value: unknown = Reflect.get(target, property, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
    });
    const b = world.instance('b');
    await a.cache.set('key', 'old');
    a.bus.hold();
    isSilent = true;
    await clock.advance(STALENESS * 0.6);
    // Its proof is old, so it asks, in vain.
    expect(await a.cache.get('key')).toBe('old');
    await settle();
    isSilent = false;
    a.bus.release();
    await clock.advance(5 * STALENESS);
    expect(await a.cache.get('key')).toBe('old');
    // Now it is deaf, and the log answers whoever asks.
    a.bus.hold();
    await b.cache.set('key', 'new');
    await clock.advance(20 * STALENESS);
    expect(await a.cache.get('key')).toBe('new');
  });
});

describe('A pending invalidation', () => {
  it('that the store refuses for its key does not keep the others waiting', async () => {
    const world = new World();
    const { clock } = world;
    let isDown = true;
    const a = world.instance('a', {
      answering: (store) =>
        altered(store, {
          discard: async (keys, holdFor) => {
            const concernsKey = keys.some((key) => key.endsWith('refused'));
            if (isDown) throw new BackendError('store', 'discard', 'down');
            if (concernsKey) throw new BackendError('store', 'discard', 'no', { concernsKey });
            await store.discard?.(keys, holdFor);
          },
        }),
    });
    const b = world.instance('b');
    await b.cache.set('key', 'old');
    for (const key of ['refused', 'key']) {
      await expect(a.cache.remove(key)).rejects.toThrow(InvalidationPendingError);
    }
    isDown = false;
    await clock.advance(10 * STALENESS);
    expect(b.cache.peek('key')).toBeUndefined();
    expect(a.cache.stats().coherence.pending).toBe(1);
  });

  it('of one tag too many voids everything here, so that they need no room', () => {
    const voids = new LocalVoids();
    const tags = Array.from({ length: 10_001 }, (_, n) => `tag ${n}`);
    voids.add({ tags }, 100);
    expect(voids.has(['another'], 100)).toBe(true);
    expect(voids.has(['tag 1'], 101)).toBe(false);
  });
});

describe('A cache that is closed', () => {
  it('leaves its leases when it has waited for its loaders long enough', async () => {
    const { a, b, clock } = await twoInstances();
    void a.cache.getOrCompute('key', () => new Promise(() => undefined));
    await settle();
    const closing = a.cache.close();
    await clock.advance(5000);
    await closing;
    expect(await b.cache.getOrCompute('key', () => 'loaded')).toBe('loaded');
    await b.cache.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
