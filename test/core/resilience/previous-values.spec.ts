import { describe, expect, it } from '@jest/globals';
import type { LoadContext } from '../../../lib/core/loading/load-context.js';
import { twoInstances } from '../coherence/world.js';
import { deferred, guardRejections, memoryOnly, settle } from '../helpers.js';
import { INVALIDATIONS, KEPT, Origin, TTL } from './origin.js';

guardRejections();

const TAGGED = { ...KEPT, tags: ['t'] };

/** A loader that trusts what it is given of the past. */
function unchanged(context: LoadContext): string {
  return context.previous === undefined ? 'new' : context.notModified();
}

/** A cache with one place for loads, which is taken until it is opened, and a value of `key`. */
async function waitingForPlace() {
  const { cache, clock } = memoryOnly({ maxConcurrentLoads: 1 });
  await cache.set('key', 'old', TAGGED);
  const gate = deferred();
  const busy = cache.getOrCompute('busy', () => gate.promise);
  await settle();
  const open = async (): Promise<void> => {
    gate.resolve();
    await busy;
    await settle();
  };
  return { cache, clock, open };
}

describe('a previous value that is voided while its load waits', () => {
  it.each(INVALIDATIONS)(
    'for a place is not given to the loader, and is not made fresh again: it was %s',
    async (_, invalidate) => {
      const { cache, clock, open } = await waitingForPlace();
      await clock.advance(TTL);
      const loading = cache.getOrCompute('key', unchanged, TAGGED);
      await settle();
      await invalidate(cache);
      await open();
      expect(await loading).toBe('new');
      expect(await cache.get('key')).toBe('new');
    },
  );

  it.each(INVALIDATIONS)(
    'for a place is not given to a refresh: it was %s',
    async (_, invalidate) => {
      const { cache, open } = await waitingForPlace();
      const loading = cache.refresh('key', unchanged, TAGGED);
      await settle();
      await invalidate(cache);
      await open();
      expect(await loading).toBe('new');
    },
  );

  it('for the load of another instance is not given to the loader', async () => {
    const { a, b, clock } = await twoInstances();
    await a.cache.set('key', 'old', KEPT);
    await b.cache.get('key');
    await clock.advance(TTL);
    const origin = new Origin();
    origin.hold();
    const elsewhere = a.cache.getOrCompute('key', origin.load, KEPT);
    await settle();
    const loading = b.cache.getOrCompute('key', unchanged, KEPT);
    await settle();
    await a.cache.remove('key');
    await settle();
    expect(await loading).toBe('new');
    expect(await a.cache.get('key')).toBe('new');
    await origin.release();
    await elsewhere;
  });

  it('is given where nothing has voided it', async () => {
    const { cache, open } = await waitingForPlace();
    const loading = cache.refresh('key', unchanged, TAGGED);
    await settle();
    await open();
    expect(await loading).toBe('old');
  });
});
