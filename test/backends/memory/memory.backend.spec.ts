import { describe, expect, it, jest } from '@jest/globals';
import { MemoryBackend } from '../../../lib/backends/memory/memory.backend.js';
import type { Entry } from '../../../lib/contract/entry.js';
import { ClosedError, InvalidOptionError } from '../../../lib/contract/errors.js';
import { backendConformance } from '../../../lib/testing/backend-conformance.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const LONG = 1_000_000;

function setUp(options: ConstructorParameters<typeof MemoryBackend>[0] = {}) {
  const clock = new ManualClock();
  const backend = new MemoryBackend({ clock, ...options });
  const entry = (value: unknown, ttl = LONG): Entry => ({
    value,
    ttl,
    staleFor: 0,
    early: 0,
    freshUntil: clock.now() + ttl,
    expiresAt: clock.now() + ttl,
    promise: undefined,
    stamp: undefined,
    tags: undefined,
    validators: undefined,
    provenAt: 0,
    judged: 0,
  });
  const held = (...keys: string[]): string =>
    keys.filter((key) => backend.getEntry(key) !== undefined).join(' ');
  return { clock, backend, entry, held };
}

describe('MemoryBackend keeps the promises of the contract', () => {
  const clock = new ManualClock();
  const settings = [
    ['by default', {}],
    ['with every limit set', { maxEntries: 3_000, maxBytes: 50_000_000, idle: 30_000 }],
  ] as const;

  describe.each(settings)('%s', (_, limits) => {
    const cases = backendConformance({
      capabilities: ['patterns', 'ttl', 'batch', 'entries', 'closable'],
      create: () => new MemoryBackend({ clock, ...limits }),
      clock,
    });

    it.each(cases)('$name', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });
});

describe('maxEntries', () => {
  it('is 10,000 by default', () => {
    const { backend, entry } = setUp();
    for (let i = 0; i < 10_001; i++) backend.setEntry(`key:${i}`, entry(i));
    expect(backend.size).toBe(10_000);
    expect(backend.getEntry('key:0')).toBeUndefined();
    expect(backend.getEntry('key:1')?.value).toBe(1);
  });

  it('makes room by what was not used for longest', () => {
    const { backend, entry, held } = setUp({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) backend.setEntry(key, entry(key));
    backend.getEntry('a');
    backend.setEntry('d', entry('d'));
    expect(held('a', 'b', 'c', 'd')).toBe('a c d');
  });

  it('counts bytes and entries together, and a read of bytes as a use', () => {
    const { backend, entry, held } = setUp({ maxEntries: 2 });
    backend.setWithTtl('bytes', new Uint8Array(1), LONG);
    backend.setEntry('a', entry('a'));
    backend.get('bytes');
    backend.setEntry('b', entry('b'));
    expect(held('a', 'b')).toBe('b');
    expect(backend.get('bytes')).toBeDefined();
  });

  it('gives no room to an entry whose time is over when it is given', () => {
    const { backend, entry, held } = setUp({ maxEntries: 1 });
    backend.setEntry('live', entry('live'));
    backend.setEntry('over', entry('over', 0));
    expect(backend.size).toBe(1);
    expect(held('live', 'over')).toBe('live');
  });

  it('does not count a key twice that is stored again', () => {
    const { backend, entry, held } = setUp({ maxEntries: 2 });
    for (const key of ['a', 'b', 'b', 'b']) backend.setEntry(key, entry(key));
    expect(held('a', 'b')).toBe('a b');
  });
});

describe('maxBytes', () => {
  it('counts the bytes of values and the characters of keys', () => {
    const { backend } = setUp({ maxBytes: 1_000 });
    backend.setWithTtl('four', new Uint8Array(96), LONG);
    expect(backend.bytes).toBe(100);
    backend.setWithTtl('four', new Uint8Array(0), LONG);
    expect(backend.bytes).toBe(4);
    backend.remove('four');
    expect(backend.bytes).toBe(0);
  });

  it('makes room by what was not used for longest, as much as is needed', () => {
    const { backend } = setUp({ maxBytes: 300 });
    for (const key of ['a', 'b', 'c']) backend.setWithTtl(key, new Uint8Array(99), LONG);
    backend.get('a');
    backend.setWithTtl('d', new Uint8Array(199), LONG);
    expect(['a', 'b', 'c', 'd'].filter((key) => backend.get(key))).toEqual(['a', 'd']);
    expect(backend.bytes).toBe(300);
  });

  it('does not keep what is too large by itself, nor what it would have replaced', () => {
    const { backend } = setUp({ maxBytes: 300 });
    backend.setWithTtl('other', new Uint8Array(10), LONG);
    backend.setWithTtl('key', new Uint8Array(10), LONG);
    backend.setWithTtl('key', new Uint8Array(298), LONG);
    expect(backend.get('key')).toBeUndefined();
    expect(backend.get('other')).toBeDefined();
    backend.setWithTtl('key', new Uint8Array(297), LONG);
    expect(backend.get('key')).toHaveLength(297);
  });

  it('estimates what entries take', () => {
    const { backend, entry } = setUp({ maxBytes: 1_000_000 });
    backend.setEntry('k', entry('x'.repeat(100_000)));
    expect(backend.bytes).toBeGreaterThan(100_000);
    expect(backend.bytes).toBeLessThan(110_000);
    backend.setEntry('too large', entry('x'.repeat(1_000_000)));
    expect(backend.getEntry('too large')).toBeUndefined();
  });

  it('goes beside maxEntries', () => {
    const { backend, entry } = setUp({ maxBytes: 1_000_000, maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) backend.setEntry(key, entry(key));
    expect(backend.size).toBe(2);
  });

  it('measures nothing when it is not set', () => {
    const { backend, entry } = setUp();
    const value = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new TypeError('looked into');
        },
      },
    );
    backend.setEntry('key', entry(value));
    expect(backend.getEntry('key')?.value).toBe(value);
    expect(backend.bytes).toBe(0);
  });
});

