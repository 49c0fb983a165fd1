import { describe, expect, it } from '@jest/globals';
import type { LocalBus } from '../../../lib/bus/local/local-bus.js';
import { BackendError, InvalidationPendingError } from '../../../lib/contract/errors.js';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
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

describe('A question to the keeper that fails when it has proved something since', () => {
  it('is not taken for silence: memory does not go on alone', async () => {
    const world = new World();
    const failing: ((error: Error) => void)[] = [];
    const wrapBus = (bus: LocalBus): InvalidationBus =>
      Object.assign(bus, {
        check: () => new Promise<never>((_resolve, reject) => failing.push(reject)),
      });
    const a = world.instance('a', { wrapBus });
    const [b] = await world.join('b');
    await a.cache.set('key', 'old');
    a.bus.hold();
    await world.clock.advance(STALENESS / 2 + 1);
    expect(a.cache.peek('key')).toBe('old');
    expect(failing).toHaveLength(1);
    await world.clock.advance(1);
    a.bus.release();
    a.bus.hold();
    await world.clock.advance(1);
    failing[0]?.(new Error('no answer in time'));
    await settle();
    await b?.cache.remove('key');
    await world.clock.advance(STALENESS + 1);

    expect(a.cache.peek('key')).toBeUndefined();
  });
});
