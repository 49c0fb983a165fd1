import { describe, expect, it } from '@jest/globals';
import { LoadTimeoutError } from '../../../lib/contract/errors.js';
import { guardRejections, memoryOnly, settle, twoTiers } from '../helpers.js';
import { KEPT, Origin, outcomeOf, TTL, value, watch } from './origin.js';

guardRejections();

const forEver = (): Promise<never> => new Promise(() => undefined);

describe('a load that never ends', () => {
  it('leaves its place among maxConcurrentLoads when nobody waits for it any more', async () => {
    const { cache, clock } = memoryOnly({ maxConcurrentLoads: 1 });
    const given = watch(cache.getOrCompute('hangs', forEver, { hardTimeout: 100 }));
    await settle();
    const waiting = watch(cache.getOrCompute('key', () => 'loaded'));
    expect((await waiting()).state).toBe('pending');
    await clock.advance(100);
    expect(await given()).toMatchObject({ error: expect.any(LoadTimeoutError) });
    expect(await waiting()).toEqual(value('loaded'));
    expect(cache.stats().loadsWaiting).toBe(0);
  });
});

describe.each([
  ['memory', memoryOnly],
  ['memory and a store', twoTiers],
])('a load that says that there is nothing any more, in %s', (_, setUp) => {
  it('leaves nothing to fall back on', async () => {
    const { cache, clock } = setUp();
    const origin = new Origin();
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL);
    expect(await cache.getOrCompute('key', () => undefined, KEPT)).toBeUndefined();
    origin.fail();
    expect((await outcomeOf(cache.getOrCompute('key', origin.load, KEPT))).state).toBe('error');
  });

  it('leaves nothing of it in a batch either, and the others stay', async () => {
    const { cache, clock } = setUp();
    const origin = new Origin();
    await cache.setMany(
      [
        ['gone', 'old'],
        ['kept', 'old'],
      ],
      KEPT,
    );
    await clock.advance(TTL);
    const found = await cache.getOrComputeMany(['gone', 'kept'], () => [['kept', 'new']], KEPT);
    expect(found).toEqual(new Map([['kept', 'new']]));
    await clock.advance(TTL);
    origin.fail();
    expect((await outcomeOf(cache.getOrCompute('gone', origin.load, KEPT))).state).toBe('error');
    expect(await outcomeOf(cache.getOrCompute('kept', origin.load, KEPT))).toEqual(value('new'));
  });

  it('leaves nothing to fall back on where the new value is not to be kept', async () => {
    const { cache, clock } = setUp();
    const origin = new Origin();
    await cache.set('key', 'old', KEPT);
    await clock.advance(TTL);
    const options = { ...KEPT, unless: () => true };
    expect(await cache.getOrCompute('key', () => 'new', options)).toBe('new');
    origin.fail();
    expect((await outcomeOf(cache.getOrCompute('key', origin.load, KEPT))).state).toBe('error');
  });
});
