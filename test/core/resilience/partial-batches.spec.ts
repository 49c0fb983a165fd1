import { describe, expect, it } from '@jest/globals';
import { twoInstances } from '../coherence/world.js';
import { deferred, guardRejections, memoryOnly, settle } from '../helpers.js';
import { DOWN, error, KEPT, outcomeOf, TTL, value, watch } from './origin.js';

guardRejections();

const REMEMBERED = { ttl: 1000, errorTtl: 60_000 } as const;

describe('a batch of which one key is loaded elsewhere', () => {
  it('remembers no failure of the keys that it has loaded, when that one fails', async () => {
    const { a, b, clock } = await twoInstances();
    const gate = deferred<number>();
    const elsewhere = outcomeOf(b.cache.getOrCompute('y', () => gate.promise));
    await settle();
    const batch = watch(
      a.cache.getOrComputeMany(
        ['x', 'y'],
        async (keys) => {
          if (keys.includes('y')) throw DOWN;
          return keys.map((key) => [key, 1] as const);
        },
        REMEMBERED,
      ),
    );
    await settle();
    gate.reject(DOWN);
    await elsewhere;
    expect(await batch()).toEqual(error(DOWN));
    await clock.advance(1000);
    expect(await outcomeOf(a.cache.getOrCompute('x', () => 2, REMEMBERED))).toEqual(value(2));
    expect(await outcomeOf(a.cache.getOrCompute('y', () => 2, REMEMBERED))).toEqual(error(DOWN));
  });
});

describe('a batch whose answer lacks a key that had a value', () => {
  it('does not take away what was set meanwhile', async () => {
    const { cache, clock } = memoryOnly();
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL);
    const gate = deferred();
    const none = async (): Promise<[string, string][]> => {
      await gate.promise;
      return [];
    };
    const batch = cache.getOrComputeMany(['key'], none, KEPT);
    await settle();
    await cache.set('key', 'new', KEPT);
    gate.resolve();
    await batch;
    expect(await cache.get('key')).toBe('new');
  });
});
