import { describe, expect, it } from '@jest/globals';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { guardRejections, settle } from '../helpers.js';
import { failure, LateAnswers, Source, World } from './world.js';

guardRejections();

const INVALIDATIONS: (readonly [string, (cache: TieredCache) => Promise<void>])[] = [
  ['remove', (cache) => cache.remove('key')],
  ['removePattern', (cache) => cache.removePattern('k*')],
  ['invalidateTags', (cache) => cache.invalidateTags(['t'])],
  ['clear', (cache) => cache.clear()],
];

describe.each(INVALIDATIONS)('While %s is pending', (_what, invalidate) => {
  it('a read is not given what was there, though its answer comes when that has been carried out', async () => {
    const { a, late, giveUp, carryOut } = await pending();
    await a.cache.set('key', 'old', { tags: ['t'] });
    await giveUp(invalidate);
    late.hold('getFenced');
    const reading = a.cache.get('key');
    await settle();
    await carryOut();
    late.release('getFenced');

    expect(await reading).toBeUndefined();
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('nor is a read of many', async () => {
    const { a, late, giveUp, carryOut } = await pending();
    await a.cache.set('key', 'old', { tags: ['t'] });
    await giveUp(invalidate);
    late.hold('getFencedMany');
    const reading = a.cache.getMany(['key', 'other']);
    await settle();
    await carryOut();
    late.release('getFencedMany');

    expect(await reading).toEqual(new Map());
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('nor is one who asks to load it given what another has filled that began before', async () => {
    const { a, b, late, giveUp, carryOut } = await pending();
    const source = new Source();
    source.hold();
    const loading = b.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    source.version = 2;
    await giveUp(invalidate);
    source.release();
    expect(await loading).toBe(1);
    late.hold('lease');
    const reading = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    await carryOut();
    late.release('lease');

    expect(await reading).toBe(2);
    expect(a.cache.peek('key')).not.toBe(1);
  });
});

/** Two instances, of which `a` loses the store and the log, and has both again. */
async function pending() {
  const world = new World();
  const late = new LateAnswers();
  const a = world.instance('a', { answering: late.through });
  const b = world.instance('b');
  for (const { cache } of [a, b]) await cache.healthCheck();
  const giveUp = async (invalidate: (cache: TieredCache) => Promise<void>): Promise<void> => {
    a.bus.sever();
    a.store.fail(new Error('down'), 'discard', 'removePattern');
    expect(await failure(invalidate(a.cache))).toBeDefined();
    a.store.heal();
  };
  const carryOut = async (): Promise<void> => {
    expect(a.cache.stats().coherence.pending).toBe(1);
    a.bus.restore();
    await settle();
    expect(a.cache.stats().coherence.pending).toBe(0);
  };
  return { a, b, late, giveUp, carryOut };
}
