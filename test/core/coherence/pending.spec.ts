import { describe, expect, it } from '@jest/globals';
import { BackendError, InvalidationPendingError } from '../../../lib/contract/errors.js';
import { guardRejections, recordEvents, settle } from '../helpers.js';
import { failure, Source, STALENESS, twoInstances, type Instance } from './world.js';

guardRejections();

const INVALIDATIONS: (readonly [string, (instance: Instance) => Promise<void>])[] = [
  ['remove', ({ cache }) => cache.namespace('n').remove('key')],
  ['removeMany', ({ cache }) => cache.namespace('n').removeMany(['key', 'none'])],
  ['expire', ({ cache }) => cache.namespace('n').expire('key')],
  ['invalidateTags', ({ cache }) => cache.invalidateTags(['t'])],
  ['removePattern', ({ cache }) => cache.namespace('n').removePattern('k*')],
  ['clear of the namespace', ({ cache }) => cache.namespace('n').clear()],
  ['clear of everything', ({ cache }) => cache.clear()],
];

describe.each(INVALIDATIONS)('%s that cannot be recorded', (_, invalidate) => {
  it('rejects with a typed error, holds here, and is carried out when the store answers', async () => {
    const { a, b } = await twoInstances();
    await b.cache.namespace('n').set('key', 'old', { tags: ['t'] });
    await a.cache.namespace('n').get('key');
    cutOff(a);
    const error = await failure(invalidate(a));
    expect(error).toBeInstanceOf(InvalidationPendingError);
    expect(error).toBeInstanceOf(BackendError);
    expect(a.cache.stats().coherence.pending).toBe(1);
    expect(a.cache.namespace('n').peek('key')).toBeUndefined();
    expect(await b.cache.namespace('n').get('key')).toBe('old');
    reconnect(a);
    await settle();
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(b.cache.namespace('n').peek('key')).toBeUndefined();
    expect(await b.cache.namespace('n').get('key')).toBeUndefined();
  });

  it('keeps what the store holds from being answered here until then', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.namespace('n').set('key', 'old', { tags: ['t'] });
    cutOff(a);
    await failure(a.cache.remove('first'));
    await failure(invalidate(a));
    await clock.advance(1);
    // All answers again but the removal of the first one, and the others stand behind it.
    a.store.heal();
    a.store.fail(new Error('down'), 'discard');
    a.bus.restore();
    await settle();
    expect(a.cache.stats().coherence).toMatchObject({ pending: 2, verified: true });
    const there = a.cache.namespace('n');
    expect(await there.get('key')).toBeUndefined();
    expect(await there.getMany(['key'])).toEqual(new Map());
    expect(await there.getOrCompute('key', () => 'new')).toBe('new');
  });
});

