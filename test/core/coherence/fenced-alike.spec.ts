import { describe, expect, it } from '@jest/globals';
import { deferred, guardRejections, settle, twoTiers } from '../helpers.js';
import { LateAnswers, Source, twoInstances, World } from './world.js';

guardRejections();

// A pattern, as more keys than are remembered, has all that is under way held to be invalidated: it is not kept.

describe('A refresh during which a pattern is removed that does not match', () => {
  it('leaves nothing of what stood there', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    for (const { cache } of [a, b]) await cache.getOrCompute('key', source.load);
    source.version = 2;
    source.hold();
    const refreshing = a.cache.refresh('key', source.load);
    await settle();
    await b.cache.removePattern('other*');
    source.release();

    expect(await refreshing).toBe(2);
    for (const { cache } of [a, b]) expect(await cache.get('key')).not.toBe(1);
  });

  it('leaves nothing of it where the new value is stored already', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await a.cache.set('key', 1);
    late.hold('fill');
    const refreshing = a.cache.refresh('key', () => 2);
    await settle();
    await b?.cache.removePattern('other*');
    late.release('fill');

    expect(await refreshing).toBe(2);
    expect(await a.cache.get('key')).toBe(2);
    expect(await b?.cache.get('key')).toBe(2);
  });

  it('removes the key where there is no new value', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('key', 1);
    expect(await b.cache.get('key')).toBe(1);
    const gate = deferred();
    const refreshing = a.cache.refresh('key', async () => gate.promise);
    await settle();
    await b.cache.removePattern('other*');
    gate.resolve();

    expect(await refreshing).toBeUndefined();
    for (const { cache } of [a, b]) expect(await cache.get('key')).toBeUndefined();
  });

  it('leaves nothing of what stood there in a process by itself either', async () => {
    const { cache } = twoTiers();
    await cache.set('key', 1);
    const gate = deferred<number>();
    const refreshing = cache.refresh('key', () => gate.promise);
    await settle();
    await cache.removePattern('other*');
    gate.resolve(2);

    expect(await refreshing).toBe(2);
    expect(await cache.get('key')).not.toBe(1);
  });
});

describe('A refresh whose lease was lost', () => {
  it('leaves nothing of what stood there in memory', async () => {
    const { a, shared } = await twoInstances();
    const source = new Source();
    await a.cache.getOrCompute('key', source.load);
    source.version = 2;
    source.hold();
    const refreshing = a.cache.refresh('key', source.load);
    await settle();
    // It was not renewed in time, and somebody else loads.
    shared.discard(['default::key']);
    shared.lease('default::key', 'somebody-else-16', 1000);
    source.release();

    expect(await refreshing).toBe(2);
    expect(a.cache.peek('key')).toBeUndefined();
  });
});

describe('An expire during which a pattern is removed that does not match', () => {
  it('leaves nothing that is fresh', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await a.cache.set('key', 1, { staleFor: '1h' });
    late.hold('fill');
    const expiring = a.cache.expire('key');
    await settle();
    await b?.cache.removePattern('other*');
    late.release('fill');
    await expiring;

    expect(await a.cache.get('key')).toBeUndefined();
    expect(await b?.cache.get('key')).toBeUndefined();
  });
});
