import { describe, expect, it } from '@jest/globals';
import { FencedMapBackend } from '../../../lib/backends/map/fenced-map.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { InvalidationPendingError } from '../../../lib/contract/errors.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import {
  counted,
  deferred,
  guardRejections,
  memoryOnly,
  remoteBackend,
  settle,
  twoTiers,
} from '../helpers.js';

guardRejections();

describe('A cache without a log that others share', () => {
  it('voids by tag in memory and in the tier below it', async () => {
    const { cache } = twoTiers();
    await cache.set('one', 1, { tags: ['t'] });
    await cache.namespace('n').set('two', 2, { tags: ['t', 'u'] });
    await cache.set('three', 3, { tags: ['u'] });
    await cache.invalidateTags(['t']);
    expect(await cache.get('one')).toBeUndefined();
    expect(await cache.namespace('n').get('two')).toBeUndefined();
    expect(await cache.get('three')).toBe(3);
  });

  it('keeps nothing of a load that began before its tag was invalidated', async () => {
    const { cache } = twoTiers();
    const gate = deferred();
    const load = async (): Promise<string> => {
      await gate.promise;
      return 'old';
    };
    const reading = cache.getOrCompute('key', load, { tags: ['t'] });
    await settle();
    await cache.invalidateTags(['t']);
    const later = cache.getOrCompute('key', () => 'new', { tags: ['t'] });
    gate.resolve();
    expect(await reading).toBe('old');
    expect(await later).toBe('new');
    expect(await cache.get('key')).toBe('new');
  });

  it('takes from a tier that others share what they stored without tags, and nothing that has tags', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('plain', 1);
    await neighbour.namespace('n').set('inside', 2);
    await neighbour.set('tagged', 3, { tags: ['t'] });
    expect(await cache.get('plain')).toBe(1);
    expect(await cache.namespace('n').get('inside')).toBe(2);
    // The tag may have been invalidated there, and nobody would have told.
    expect(await cache.get('tagged')).toBeUndefined();
    const loader = counted(() => 4);
    expect(await cache.getOrCompute('tagged', loader, { tags: ['t'] })).toBe(4);
    expect(await cache.getOrCompute('tagged', loader, { tags: ['t'] })).toBe(4);
    expect(loader.runs).toBe(1);
  });

  it('clears a namespace in memory and below, with those inside it and no other', async () => {
    const { cache, neighbour } = twoTiers();
    const outer = cache.namespace('outer');
    await outer.set('key', 1);
    await outer.namespace('inner').set('key', 2);
    await cache.set('key', 3);
    await neighbour.namespace('outer').set('theirs', 4);
    await outer.clear();
    expect(await outer.get('key')).toBeUndefined();
    expect(await outer.namespace('inner').get('key')).toBeUndefined();
    expect(await outer.get('theirs')).toBeUndefined();
    expect(await cache.get('key')).toBe(3);
  });

  it('needs no proof: time alone makes nothing old', async () => {
    const { cache, clock } = memoryOnly({ ttl: '1d' });
    await cache.set('key', 'value', { tags: ['t'] });
    await clock.advance(3_600_000);
    expect(cache.peek('key')).toBe('value');
    expect(cache.stats().coherence).toMatchObject({ shared: false, verified: true, pending: 0 });
  });

  it('holds a removed key empty for as long as it is told', async () => {
    const { cache, clock } = twoTiers();
    await cache.set('key', 'old');
    await cache.remove('key', { holdFor: 500 });
    const loader = counted(() => 'value');
    await cache.getOrCompute('key', loader);
    await cache.getOrComputeMany(['key'], async () => [['key', 'value']]);
    await cache.refresh('key', loader);
    await clock.advance(499);
    expect(await cache.get('key')).toBeUndefined();
    await clock.advance(1);
    await cache.getOrCompute('key', loader);
    await cache.getOrCompute('key', loader);
    expect(loader.runs).toBe(3);
  });

  it('holds it no shorter because a later removal is to hold it for less', async () => {
    const { cache, clock } = twoTiers();
    await cache.remove('key', { holdFor: 500 });
    await cache.remove('key', { holdFor: 100 });
    await clock.advance(499);
    await cache.getOrCompute('key', () => 'value');
    expect(await cache.get('key')).toBeUndefined();
  });

  it('expires a key: the next read loads it anew', async () => {
    const { cache } = twoTiers();
    await cache.set('key', 'old');
    await cache.expire('key');
    expect(await cache.getOrCompute('key', () => 'new')).toBe('new');
  });

  it('stores an update as it stores what is set', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.update('key', 'value', { ttl: 1000 });
    expect(cache.peek('key')).toBe('value');
    expect(await neighbour.get('key')).toBe('value');
  });

  it('removes a key from the tiers below one with fences that does not answer', async () => {
    const clock = new ManualClock();
    const fenced = new FaultyBackend(new FencedMapBackend({ clock }), clock);
    const cache = createTieredCache({
      clock,
      tiers: [
        memoryTier(),
        customTier({ useValue: fenced, name: 'fenced' }),
        customTier({ useValue: remoteBackend(clock), name: 'below' }),
      ],
    });
    await cache.set('key', 'old');
    fenced.fail(new Error('down'), 'discard');
    await expect(cache.remove('key')).rejects.toThrow(InvalidationPendingError);
    fenced.heal();
    await clock.advance(1000);
    expect(cache.stats().coherence.pending).toBe(0);
    expect(await cache.get('key')).toBeUndefined();
  });
});