describe('An invalidation that is pending', () => {
  it('is tried again when the staleness has passed, though the log never was out of reach', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    a.store.fail(new Error('down'), 'discard');
    await failure(a.cache.remove('key'));
    await clock.advance(STALENESS - 1);
    a.store.heal();
    await clock.advance(1);
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(await b.cache.get('key')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is kept though the store throws what is no error of this library', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    a.store.fail('a text', 'discard');
    expect(await failure(a.cache.remove('key'))).toBeInstanceOf(InvalidationPendingError);
    a.store.heal();
    await clock.advance(STALENESS);
    expect(await b.cache.get('key')).toBeUndefined();
  });

  it('is told as an event, and when it is none any more', async () => {
    const { a } = await twoInstances();
    const events = recordEvents(a.cache);
    cutOff(a);
    await failure(a.cache.remove('one'));
    await failure(a.cache.remove('two'));
    reconnect(a);
    await settle();
    const counts = events.flatMap((event) =>
      event.type === 'invalidationPending' ? [event.count] : [],
    );
    expect(counts.slice(0, 2)).toEqual([1, 2]);
    expect(counts.at(-1)).toBe(0);
  });

  it('is carried out in its place: in the order in which they were asked for', async () => {
    const world = await twoInstances();
    const { a } = world;
    cutOff(a);
    await failure(a.cache.remove('one'));
    await failure(a.cache.invalidateTags(['t']));
    await failure(a.cache.remove('two'));
    await failure(a.cache.namespace('n').clear());
    reconnect(a);
    await settle();
    expect(world.recorded).toEqual([
      { keys: ['default::one'] },
      { tags: ['t'] },
      { keys: ['default::two'] },
      { tags: ['\0n'] },
    ]);
  });

  it('is not overtaken where the store fails again in the middle', async () => {
    const world = await twoInstances();
    const { a, clock } = world;
    cutOff(a);
    for (const key of ['one', 'two', 'three']) await failure(a.cache.remove(key));
    a.bus.restore();
    a.store.heal();
    a.store.fail(new Error('down'), 'discard');
    await settle();
    expect(world.recorded).toEqual([]);
    a.store.heal();
    await clock.advance(STALENESS);
    expect(world.recorded.map(({ keys }) => keys)).toEqual([
      ['default::one'],
      ['default::two'],
      ['default::three'],
    ]);
  });

  it('with holdFor holds the key when it is carried out', async () => {
    const { a, b } = await twoInstances();
    cutOff(a);
    await failure(a.cache.remove('key', { holdFor: 500 }));
    reconnect(a);
    await settle();
    await b.cache.getOrCompute('key', () => 'value');
    expect(b.cache.peek('key')).toBeUndefined();
  });

  it('does not keep what is loaded here since from being answered', async () => {
    const { a } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    cutOff(a);
    await failure(a.cache.invalidateTags(['t']));
    await failure(a.cache.remove('key'));
    const source = new Source();
    await a.cache.getOrCompute('later', source.load);
    expect(a.cache.peek('later')).toBe(1);
  });

  it('has work that began before it kept nowhere, though it has no number', async () => {
    const { a, clock } = await twoInstances();
    const source = new Source();
    cutOff(a);
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    await clock.advance(1);
    await failure(a.cache.invalidateTags(['t']));
    source.version = 2;
    const after = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    source.release();
    expect(await reading).toBe(1);
    expect(await after).toBe(2);
    expect(a.cache.peek('key')).not.toBe(1);
  });

  it('that was carried out does not let return what it had voided', async () => {
    const { a } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'], ttl: '1h' });
    cutOff(a);
    await failure(a.cache.invalidateTags(['t']));
    expect(a.cache.peek('key')).toBeUndefined();
    a.bus.hold();
    reconnect(a);
    a.bus.hold();
    await settle();
    expect(a.cache.stats().coherence.pending).toBe(0);
    expect(a.cache.peek('key')).toBeUndefined();
    a.bus.release();
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('behind one that cannot be carried out yet does not let return what it had voided', async () => {
    const { a } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'], ttl: '1h' });
    cutOff(a);
    await failure(a.cache.remove('first'));
    await failure(a.cache.invalidateTags(['t']));
    a.store.heal();
    a.store.fail(new Error('down'), 'discard');
    a.bus.restore();
    await settle();
    expect(a.cache.stats().coherence.pending).toBe(2);
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('one after ten thousand has all taken together to one of everything', async () => {
    const world = await twoInstances();
    const { a, b } = world;
    await b.cache.set('beside', 'value');
    cutOff(a);
    const keys = Array.from({ length: 10_000 }, (_, n) => `key-${n}`);
    await Promise.all(keys.map((key) => failure(a.cache.remove(key))));
    expect(a.cache.stats().coherence.pending).toBe(10_000);
    await failure(a.cache.remove('one more'));
    expect(a.cache.stats().coherence.pending).toBe(1);
    reconnect(a);
    await settle();
    expect(world.recorded.slice(1)).toEqual([{ all: true }]);
    expect(await b.cache.get('beside')).toBeUndefined();
  });

  it('is tried once more when the cache closes', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    a.store.fail(new Error('down'), 'discard');
    await failure(a.cache.remove('key'));
    a.store.heal();
    await a.cache.close();
    expect(await b.cache.get('key')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe.each([
  ['set', ({ cache }: Instance) => cache.set('key', 'new', { tags: ['t'] })],
  ['update', ({ cache }: Instance) => cache.update('key', 'new', { tags: ['t'] })],
])('%s that cannot be recorded', (_, write) => {
  it('rejects, is answered here, and takes the old value from the others later', async () => {
    const { a, b } = await twoInstances();
    await b.cache.set('key', 'old');
    cutOff(a);
    expect(await failure(write(a))).toBeInstanceOf(InvalidationPendingError);
    expect(await a.cache.get('key')).toBe('new');
    expect(await b.cache.get('key')).toBe('old');
    reconnect(a);
    await settle();
    expect(b.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).not.toBe('old');
  });
});

function cutOff({ bus, store }: Instance): void {
  bus.sever();
  store.fail(new Error('down'));
}

function reconnect({ bus, store }: Instance): void {
  store.heal();
  bus.restore();
}
