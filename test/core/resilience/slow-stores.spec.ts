import { describe, expect, it } from '@jest/globals';
import { twoInstances, World } from '../coherence/world.js';
import { guardRejections, settle } from '../helpers.js';
import { KEPT, Origin, outcomeOf, TTL, value, watch } from './origin.js';

guardRejections();

const both = async (keys: readonly string[]) => keys.map((key) => [key, 1] as const);

describe('a store that is slow to take what was loaded in time', () => {
  it('has the value answered when the hardTimeout is over, and is no timeout of the load', async () => {
    const { a, clock } = await twoInstances();
    a.store.hang('fill');
    let signal: AbortSignal | undefined;
    const loading = watch(
      a.cache.getOrCompute(
        'key',
        (context) => {
          signal = context.signal;
          return 1;
        },
        { hardTimeout: 400, errorTtl: 60_000 },
      ),
    );
    await settle();
    await clock.advance(400);
    expect(await loading()).toEqual(value(1));
    expect(signal?.aborted).toBe(false);
    expect(a.cache.stats()).toMatchObject({ loadTimeouts: 0, loads: 1 });
    a.store.heal();
    await settle();
    expect(a.cache.peek('key')).toBe(1);
  });

  it('has the value answered when the softTimeout is over, though there is a stale one', async () => {
    const { a, clock } = await twoInstances();
    const origin = new Origin();
    await a.cache.getOrCompute('key', origin.load, KEPT);
    await clock.advance(TTL);
    origin.version = 2;
    a.store.hang('fill');
    const loading = watch(a.cache.getOrCompute('key', origin.load, { ...KEPT, softTimeout: 100 }));
    await settle();
    await clock.advance(100);
    expect(await loading()).toEqual(value(2));
    expect(a.cache.stats()).toMatchObject({ staleServed: 0 });
    a.store.heal();
    await settle();
  });

  it('has the values of a batch answered when the hardTimeout is over', async () => {
    const { a, clock } = await twoInstances();
    a.store.hang('fill');
    const loading = watch(a.cache.getOrComputeMany(['x', 'y'], both, { hardTimeout: 400 }));
    await settle();
    await clock.advance(400);
    expect(await loading()).toEqual(
      value(
        new Map([
          ['x', 1],
          ['y', 1],
        ]),
      ),
    );
    expect(a.cache.stats()).toMatchObject({ loadTimeouts: 0 });
    a.store.heal();
    await settle();
  });

  it('does not keep the caller of a batch waiting where it is written in the background', async () => {
    const world = new World();
    const { cache, store } = world.instance('a', { policy: { writeMode: 'background' } });
    await cache.healthCheck();
    store.hang('fill');
    const loading = watch(cache.getOrComputeMany(['x', 'y'], both));
    expect(await loading()).toHaveProperty('state', 'value');
    store.heal();
    await settle();
    expect([cache.peek('x'), cache.peek('y')]).toEqual([1, 1]);
  });

  it('is no timeout where it is written in the background', async () => {
    const world = new World();
    const { cache, store } = world.instance('a', { policy: { writeMode: 'background' } });
    await cache.healthCheck();
    store.hang('fill');
    expect(await outcomeOf(cache.getOrCompute('key', () => 1, { hardTimeout: 400 }))).toEqual(
      value(1),
    );
    await world.clock.advance(400);
    expect(cache.stats()).toMatchObject({ loadTimeouts: 0 });
    store.heal();
    await settle();
  });
});
