import { describe, expect, it } from '@jest/globals';
import type { InvalidationBus } from '../../../lib/contract/invalidation-bus.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { guardRejections, settle } from '../helpers.js';
import { GatedBus, Gates, LateNews } from './gates.js';
import { World } from './world.js';

guardRejections();

const INVALIDATIONS: (readonly [string, (cache: TieredCache) => Promise<void>])[] = [
  ['tag', (cache) => cache.invalidateTags(['t'])],
  ['everything', (cache) => cache.clear()],
];

describe('What the keeper has said of tags before the log was trimmed past an instance', () => {
  it.each(INVALIDATIONS)('is not held to be known after it: %s', async (_what, invalidate) => {
    const world = new World();
    const gates = new Gates();
    const a = world.instance('a', { wrapBus: (bus) => new GatedBus(bus, gates) });
    const [b] = await world.join('b');
    await b?.cache.set('asked', 'old', { tags: ['t'] });
    await b?.cache.set('key', 'old', { tags: ['t'] });
    await b?.cache.remove('other');
    await a.cache.healthCheck();
    gates.close('check');
    const asking = a.cache.get('asked');
    await settle();
    a.bus.sever();
    if (b !== undefined) await invalidate(b.cache);
    await b?.cache.remove('other');
    world.log.trim();
    a.bus.restore();
    await gates.open();
    await asking;

    expect(a.cache.stats().coherence.resets).toBe(1);
    expect(await a.cache.get('key')).toBeUndefined();
  });
});

describe("One's own invalidation that is ahead of where the bus goes on after a reset", () => {
  it.each(
    INVALIDATIONS.flatMap(([what, invalidate]) => [
      [what, 'begun anew', invalidate] as const,
      [what, 'trimmed', invalidate] as const,
    ]),
  )('is not forgotten: %s, with a log that was %s', async (_what, how, invalidate) => {
    const world = new World();
    const late: LateNews[] = [];
    const wrapBus = (bus: InvalidationBus): LateNews => (late[0] = new LateNews(bus, new Gates()));
    const a = world.instance('a', { wrapBus });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    const [news] = late;
    news?.hold();
    if (how === 'begun anew') {
      world.log.flush();
      b?.bus.probe();
    } else {
      a.bus.sever();
      await b?.cache.removeMany(['one']);
      await b?.cache.removeMany(['two']);
      world.log.trim();
      a.bus.restore();
    }
    await b?.cache.set('key', 'old', { tags: ['t'] });
    await invalidate(a.cache);
    // The reset, and none of what came after it.
    news?.next();

    expect(a.cache.stats().coherence.resets).toBe(1);
    expect(await a.cache.get('key')).toBeUndefined();
  });
});
