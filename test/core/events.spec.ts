import { describe, expect, it, jest } from '@jest/globals';
import { BackendError } from '../../lib/contract/errors.js';
import { CacheEvents } from '../../lib/core/watching/cache-events.js';
import {
  deferred,
  guardRejections,
  memoryOnly,
  recordEvents,
  settle,
  twoTiers,
} from './helpers.js';

guardRejections();

describe('events', () => {
  it('tell the story of a key: missed, loaded, hit, promoted, set, removed', async () => {
    const { cache, clock, neighbour } = twoTiers();
    const events = recordEvents(cache);
    const at = { namespace: '', key: 'key' };
    const loading = deferred<number>();
    const computing = cache.getOrCompute('key', () => loading.promise);
    await clock.advance(70);
    loading.resolve(1);
    await computing;
    await cache.get('key');
    expect(events.splice(0)).toEqual([
      { type: 'miss', ...at },
      { type: 'load', duration: 70, keys: 1 },
      { type: 'hit', tier: 'memory', ...at },
    ]);

    await cache.set('key', 2);
    await cache.remove('key');
    expect(events.splice(0)).toEqual([
      { type: 'set', ...at },
      { type: 'remove', ...at },
    ]);

    await neighbour.set('key', 3);
    await cache.getOrCompute('key', () => 4);
    expect(events.splice(0)).toEqual([
      { type: 'hit', tier: 'remote', ...at },
      { type: 'promotion', tier: 'memory', ...at },
    ]);
  });

  it('tell what happens to many keys one by one, and their load as one', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('a', 1);
    await cache.set('b', 2);
    const events = recordEvents(cache);
    await cache.getOrComputeMany(['a', 'b', 'c', 'd'], async () => [['c', 3]]);
    await cache.setMany([
      ['a', 1],
      ['c', 3],
    ]);
    await cache.removeMany(['a', 'b']);
    const told = events.map((event) =>
      'key' in event ? `${event.type} ${event.key}` : event.type,
    );
    expect(told).toEqual([
      'hit b',
      'hit a',
      'promotion a',
      'miss c',
      'miss d',
      'load',
      'set a',
      'set c',
      'remove a',
      'remove b',
    ]);
  });

  it('tell removals by pattern and clears with their namespace', async () => {
    const { cache } = twoTiers();
    const events = recordEvents(cache);
    await cache.namespace('users').removePattern('a*');
    await cache.namespace('users').namespace('x').clear();
    await cache.clear();
    expect(events).toEqual([
      { type: 'removePattern', pattern: 'a*', namespace: 'users' },
      { type: 'clear', namespace: 'users:x' },
      { type: 'clear', namespace: '' },
    ]);
  });

  it('tell errors: of a loader as they are, of a tier as a BackendError', async () => {
    const { cache, remote } = twoTiers();
    const events = recordEvents(cache);
    const error = new Error('load');
    await cache.getOrCompute('key', () => Promise.reject(error)).catch(() => undefined);
    expect(events.splice(0)).toEqual([
      { type: 'miss', namespace: '', key: 'key' },
      { type: 'loadError', error, keys: 1 },
    ]);
    remote.fail(new Error('down'));
    await cache.set('key', 1).catch(() => undefined);
    expect(events[0]).toMatchObject({ type: 'tierError', tier: 'remote' });
    expect(events[0]?.type === 'tierError' && events[0].error).toBeInstanceOf(BackendError);
  });

  it('never carry a value', async () => {
    const { cache, neighbour } = twoTiers();
    const events = recordEvents(cache);
    const secret = { token: 'hunter2' };
    await cache.set('set', secret);
    await cache.get('set');
    await cache.getOrCompute('loaded', () => secret);
    await neighbour.set('below', secret);
    await cache.get('below');
    await cache.getOrComputeMany(['a', 'b'], async () => [['a', secret]]);
    await cache.refresh('refreshed', () => secret);
    await cache.removePattern('*');
    expect(events.length).toBeGreaterThan(10);
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });

  it('are not built while nobody observes', async () => {
    const { cache, remote } = twoTiers();
    const emitted = jest.spyOn(CacheEvents.prototype, 'emit');
    const everything = async (): Promise<void> => {
      await cache.getOrCompute('key', () => 1);
      await cache.get('key');
      await cache.getMany(['key', 'other']);
      await cache.set('key', 2);
      await cache.remove('key');
      remote.fail(new Error('down'), 'getWithTtl');
      await cache.get('key');
      remote.heal();
    };
    try {
      await everything();
      expect(emitted).not.toHaveBeenCalled();
      const subscription = cache.events.subscribe();
      await everything();
      expect(emitted.mock.calls.length).toBeGreaterThan(5);
      subscription.unsubscribe();
      emitted.mockClear();
      await everything();
      expect(emitted).not.toHaveBeenCalled();
    } finally {
      emitted.mockRestore();
    }
  });

  it('complete when the cache is closed, for those who come later too', async () => {
    const { cache } = memoryOnly();
    let completed = 0;
    cache.events.subscribe({ complete: () => completed++ });
    await cache.close();
    expect(completed).toBe(1);
    cache.events.subscribe({ complete: () => completed++ });
    expect(completed).toBe(2);
  });

  it('reach several observers, and cannot be emitted from outside', async () => {
    const { cache } = memoryOnly();
    const one = recordEvents(cache);
    const two = recordEvents(cache);
    await cache.get('key');
    expect(one).toEqual(two);
    expect('next' in cache.events).toBe(false);
  });

  it('let an observer use the cache', async () => {
    const { cache } = memoryOnly();
    const removed: Promise<void>[] = [];
    cache.events.subscribe((event) => {
      if (event.type === 'hit') removed.push(cache.remove(event.key));
    });
    await cache.set('key', 1);
    expect(await cache.get('key')).toBe(1);
    await settle();
    await Promise.all(removed);
    expect(cache.peek('key')).toBeUndefined();
  });
});
