import { describe, expect, it } from '@jest/globals';
import { altered, counted, deferred, guardRejections, mustNotLoad, settle } from '../helpers.js';
import { failure, LEASE, Source, threeInstances, twoInstances, World } from './world.js';

guardRejections();

describe('A key that many ask for on many instances', () => {
  it('is loaded once', async () => {
    const { a, b, c } = await threeInstances();
    const source = new Source();
    source.hold();
    const reading = [a, b, c].flatMap(({ cache }) =>
      Array.from({ length: 10 }, () => cache.getOrCompute('key', source.load)),
    );
    await settle();
    source.release();
    expect(new Set(await Promise.all(reading))).toEqual(new Set([1]));
    expect(source.loads).toBe(1);
    for (const { cache } of [a, b, c]) expect(cache.peek('key')).toBe(1);
    expect(b.cache.stats().coherence.waits).toBe(1);
    expect(c.cache.stats().coherence.waits).toBe(1);
  });

  it('is answered as soon as the bus tells that it is filled', async () => {
    const { a, b, clock } = await twoInstances();
    const source = new Source();
    source.hold();
    const first = a.cache.getOrCompute('key', source.load);
    await settle();
    const second = b.cache.getOrCompute('key', mustNotLoad);
    await settle();
    source.release();
    expect(await first).toBe(1);
    expect(await second).toBe(1);
    expect(clock.now()).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is answered at the end of the lease at the latest, where the bus does not tell', async () => {
    const { a, b, clock } = await twoInstances();
    const source = new Source();
    source.hold();
    const first = a.cache.getOrCompute('key', source.load);
    await settle();
    const answers: unknown[] = [];
    const second = b.cache.getOrCompute('key', mustNotLoad).then((value) => answers.push(value));
    await settle();
    b.bus.hold();
    source.release();
    await first;
    await clock.advance(LEASE - 1);
    expect(answers).toEqual([]);
    await clock.advance(1);
    await second;
    expect(answers).toEqual([1]);
  });

  it('is loaded by another when the holder of the lease has died', async () => {
    const { b, clock, shared } = await twoInstances();
    shared.lease('default::key', 'of-one-that-died', LEASE);
    const loader = counted(() => 'value');
    const reading = b.cache.getOrCompute('key', loader);
    await clock.advance(LEASE - 1);
    expect(loader.runs).toBe(0);
    await clock.advance(1);
    expect(await reading).toBe('value');
    expect(loader.runs).toBe(1);
  });

  it('is loaded by one of those who wait when the holder has died, and not by all', async () => {
    const { a, b, c, clock, shared } = await threeInstances();
    shared.lease('default::key', 'of-one-that-died', LEASE);
    const source = new Source();
    const reading = [a, b, c].map(({ cache }) => cache.getOrCompute('key', source.load));
    await clock.advance(LEASE);
    expect(await Promise.all(reading)).toEqual([1, 1, 1]);
    expect(source.loads).toBe(1);
  });
});

describe('A loader that throws', () => {
  it('is the error of the callers of its own process alone; one who waits elsewhere loads', async () => {
    const { a, b, clock } = await twoInstances();
    const gate = deferred();
    const failing = counted(async () => {
      await gate.promise;
      throw new Error('no');
    });
    const first = [1, 2].map(() => failure(a.cache.getOrCompute('key', failing)));
    await settle();
    const loader = counted(() => 'value');
    const second = b.cache.getOrCompute('key', loader);
    await settle();
    expect(loader.runs).toBe(0);
    gate.resolve();
    for (const error of await Promise.all(first)) expect(error).toEqual(new Error('no'));
    expect(await second).toBe('value');
    expect(failing.runs).toBe(1);
    expect(loader.runs).toBe(1);
    expect(clock.now()).toBe(0);
    expect(await a.cache.getOrCompute('key', mustNotLoad)).toBe('value');
  });

  it('leaves no lease and no timer', async () => {
    const { a, b, clock } = await twoInstances();
    await failure(a.cache.getOrCompute('key', () => Promise.reject(new Error('no'))));
    expect(clock.pendingTimers).toBe(0);
    expect(await b.cache.getOrCompute('key', () => 'value')).toBe('value');
  });

  it('of a value that no tier of bytes can store leaves no lease either', async () => {
    const { a, b, clock } = await twoInstances();
    const bad = a.cache.getOrCompute<unknown>('key', () => ({ act: () => 1 }));
    await expect(bad).rejects.toMatchObject({ code: 'SERIALIZATION' });
    expect(clock.pendingTimers).toBe(0);
    expect(await b.cache.getOrCompute('key', () => 'value')).toBe('value');
  });
});

