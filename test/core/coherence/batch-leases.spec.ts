import { describe, expect, it } from '@jest/globals';
import { guardRejections, mustNotLoad, settle } from '../helpers.js';
import { GatedBus, Gates } from './gates.js';
import { failure, LEASE, Source, twoInstances, World } from './world.js';

guardRejections();

describe('A batch', () => {
  it('loads at once what it has the leases of, and waits for what others load', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const single = a.cache.getOrCompute('held', source.load);
    await settle();
    const asked: (readonly string[])[] = [];
    const batch = b.cache.getOrComputeMany(['free', 'held', 'also free'], async (keys) => {
      asked.push(keys);
      return keys.map((key) => [key, 7] as const);
    });
    await settle();
    expect(asked).toEqual([['free', 'also free']]);
    // Nobody waits for the others: what has been loaded is there.
    expect(await a.cache.get('free')).toBe(7);
    source.release();
    await single;
    expect(Array.from(await batch)).toEqual([
      ['free', 7],
      ['held', 1],
      ['also free', 7],
    ]);
    expect(asked).toHaveLength(1);
    expect(b.cache.peek('held')).toBe(1);
  });

  it('loads what was held by somebody who has died', async () => {
    const { b, clock, shared } = await twoInstances();
    shared.lease('default::held', 'of-one-that-died', LEASE);
    const asked: (readonly string[])[] = [];
    const batch = b.cache.getOrComputeMany(['free', 'held'], async (keys) => {
      asked.push(keys);
      return keys.map((key) => [key, 7] as const);
    });
    await clock.advance(LEASE);
    expect((await batch).size).toBe(2);
    expect(asked).toEqual([['free'], ['held']]);
  });

  it('takes what somebody has filled meanwhile', async () => {
    const { a, b } = await twoInstances();
    b.store.hang('lease');
    const asked: (readonly string[])[] = [];
    const batch = b.cache.getOrComputeMany(['filled', 'free'], async (keys) => {
      asked.push(keys);
      return keys.map((key) => [key, 7] as const);
    });
    await settle();
    await a.cache.getOrCompute('filled', () => 1);
    b.store.heal();
    expect(Object.fromEntries(await batch)).toEqual({ filled: 1, free: 7 });
    expect(asked).toEqual([['free']]);
    expect(b.cache.peek('filled')).toBe(1);
  });

  it('whose load throws leaves all its leases', async () => {
    const { a, b, clock } = await twoInstances();
    const failing = a.cache.getOrComputeMany(['one', 'two', 'three'], () =>
      Promise.reject(new Error('no')),
    );
    expect(await failure(failing)).toEqual(new Error('no'));
    await settle();
    expect(clock.pendingTimers).toBe(0);
    for (const key of ['one', 'two', 'three']) {
      expect(await b.cache.getOrCompute(key, () => 'value')).toBe('value');
    }
    expect(clock.now()).toBe(0);
  });

  it('leaves all its leases when one of them cannot be asked for', async () => {
    class Dated {
      constructor(readonly at = 0) {}
    }
    const gates = new Gates();
    const world = new World();
    const a = world.instance('a', { answering: gates.through });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    gates.close('lease');
    const batch = failure(a.cache.getOrComputeMany(['plain', 'typed'], mustNotLoad));
    await settle();
    // Somebody stores a value meanwhile that cannot be read without its type.
    await b?.cache.set('typed', new Dated(1), { type: Dated });
    await gates.open();
    expect(await batch).toMatchObject({ code: 'SERIALIZATION' });
    await settle();
    expect(world.clock.pendingTimers).toBe(0);
    expect(await b?.cache.getOrCompute('plain', () => 'value')).toBe('value');
    expect(world.clock.now()).toBe(0);
  });

  it('keeps nothing of what was invalidated while it was loaded, and all else', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const batch = a.cache.getOrComputeMany(['removed', 'kept'], async (keys) => {
      const version = await source.load();
      return keys.map((key) => [key, version] as const);
    });
    await settle();
    await b.cache.remove('removed');
    source.release();
    expect(Object.fromEntries(await batch)).toEqual({ removed: 1, kept: 1 });
    expect(a.cache.peek('removed')).toBeUndefined();
    expect(await b.cache.getMany(['removed', 'kept'])).toEqual(new Map([['kept', 1]]));
  });

  it('loads without leases where the store does not answer', async () => {
    const { a, clock } = await twoInstances();
    a.store.fail(new Error('down'));
    const batch = await a.cache.getOrComputeMany(['one', 'two'], async (keys) =>
      keys.map((key) => [key, 1] as const),
    );
    expect(batch.size).toBe(2);
    expect(a.cache.peek('one')).toBe(1);
    expect(a.store.calls('lease')).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has what a key lacks in the answer left to others', async () => {
    const { a, b, clock } = await twoInstances();
    const batch = await a.cache.getOrComputeMany(['there', 'absent'], async () => [['there', 1]]);
    expect(Array.from(batch)).toEqual([['there', 1]]);
    expect(clock.pendingTimers).toBe(0);
    expect(await b.cache.getOrCompute('absent', () => 'value')).toBe('value');
  });

  it('asks the log about what it finds without a proof, and loads what is void', async () => {
    const gates = new Gates();
    const world = new World();
    const a = world.instance('a', { wrapBus: (bus) => new GatedBus(bus, gates) });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    await b?.cache.set('good', 1);
    await b?.cache.set('void', 1, { tags: ['t'] });
    a.bus.hold();
    await b?.cache.invalidateTags(['t']);
    await world.clock.advance(1001);
    const batch = await a.cache.getOrComputeMany(['good', 'void'], async (keys) =>
      keys.map((key) => [key, 2] as const),
    );
    expect(Object.fromEntries(batch)).toEqual({ good: 1, void: 2 });
  });
});
