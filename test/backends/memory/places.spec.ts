import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryBackend } from '../../../lib/backends/memory/memory.backend.js';
import type { MemoryOptions } from '../../../lib/backends/memory/memory-options.js';
import type { StorePlace } from '../../../lib/contract/capabilities.js';
import { CacheEntry } from '../../../lib/core/tiers/cache-entry.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

const make = (options: MemoryOptions = {}): MemoryBackend =>
  new MemoryBackend({ ...options, clock });

function put(backend: MemoryBackend, key: string, ttl = 60_000): CacheEntry {
  const ends = { freshUntil: clock.now() + ttl, expiresAt: clock.now() + ttl };
  const record = { value: key, ttl, staleFor: 0, early: 0, provenAt: clock.now() };
  const entry = new CacheEntry(
    { ...record, stamp: undefined, tags: undefined, validators: undefined },
    ends,
  );
  backend.setEntry(key, entry);
  return entry;
}

function placed(backend: MemoryBackend, key: string): StorePlace {
  const place = backend.placeOf(key);
  if (place === undefined) throw new Error(`${key} has no place`);
  return place;
}

describe('the place of an entry', () => {
  it('has the entry that its key has, and is one for all who ask', () => {
    const backend = make();
    const entry = put(backend, 'key');
    const place = placed(backend, 'key');
    expect(backend.entryAt(place)).toBe(entry);
    expect(backend.placeOf('key')).toBe(place);
    expect(place.key).toBe('key');
  });

  it('is there neither for what is not held, nor for bytes', () => {
    const backend = make();
    backend.setWithTtl('bytes', Buffer.of(1), 60_000);
    expect(backend.placeOf('bytes')).toBeUndefined();
    expect(backend.placeOf('nothing')).toBeUndefined();
  });

  it.each<[string, MemoryOptions, (backend: MemoryBackend) => unknown]>([
    ['is removed', {}, (backend) => backend.remove('key')],
    ['is removed with others', {}, (backend) => backend.removeMany(['other', 'key'])],
    ['is removed by pattern', {}, (backend) => backend.removePattern('k*')],
    ['is removed where', {}, (backend) => backend.removeWhere(() => true)],
    ['is cleared', {}, (backend) => backend.clear()],
    ['is replaced', {}, (backend) => put(backend, 'key')],
    ['is replaced by bytes', {}, (backend) => backend.setWithTtl('key', Buffer.of(1), 60_000)],
    ['makes room', { maxEntries: 1 }, (backend) => put(backend, 'other')],
    ['makes room by its size', { maxBytes: 60 }, (backend) => put(backend, 'other')],
    [
      'has expired and is swept',
      {},
      (backend) => clock.advance(60_000).then(() => backend.cleanupExpired()),
    ],
    [
      'was idle and is swept',
      { idle: 10 },
      (backend) => clock.advance(11).then(() => backend.cleanupExpired()),
    ],
    ['is let go by close', {}, (backend) => backend.close()],
  ])('is empty for ever when the entry %s', async (_what, options, drop) => {
    const backend = make(options);
    put(backend, 'key');
    const place = placed(backend, 'key');
    await drop(backend);
    expect(backend.entryAt(place)).toBeUndefined();
    if (_what === 'is let go by close') return;
    put(backend, 'key');
    expect(backend.entryAt(place)).toBeUndefined();
  });

  it('has nothing that has expired or gone unused for too long', async () => {
    const backend = make({ idle: 50 });
    put(backend, 'short', 40);
    put(backend, 'long');
    const [short, long] = [placed(backend, 'short'), placed(backend, 'long')];
    await clock.advance(40);
    expect(backend.entryAt(short)).toBeUndefined();
    // A use, from which idle time begins anew.
    expect(backend.entryAt(long)).toBeDefined();
    await clock.advance(40);
    expect(backend.entryAt(long)).toBeDefined();
    await clock.advance(51);
    expect(backend.entryAt(long)).toBeUndefined();
  });

  it('is a use of the entry, each time', () => {
    const backend = make({ maxEntries: 2 });
    put(backend, 'one');
    put(backend, 'two');
    expect(backend.entryAt(placed(backend, 'one'))).toBeDefined();
    put(backend, 'three');
    expect(backend.getEntry('one')).toBeDefined();
    expect(backend.getEntry('two')).toBeUndefined();
  });

  it('loses what a hit has noted there with the entry, so that it holds no value', () => {
    const backend = make();
    put(backend, 'key');
    const place = placed(backend, 'key');
    place.promise = Promise.resolve('value');
    backend.remove('key');
    expect(place.promise).toBeUndefined();
  });

  it('stands for a while where each use need not be told, and not at all with idle time', () => {
    expect(make().useLasts).toBe(100);
    expect(make({ idle: 50 }).useLasts).toBe(0);
  });

  it('is not taken from another store, nor from anywhere else', () => {
    const backend = make();
    put(backend, 'key');
    expect(
      backend.entryAt({ key: 'key', promise: undefined, goodUntil: 0, judged: 0 }),
    ).toBeUndefined();
  });
});
