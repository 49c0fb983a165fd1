import { describe, expect, it } from '@jest/globals';
import { mapTier } from '../../../lib/backends/map/map-tier.js';
import { guardRejections, settle } from '../helpers.js';
import { STALENESS, World, type Instance } from './world.js';

guardRejections();

describe('A tier of this process below the one with fences', () => {
  it.each([
    ['one', (a: Instance) => a.cache.get('key')],
    ['many', async (a: Instance) => (await a.cache.getMany(['key', 'other'])).get('key')],
  ])('answers nothing that is not proved: %s', async (_what, read) => {
    const { a, b, clock } = await withMapBelow();
    await a.cache.getOrCompute('key', () => 'old');
    a.bus.hold();
    await b.cache.remove('key');
    await clock.advance(STALENESS + 1);

    expect(await read(a)).toBeUndefined();
  });

  it('goes on answering while nothing else does, as the first tier does', async () => {
    const { a, clock } = await withMapBelow();
    await a.cache.getOrCompute('key', () => 'value');
    await a.cache.getOrCompute('other', () => 'takes the room in memory');
    a.bus.sever();
    a.store.fail(new Error('down'));
    await clock.advance(STALENESS + 1);
    // By this one it is known that the keeper of the log does not answer.
    expect(await a.cache.get('key')).toBeUndefined();
    await settle();
    expect(await a.cache.get('key')).toBe('value');
  });

  it('brings nothing up into the shared one, from where others have removed it', async () => {
    const { a, b, shared } = await withMapBelow();
    await a.cache.getOrCompute('key', () => 'old');
    await a.cache.getOrCompute('other', () => 'takes the room in memory');
    a.bus.hold();
    await b.cache.remove('key');
    // The message has not come yet.
    expect(await a.cache.get('key')).toBe('old');
    await settle();
    a.bus.release();

    expect(shared.getFenced('default::key')).toBeUndefined();
    for (const { cache } of [a, b]) expect(await cache.get('key')).toBeUndefined();
  });
});

/** Two instances with room for one entry in memory, and with a map below the shared tier. */
async function withMapBelow() {
  const world = new World();
  const instance = (origin: string): Instance =>
    world.instance(origin, { memory: { maxEntries: 1 }, below: [mapTier()] });
  const [a, b] = [instance('a'), instance('b')];
  for (const { cache } of [a, b]) await cache.healthCheck();
  return { clock: world.clock, shared: world.shared, a, b };
}
