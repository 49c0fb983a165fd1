import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { ClosedError, InvalidOptionError } from '../../../lib/contract/errors.js';
import { backendConformance } from '../../../lib/testing/backend-conformance.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const value = new Uint8Array([1, 2, 3]);

describe('MapBackend keeps the promises of the contract', () => {
  const clock = new ManualClock();
  const cases = backendConformance({
    capabilities: ['patterns', 'ttl', 'batch', 'entries', 'closable'],
    create: () => new MapBackend({ clock }),
    clock,
  });

  it.each(cases)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe('MapBackend', () => {
  it('is called map, unless it is given a name', () => {
    expect(new MapBackend().name).toBe('map');
    expect(new MapBackend({ name: 'countries' }).name).toBe('countries');
  });

  it('drops nothing but what has expired, however much there is', () => {
    const backend = new MapBackend({ clock: new ManualClock() });
    for (let i = 0; i < 50_000; i++) backend.setWithTtl(`key:${i}`, value, 1_000);
    expect(backend.size).toBe(50_000);
    expect(backend.get('key:0')).toEqual(value);
  });

  it('holds what has expired until it is asked for', async () => {
    const clock = new ManualClock();
    const backend = new MapBackend({ clock });
    backend.setWithTtl('a', value, 100);
    backend.setWithTtl('b', value, 100);
    await clock.advance(100);
    expect(backend.size).toBe(2);
    expect(backend.get('a')).toBeUndefined();
    expect(backend.size).toBe(1);
    expect(backend.getEntry('b')).toBeUndefined();
    expect(backend.size).toBe(0);
  });

  it('cleans up what has expired, and tells how many entries that were', async () => {
    const clock = new ManualClock();
    const backend = new MapBackend({ clock });
    for (const key of ['a', 'b', 'c']) backend.setWithTtl(key, value, 100);
    backend.setWithTtl('d', value, 101);
    expect(backend.cleanupExpired()).toBe(0);
    await clock.advance(100);
    expect(backend.cleanupExpired()).toBe(3);
    expect(backend.size).toBe(1);
    expect(backend.get('d')).toEqual(value);
    expect(backend.cleanupExpired()).toBe(0);
  });

  it('a value ends at its time, and not a millisecond before', async () => {
    const clock = new ManualClock();
    const backend = new MapBackend({ clock });
    backend.setWithTtl('key', value, 400);
    await clock.advance(399);
    expect(backend.getWithTtl('key')?.ttl).toBe(1);
    await clock.advance(1);
    expect(backend.getWithTtl('key')).toBeUndefined();
  });

  it('a batch with one invalid ttl stores nothing', () => {
    const backend = new MapBackend();
    const items = [
      { key: 'a', value, ttl: 1_000 },
      { key: 'b', value, ttl: 0 },
    ];
    expect(() => backend.setMany(items)).toThrow('A ttl is a whole number');
    expect(backend.size).toBe(0);
  });

  it('lets go of everything when it is closed, and says by its name that it was', () => {
    const backend = new MapBackend({ name: 'countries' });
    backend.setWithTtl('key', value, 1_000);
    backend.close();
    expect(backend.size).toBe(0);
    expect(() => backend.get('key')).toThrow(ClosedError);
    expect(() => backend.connect()).toThrow(ClosedError);
    expect(() => backend.cleanupExpired()).toThrow(
      'Cache backend "countries" was used after close()',
    );
  });

  it.each([
    [{ maxEntries: 5 }, 'map.maxEntries'],
    [{ name: '' }, 'map.name'],
    [{ name: 5 }, 'map.name'],
    [null, 'map'],
    ['fast', 'map'],
  ])('refuses the options %j, and names %s', (options, path) => {
    expect(() => new MapBackend(options as never)).toThrow(InvalidOptionError);
    expect(() => new MapBackend(options as never)).toThrow(`Option "${path}"`);
  });
});
