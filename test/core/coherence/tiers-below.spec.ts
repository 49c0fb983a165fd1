import { describe, expect, it } from '@jest/globals';
import { FencedMapBackend } from '../../../lib/backends/map/fenced-map.backend.js';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { guardRejections, mustNotLoad, settle, tierStats } from '../helpers.js';
import { LateAnswers, World, type Instance } from './world.js';

guardRejections();

describe('A third tier below the one with fences', () => {
  it('has its values promoted under a lease', async () => {
    const { a, b, third, shared } = await threeTiers();
    await a.cache.set('key', 'value');
    shared.clear();
    expect(await b.cache.get('key')).toBe('value');
    await settle();
    expect(shared.getFenced('default::key')).toBeDefined();
    expect(b.cache.peek('key')).toBe('value');
    expect(third.calls('getWithTtl')).toBe(2);
    expect(tierStats(b.cache, 'shared').promotions).toBe(1);
  });

  it('brings nothing up that was removed while it was promoted', async () => {
    const { a, b, c, third, shared, late } = await threeTiers();
    await a.cache.set('key', 'old');
    shared.clear();
    late.hold('lease');
    const reading = c.cache.get('key');
    await settle();
    await b.cache.remove('key');
    late.release('lease');
    await reading;
    expect(third.calls('getWithTtl')).toBeGreaterThan(0);
    expect(shared.getFenced('default::key')).toBeUndefined();
    for (const { cache } of [a, b, c]) expect(await cache.get('key')).toBeUndefined();
  });

  it('brings nothing up that was removed between its second reading and the fill', async () => {
    const { a, b, c, third, shared } = await threeTiers();
    await a.cache.set('key', 'old');
    shared.clear();
    c.store.hang('fill');
    const reading = c.cache.get('key');
    await settle();
    expect(third.calls('getWithTtl')).toBe(2);
    await b.cache.remove('key');
    c.store.heal();
    await reading;
    expect(shared.getFenced('default::key')).toBeUndefined();
    expect(c.cache.peek('key')).toBeUndefined();
  });

  it('leaves the lease when there is nothing left to be promoted', async () => {
    const { a, b, c, third, shared, late, clock } = await threeTiers();
    await a.cache.set('key', 'old');
    shared.clear();
    late.hold('lease');
    const reading = c.cache.get('key');
    await settle();
    await third.remove('default::key');
    late.release('lease');
    await reading;
    expect(await b.cache.getOrCompute('key', () => 'new')).toBe('new');
    expect(clock.now()).toBe(0);
  });

  it('is judged like all else: what is void there is not answered', async () => {
    const { a, b, shared } = await threeTiers();
    await a.cache.set('key', 'old', { tags: ['t'] });
    await a.cache.invalidateTags(['t']);
    shared.clear();
    expect(await b.cache.get('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
    await a.cache.clear();
    expect(await b.cache.get('key')).toBeUndefined();
  });

  it('has what was loaded, and what was set', async () => {
    const { a, b, shared } = await threeTiers();
    await a.cache.getOrCompute('loaded', () => 1);
    await a.cache.set('given', 2);
    shared.clear();
    expect(Object.fromEntries(await b.cache.getMany(['loaded', 'given']))).toEqual({
      loaded: 1,
      given: 2,
    });
  });

  it('does not answer an old value while a new one is being set', async () => {
    const { a, b, shared } = await threeTiers();
    await a.cache.set('key', 'old');
    a.store.hang('replace');
    const setting = a.cache.set('key', 'new');
    await settle();
    shared.discard(['default::key']);
    const answer = await b.cache.get('key');
    a.store.heal();
    await setting;
    await settle();
    expect(answer).not.toBe('old');
    for (const { cache } of [a, b]) expect(await cache.get('key')).toBe('new');
  });
});

describe('A second tier with fences', () => {
  it('is written plainly: the nearest one decides who may load', async () => {
    const world = new World();
    const second = new FencedMapBackend({ clock: world.clock, name: 'second' });
    const watched = new FaultyBackend(second, world.clock);
    const below = [customTier({ useValue: watched, name: 'second' })];
    const a = world.instance('a', { below });
    const b = world.instance('b', { below });
    await a.cache.getOrCompute('key', () => 'value');
    expect(watched.calls('lease') + watched.calls('fill')).toBe(0);
    expect(second.get('default::key')).toBeDefined();
    world.shared.clear();
    expect(await b.cache.getOrCompute('key', mustNotLoad)).toBe('value');
    await b.cache.remove('key');
    expect(second.get('default::key')).toBeUndefined();
    expect(watched.calls('discard')).toBe(0);
  });
});

/** Three instances over memory, the shared tier, and one more below that all share. */
async function threeTiers() {
  const world = new World();
  const third = new FaultyBackend(
    new MapBackend({ clock: world.clock, name: 'third' }),
    world.clock,
  );
  const below = [customTier({ useValue: third, name: 'third' })];
  const late = new LateAnswers();
  const a: Instance = world.instance('a', { below });
  const b: Instance = world.instance('b', { below });
  const c: Instance = world.instance('c', { below, answering: late.through });
  for (const { cache } of [a, b, c]) await cache.healthCheck();
  return { clock: world.clock, shared: world.shared, third, late, a, b, c };
}
