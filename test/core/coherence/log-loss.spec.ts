import { describe, expect, it } from '@jest/globals';
import { InvalidationPendingError } from '../../../lib/contract/errors.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { counted, guardRejections, recordEvents, settle } from '../helpers.js';
import { LEASE, Source, STALENESS, threeInstances, twoInstances } from './world.js';

guardRejections();

describe('When the log begins a new epoch', () => {
  it('all that was stored before is void, in memory and below it', async () => {
    const { a, b, log } = await twoInstances();
    await b.cache.set('key', 'old');
    await a.cache.get('key');
    const events = recordEvents(a.cache);
    log.rotate();
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
    expect(events).toContainEqual({ type: 'reset' });
    await a.cache.set('key', 'new');
    expect(await b.cache.get('key')).toBe('new');
  });

  it('a load that began before is kept nowhere', async () => {
    const { a, b, log } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    log.rotate();
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
  });

  it('what is filled by an instance that has not heard of it is used by nobody who has', async () => {
    const { a, b, log } = await twoInstances();
    a.bus.hold();
    log.rotate();
    await a.cache.getOrCompute('key', () => 'old', { tags: ['t'] });
    expect(await b.cache.get('key')).toBeUndefined();
    a.bus.release();
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('an instance that has not heard of it uses nothing of it that it cannot judge', async () => {
    const { a, b, log } = await twoInstances();
    a.bus.hold();
    log.rotate();
    await b.cache.set('key', 'new');
    const loader = counted(() => 'loaded');
    expect(await a.cache.getOrCompute('key', loader)).toBe('loaded');
    expect(loader.runs).toBe(1);
  });
});

describe('When an invalidation is the first thing in a new log', () => {
  it('the instance that asked for it knows, though its message is held back', async () => {
    const { a, log } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    a.bus.hold();
    log.flush();
    await a.cache.invalidateTags(['t']);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('the same holds where it was pending', async () => {
    const { a, log, clock } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    a.bus.sever();
    await expect(a.cache.invalidateTags(['t'])).rejects.toThrow(InvalidationPendingError);
    log.flush();
    a.bus.hold();
    a.bus.restore();
    await clock.advance(STALENESS);
    await settle();
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });
});

describe('When the new log is known already, and its messages are held back', () => {
  it.each([
    ['one', (cache: TieredCache, load: () => Promise<number>) => cache.getOrCompute('key', load)],
    [
      'many',
      async (cache: TieredCache, load: () => Promise<number>) =>
        (await cache.getOrComputeMany(['key'], async () => [['key', await load()]])).get('key'),
    ],
  ])('who comes after an invalidation joins no load of before it: %s', async (_what, compute) => {
    const { a, log, clock } = await twoInstances();
    a.bus.hold();
    log.flush();
    await a.cache.invalidateTags(['other']);
    const source = new Source();
    source.hold();
    const before = compute(a.cache, source.load);
    await settle();
    source.version = 2;
    await a.cache.invalidateTags(['t']);
    const after = compute(a.cache, source.load);
    await settle();
    source.release();
    await settle();
    // The end of the lease is a message, too.
    await clock.advance(LEASE);

    expect(await before).toBe(1);
    expect(await after).toBe(2);
  });
});

describe('When the server goes back to an older copy', () => {
  it('what it lost is not forgotten: all begins anew', async () => {
    const { a, b, log, shared } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    const { position } = log.stamp;
    const copy = shared.getFenced('default::key');
    await b.cache.invalidateTags(['t']);
    log.rollBack(position);
    refill(shared, copy);
    a.bus.restore();
    b.bus.restore();
    for (const { cache } of [a, b]) expect(await cache.get('key')).toBeUndefined();
    expect(log.stamp.epoch).toBe(2);
  });

  it('nothing of another past is used, though it has as many invalidations', async () => {
    const { a, b, log, shared } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    const { position } = log.stamp;
    const copy = shared.getFenced('default::key');
    await b.cache.invalidateTags(['t']);
    log.rollBack(position);
    refill(shared, copy);
    // Somebody writes who is no instance: the new past is as long as the old one was.
    log.write({ keys: ['default::other'] });
    a.bus.restore();
    b.bus.restore();
    for (const { cache } of [a, b]) expect(await cache.get('key')).toBeUndefined();
    expect(log.stamp.epoch).toBe(2);
  });

  it('an instance that has not come back has nothing vouched for by another past', async () => {
    const { a, b, log, clock, shared } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    await b.cache.get('key');
    const { position } = log.stamp;
    const copy = shared.getFenced('default::key');
    await a.cache.invalidateTags(['t']);
    log.rollBack(position);
    refill(shared, copy);
    log.write({ keys: ['default::other'] });
    a.bus.restore();
    a.bus.hold();
    await clock.advance(STALENESS + 1);
    expect(await a.cache.get('key')).toBeUndefined();
  });
});

describe('When the log has been trimmed past an instance', () => {
  it('all that it holds is dropped, and what it finds anew is trusted', async () => {
    const { a, b, log } = await twoInstances();
    await b.cache.setMany([
      ['key', 'old'],
      ['other', 'value'],
    ]);
    await a.cache.getMany(['key', 'other']);
    a.bus.hold();
    await b.cache.remove('key');
    await b.cache.remove('third');
    log.trim();
    a.bus.sever();
    a.bus.restore();
    expect(a.cache.peek('key')).toBeUndefined();
    expect(a.cache.peek('other')).toBeUndefined();
    expect(a.cache.stats().coherence.resets).toBe(1);
    expect(await a.cache.get('other')).toBe('value');
    expect(a.cache.peek('other')).toBe('value');
    // To have asked about one key says nothing about another.
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('nothing is served whose tag was invalidated in what it cannot read any more', async () => {
    const { a, b, log } = await twoInstances();
    await b.cache.setMany([['key', 'old']], { tags: ['t'] });
    await a.cache.get('key');
    a.bus.sever();
    await b.cache.invalidateTags(['t']);
    await b.cache.remove('third');
    log.trim();
    a.bus.restore();
    expect(await a.cache.get('key')).toBeUndefined();
  });
});

describe('When the log loses everything and tells nobody', () => {
  it('nothing old is served after the staleness, though no instance has noticed', async () => {
    const { a, b, log, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    await a.cache.get('key');
    log.flush();
    await clock.advance(STALENESS + 1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('the first who notices has all begin anew', async () => {
    const { a, b, c, log } = await threeInstances();
    await b.cache.set('key', 'old');
    for (const { cache } of [a, c]) await cache.get('key');
    log.flush();
    c.bus.probe();
    for (const { cache } of [a, b, c]) expect(cache.peek('key')).toBeUndefined();
    expect(log.stamp.epoch).toBeGreaterThan(1);
    await b.cache.set('key', 'new');
    for (const { cache } of [a, b, c]) expect(await cache.get('key')).toBe('new');
  });

  it('an invalidation that comes next is numbered after all that was', async () => {
    const { a, b, log } = await twoInstances();
    await b.cache.set('key', 'old', { tags: ['t'] });
    await a.cache.get('key');
    log.flush();
    await b.cache.invalidateTags(['t']);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
  });
});

/** What the server held, it holds again. */
function refill(
  shared: Awaited<ReturnType<typeof twoInstances>>['shared'],
  copy: ReturnType<typeof shared.getFenced>,
): void {
  if (copy === undefined) throw new Error('there was nothing');
  shared.clear();
  shared.lease('default::key', copy.token, 1000);
  shared.fill('default::key', copy.token, copy.value, copy.ttl ?? 1000);
}