describe('ttl', () => {
  it('is the longest that anything is kept', async () => {
    const { backend, clock, entry, held } = setUp({ ttl: 100 });
    backend.setEntry('entry', entry('long'));
    backend.setWithTtl('bytes', new Uint8Array(1), LONG);
    expect(backend.getWithTtl('bytes')?.ttl).toBe(100);
    await clock.advance(99);
    expect(held('entry')).toBe('entry');
    await clock.advance(1);
    expect(held('entry')).toBe('');
    expect(backend.get('bytes')).toBeUndefined();
  });

  it('does not prolong what ends sooner', async () => {
    const { backend, clock, entry, held } = setUp({ ttl: 100 });
    backend.setEntry('key', entry('short', 10));
    await clock.advance(10);
    expect(held('key')).toBe('');
  });

  it('is not begun anew by a use', async () => {
    const { backend, clock, entry, held } = setUp({ ttl: 100 });
    backend.setEntry('key', entry('x'));
    await clock.advance(60);
    expect(held('key')).toBe('key');
    await clock.advance(40);
    expect(held('key')).toBe('');
  });
});

describe('idle', () => {
  it('drops what was not used for longer', async () => {
    const { backend, clock, entry, held } = setUp({ idle: 100 });
    backend.setEntry('used', entry(1));
    backend.setEntry('unused', entry(2));
    await clock.advance(60);
    expect(held('used')).toBe('used');
    await clock.advance(60);
    expect(held('used', 'unused')).toBe('used');
  });

  it('keeps what is used again just in time, as long as its ttl says and no longer', async () => {
    const { backend, clock, entry, held } = setUp({ idle: 100 });
    backend.setEntry('key', entry('x', 250));
    await clock.advance(100);
    expect(held('key')).toBe('key');
    await clock.advance(100);
    expect(held('key')).toBe('key');
    await clock.advance(50);
    expect(held('key')).toBe('');
  });

  it('is over a millisecond later', async () => {
    const { backend, clock, entry, held } = setUp({ idle: 100 });
    backend.setEntry('key', entry('x'));
    await clock.advance(101);
    expect(held('key')).toBe('');
  });

  it('is begun anew by storing again, and holds for bytes', async () => {
    const { backend, clock } = setUp({ idle: 100 });
    backend.setWithTtl('key', new Uint8Array(1), LONG);
    await clock.advance(60);
    backend.setWithTtl('key', new Uint8Array(2), LONG);
    await clock.advance(60);
    expect(backend.get('key')).toHaveLength(2);
    await clock.advance(101);
    expect(backend.get('key')).toBeUndefined();
  });

  it.each([0, 1, 1_000_000])('does not depend on what the clock begins with: %d', async (now) => {
    const clock = new ManualClock({ now });
    const { backend, held } = setUp({ clock, idle: 100 });
    const expiresAt = now + LONG;
    const entry = {
      value: 1,
      ttl: LONG,
      staleFor: 0,
      early: 0,
      freshUntil: expiresAt,
      expiresAt,
      promise: undefined,
      stamp: undefined,
      tags: undefined,
      validators: undefined,
      provenAt: 0,
      judged: 0,
    };
    backend.setEntry('key', entry);
    await clock.advance(101);
    expect(held('key')).toBe('');
  });
});

