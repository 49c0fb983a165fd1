import { describe, expect, it } from '@jest/globals';
import { BackendError } from '../../../lib/contract/errors.js';
import { guardRejections, mustNotLoad, settle } from '../helpers.js';
import { GatedBus, Gates } from './gates.js';
import { LateAnswers, Source, STALENESS, threeInstances, twoInstances, World } from './world.js';

guardRejections();

describe('A value that one instance sets', () => {
  it('is what all instances answer', async () => {
    const { a, b } = await twoInstances();
    await b.cache.set('key', 1);
    expect(await a.cache.get('key')).toBe(1);
    await a.cache.set('key', 2);
    expect(a.cache.peek('key')).toBe(2);
    expect(b.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBe(2);
  });

  it('stands in the place of what a load brings that began before', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = b.cache.getOrCompute('key', source.load);
    await settle();
    await a.cache.set('key', 2);
    source.release();
    expect(await reading).toBe(1);
    expect(b.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBe(2);
    expect(await a.cache.get('key')).toBe(2);
  });

  it('answers who waits for the lease that it has taken away', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    const waiting = b.cache.getOrCompute('key', mustNotLoad);
    await settle();
    await a.cache.set('key', 2);
    expect(await waiting).toBe(2);
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('key')).toBe(2);
  });

  it('is what its own instance answers while it is still being stored', async () => {
    const { a, b } = await twoInstances();
    await b.cache.set('key', 'old');
    a.store.hang('replace');
    const setting = a.cache.set('key', 'new');
    await settle();
    expect(await a.cache.get('key')).toBe('new');
    expect(await b.cache.get('key')).toBe('old');
    a.store.heal();
    await setting;
    expect(await b.cache.get('key')).toBe('new');
  });

  it('is not covered in memory by an old value that was read before it was stored and comes up later', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await b?.cache.set('key', 'old');
    await a.cache.healthCheck();
    a.store.hang('replace');
    const setting = a.cache.set('key', 'new');
    await settle();
    // Memory had no place for it any more.
    await a.cache.backend('memory').removePattern?.('*');
    late.hold('getFenced');
    const reading = a.cache.get('key');
    await settle();
    a.store.heal();
    await setting;
    late.release('getFenced');
    expect(await reading).toBe('old');
    expect(a.cache.peek('key')).toBe('new');
  });

  it('leaves no old value in memory where something else that others remove may have overtaken it', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await b?.cache.set('key', 'old');
    await a.cache.healthCheck();
    late.hold('getFenced');
    a.store.hang('replace');
    const setting = a.cache.set('key', 'new');
    const reading = a.cache.get('key');
    await settle();
    await a.cache.backend('memory').removePattern?.('*');
    late.release('getFenced');
    await reading;
    await b?.cache.removePattern('unrelated*');
    a.store.heal();
    await setting;
    expect(await a.cache.get('key')).toBe('new');
  });

  it('and cannot be stored, because the key is held empty, is not left in memory', async () => {
    const { a, shared } = await twoInstances();
    shared.discard(['default::key'], 1000);
    await a.cache.set('key', 'new');
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('is never shown where this instance holds the key empty', async () => {
    const { a } = await twoInstances();
    await a.cache.remove('key', { holdFor: 1000 });
    a.store.hang('replace');
    const setting = a.cache.set('key', 'new');
    await settle();
    expect(a.cache.peek('key')).toBeUndefined();
    a.store.heal();
    await setting;
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('removes the old one where it cannot be stored, for all instances', async () => {
    const { a, b, shared } = await twoInstances();
    await b.cache.set('key', 'old');
    a.store.fail(new Error('the store is full'), 'replace');
    await expect(a.cache.set('key', 'new')).rejects.toThrow(BackendError);
    for (const { cache } of [a, b]) expect(cache.peek('key')).toBeUndefined();
    expect(shared.getFenced('default::key')).toBeUndefined();
  });

  it('with its tags is void when one of them is invalidated', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('key', 1, { tags: ['t'] });
    await b.cache.update('other', 1, { tags: ['t', 'u'] });
    await b.cache.invalidateTags(['t']);
    expect(await a.cache.getMany(['key', 'other'])).toEqual(new Map());
    expect(await b.cache.getMany(['key', 'other'])).toEqual(new Map());
  });
});

describe('An update', () => {
  it('is fetched at once by instances that hold the key, and by no others', async () => {
    const { a, b, c } = await threeInstances();
    await b.cache.set('key', 1);
    await a.cache.get('key');
    await b.cache.update('key', 2);
    await settle();
    expect(a.cache.peek('key')).toBe(2);
    expect(c.cache.peek('key')).toBeUndefined();
    expect(c.store.calls('getFenced')).toBe(0);
  });

  it('leaves nothing old where a fetch fails', async () => {
    const { a, b } = await twoInstances();
    await b.cache.set('key', 1);
    await a.cache.get('key');
    a.store.fail(new Error('down'), 'getFenced');
    await b.cache.update('key', 2);
    await settle();
    expect(a.cache.peek('key')).toBeUndefined();
  });
});

describe('A refresh', () => {
  it('replaces the value for all instances, with one load', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    await a.cache.getOrCompute('key', source.load);
    await b.cache.getOrCompute('key', source.load);
    source.version = 2;
    expect(await a.cache.refresh('key', source.load)).toBe(2);
    expect(await b.cache.getOrCompute('key', mustNotLoad)).toBe(2);
    expect(source.loads).toBe(2);
  });

  it('that began before a removal on another instance is kept nowhere', async () => {
    const { a, b, shared } = await twoInstances();
    const source = new Source();
    await a.cache.getOrCompute('key', source.load);
    source.hold();
    a.bus.hold();
    const refreshing = a.cache.refresh('key', source.load);
    await settle();
    source.version = 2;
    await b.cache.remove('key');
    source.release();
    expect(await refreshing).toBe(1);
    a.bus.release();
    expect(a.cache.peek('key')).toBeUndefined();
    expect(shared.getFenced('default::key')).toBeUndefined();
  });

  it('leaves the value that stands to those who read meanwhile', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    await b.cache.getOrCompute('key', source.load);
    source.hold();
    source.version = 2;
    const refreshing = a.cache.refresh('key', source.load);
    await settle();
    expect(await a.cache.get('key')).toBe(1);
    expect(await b.cache.get('key')).toBe(1);
    source.release();
    expect(await refreshing).toBe(2);
    expect(await a.cache.get('key')).toBe(2);
    expect(await b.cache.get('key')).toBe(2);
  });

  it('does not leave to later readers what a reader found before a removal', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    await b.cache.getOrCompute('key', source.load);
    a.store.hang('lease');
    const refreshing = a.cache.refresh('key', source.load);
    await settle();
    expect(await a.cache.get('key')).toBe(1);
    await b.cache.remove('key');
    source.version = 2;
    source.hold();
    a.store.heal();
    await settle();
    expect(await a.cache.get('key')).toBeUndefined();
    source.release();
    expect(await refreshing).toBe(2);
    expect(await a.cache.get('key')).toBe(2);
  });

  it('is not covered in memory by the old value, though that is vouched for later', async () => {
    const gates = new Gates();
    const world = new World();
    const a = world.instance('a', { wrapBus: (bus) => new GatedBus(bus, gates) });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    await b?.cache.set('key', 'old');
    a.bus.hold();
    await world.clock.advance(STALENESS + 1);
    gates.close('check');
    const refreshing = a.cache.refresh('key', () => 'new');
    const reading = a.cache.get('key');
    await settle();
    expect(await refreshing).toBe('new');
    await gates.open();
    expect(await reading).toBe('old');
    expect(a.cache.peek('key')).toBe('new');
  });

  it('whose loader fails leaves the lease, and the value that stands', async () => {
    const { a, b } = await twoInstances();
    await b.cache.set('key', 'value');
    const failing = a.cache.refresh('key', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await b.cache.get('key')).toBe('value');
    expect(await b.cache.refresh('key', () => 'new')).toBe('new');
    expect(await a.cache.get('key')).toBe('new');
  });

  it('of a value that is not to be kept removes the key for all', async () => {
    const { a, b } = await twoInstances();
    await b.cache.set('key', 'value');
    await a.cache.refresh('key', () => undefined);
    expect(await b.cache.get('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });
});