describe('A lease', () => {
  it('is renewed for as long as the load takes', async () => {
    const { a, b, clock } = await twoInstances();
    const source = new Source();
    source.hold();
    const first = a.cache.getOrCompute('key', source.load);
    await settle();
    const second = b.cache.getOrCompute('key', mustNotLoad);
    await clock.advance(10 * LEASE);
    source.release();
    expect(await first).toBe(1);
    expect(await second).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that could not be renewed once is renewed the next time', async () => {
    const { a, b, clock } = await twoInstances();
    const source = new Source();
    source.hold();
    const first = a.cache.getOrCompute('key', source.load);
    await settle();
    const second = b.cache.getOrCompute('key', mustNotLoad);
    a.store.fail(new Error('down'), 'renew');
    await clock.advance(500);
    a.store.heal();
    await clock.advance(5 * LEASE);
    source.release();
    expect(await Promise.all([first, second])).toEqual([1, 1]);
  });

  it('that has been taken away is not renewed any more', async () => {
    const { a, b, clock } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    await b.cache.remove('key');
    await clock.advance(500);
    expect(a.store.calls('renew')).toBe(1);
    await clock.advance(5000);
    expect(a.store.calls('renew')).toBe(1);
    source.release();
    await reading;
  });

  it('that was lost by a slow holder leaves the key to who has it now', async () => {
    const { a, b, shared } = await twoInstances();
    const source = new Source();
    source.hold();
    const slow = a.cache.getOrCompute('key', source.load);
    await settle();
    // Nobody has invalidated anything: the store has lost the lease.
    shared.clear();
    source.version = 2;
    const other = b.cache.getOrCompute('key', () => 2);
    expect(await other).toBe(2);
    source.release();
    expect(await slow).toBe(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBe(2);
  });

  it('is left when what was loaded is not to be kept', async () => {
    const { a, b, clock } = await twoInstances();
    expect(await a.cache.getOrCompute('key', () => undefined)).toBeUndefined();
    expect(await a.cache.getOrCompute('other', () => 0, { unless: () => true })).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    const loader = counted(() => 'value');
    await b.cache.getOrCompute('key', loader);
    await b.cache.getOrCompute('other', loader);
    expect(loader.runs).toBe(2);
  });

  it('that cannot be had, because the store does not answer, does not keep anybody from loading', async () => {
    const { a, b } = await twoInstances();
    a.store.fail(new Error('down'), 'lease');
    expect(await a.cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(a.cache.peek('key')).toBe('value');
    expect(await b.cache.get('key')).toBeUndefined();
  });

  it('of a value that cannot be read, nor removed, is had at once', async () => {
    const world = new World();
    let asked = 0;
    const a = world.instance('a', {
      answering: (store) =>
        altered(store, {
          remove: async () => undefined,
          lease: async (...args) => {
            if (++asked > 10) throw new Error('it asks again and again');
            return world.shared.lease(...args);
          },
        }),
    });
    const junk = 'junk-junk-junk-1';
    world.shared.lease('default::key', junk, LEASE);
    world.shared.fill('default::key', junk, Buffer.from('junk'), 1000);
    expect(await a.cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(asked).toBe(2);
    expect(world.shared.getFenced('default::key')?.token).not.toBe(junk);
    expect(a.cache.peek('key')).toBe('value');
  });

  it('of a value that is void is had although the value is there', async () => {
    const { a, b, shared } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    await a.cache.invalidateTags(['t']);
    expect(shared.getFenced('default::key')).toBeDefined();
    const loader = counted(() => 'new');
    expect(await b.cache.getOrCompute('key', loader, { tags: ['t'] })).toBe('new');
    expect(await a.cache.getOrCompute('key', mustNotLoad)).toBe('new');
  });

  it('is not waited for by a reader who does not load', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
    source.release();
    await reading;
  });

  it('that is waited for while the key is removed again and again ends with one value for all', async () => {
    const { a, b, c } = await threeInstances();
    const source = new Source();
    source.hold();
    const reading = [a, b].map(({ cache }) => cache.getOrCompute('key', source.load));
    for (let round = 0; round < 5; round++) {
      await settle();
      source.version++;
      await c.cache.remove('key');
    }
    await settle();
    source.release();
    await Promise.all(reading);
    const answers = [a, b, c].map(({ cache }) => cache.getOrCompute('key', source.load));
    expect(await Promise.all(answers)).toEqual([6, 6, 6]);
  });
});