describe('MemoryBackend', () => {
  it('cleans up what has expired or idled away, and tells how many entries that were', async () => {
    const { backend, clock, entry, held } = setUp({ idle: 100 });
    backend.setEntry('expires', entry(1, 50));
    backend.setEntry('idles', entry(2));
    backend.setEntry('used', entry(3));
    await clock.advance(70);
    backend.getEntry('used');
    await clock.advance(50);
    expect(backend.size).toBe(3);
    expect(backend.cleanupExpired()).toBe(2);
    expect(backend.size).toBe(1);
    expect(held('used')).toBe('used');
  });

  it('cleaning up is no use of what it looks at', async () => {
    const { backend, clock, entry, held } = setUp({ maxEntries: 2, idle: 100 });
    backend.setEntry('a', entry('a'));
    backend.setEntry('b', entry('b'));
    await clock.advance(60);
    expect(backend.cleanupExpired()).toBe(0);
    backend.setEntry('c', entry('c'));
    expect(held('a', 'b', 'c')).toBe('b c');
  });

  it('a hit reads the clock once, and a miss never', () => {
    const { backend, clock, entry } = setUp({ ttl: LONG, maxBytes: 1_000_000 });
    backend.setEntry('key', entry('x'));
    const now = jest.spyOn(clock, 'now');
    backend.getEntry('absent');
    expect(now).not.toHaveBeenCalled();
    backend.getEntry('key');
    expect(now).toHaveBeenCalledTimes(1);
  });

  it('keeps the entry that it is given, and makes none of its own', () => {
    const { backend, entry } = setUp();
    const given = entry({ a: 1 });
    backend.setEntry('key', given);
    expect(backend.getEntry('key')).toBe(given);
    given.promise = Promise.resolve(given.value);
    expect(backend.getEntry('key')?.promise).toBe(given.promise);
  });

  it('is called memory, unless it is given a name', () => {
    expect(new MemoryBackend().name).toBe('memory');
    expect(new MemoryBackend({ name: 'hot' }).name).toBe('hot');
  });

  it('lets go of everything when it is closed, and refuses to be used', () => {
    const { backend, entry } = setUp({ maxBytes: 1_000 });
    backend.setEntry('key', entry('x'));
    backend.close();
    expect([backend.size, backend.bytes]).toEqual([0, 0]);
    expect(() => backend.getEntry('key')).toThrow(ClosedError);
    expect(() => backend.setEntry('key', entry('x'))).toThrow(ClosedError);
    expect(() => backend.cleanupExpired()).toThrow(ClosedError);
  });

  it.each([
    [{ maxEntries: 0 }, 'memory.maxEntries', 'from 1 to 8388608; got 0'],
    [{ maxEntries: 8_388_609 }, 'memory.maxEntries', 'got 8388609'],
    [{ maxEntries: Infinity }, 'memory.maxEntries', 'got Infinity'],
    [{ maxEntries: '10' }, 'memory.maxEntries', 'got "10"'],
    [{ maxBytes: -1 }, 'memory.maxBytes', 'got -1'],
    [{ maxBytes: 1.5 }, 'memory.maxBytes', 'got 1.5'],
    [{ maxBytes: null }, 'memory.maxBytes', 'got null'],
    [{ ttl: 0 }, 'memory.ttl', 'got 0'],
    [{ ttl: '5m' }, 'memory.ttl', 'got "5m"'],
    [{ ttl: NaN }, 'memory.ttl', 'got NaN'],
    [{ idle: 0 }, 'memory.idle', 'got 0'],
    [{ idle: Infinity }, 'memory.idle', 'got Infinity'],
    [{ name: '' }, 'memory.name', 'is a non-empty string'],
    [{ maxEntires: 5 }, 'memory.maxEntires', 'maxEntries'],
    [[], 'memory', 'got an array'],
  ])('refuses the options %j, and says what is right', (options, path, problem) => {
    const make = (): unknown => new MemoryBackend(options as never);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`Option "${path}"`);
    expect(make).toThrow(problem);
  });

  it('takes an option that is undefined for one that is not given', () => {
    const backend = new MemoryBackend({
      maxEntries: undefined,
      maxBytes: undefined,
      ttl: undefined,
    });
    backend.setWithTtl('key', new Uint8Array(1), 1_000);
    expect(backend.get('key')).toHaveLength(1);
  });
});
