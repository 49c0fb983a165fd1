import { describe, expect, it } from '@jest/globals';
import { MemoryBackend } from '../../../lib/backends/memory/memory.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import type { TierDefinition } from '../../../lib/contract/tier-definition.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function createFrom({ source }: TierDefinition, clock = new ManualClock()): MemoryBackend {
  if (!('create' in source)) throw new TypeError('The tier has no create');
  const backend = source.create({ clock });
  if (!(backend instanceof MemoryBackend)) throw new TypeError('The tier is not made of memory');
  return backend;
}

describe('memoryTier', () => {
  it('is a tier called memory, whose backend can be injected by its class', () => {
    expect(memoryTier()).toMatchObject({
      policy: {},
      defaultName: 'memory',
      backendClass: MemoryBackend,
    });
  });

  it('tells the policy from the options of the backend', () => {
    const tier = memoryTier({ name: 'hot', preset: 'l1', level: 1, maxEntries: 1, ttl: 50 });
    expect(tier.policy).toEqual({ name: 'hot', preset: 'l1', level: 1 });
  });

  it('hands the options on to the backend, and names it as the tier', () => {
    const backend = createFrom(memoryTier({ name: 'hot', maxEntries: 1, ttl: 50, maxBytes: 9 }));
    backend.setWithTtl('a', new Uint8Array(1), 1_000);
    backend.setWithTtl('b', new Uint8Array(1), 1_000);
    expect(backend.name).toBe('hot');
    expect(backend.size).toBe(1);
    expect(backend.bytes).toBe(2);
    expect(backend.getWithTtl('b')?.ttl).toBe(50);
  });

  it('runs on the clock of the cache', async () => {
    const clock = new ManualClock();
    const backend = createFrom(memoryTier({ idle: 100 }), clock);
    backend.setWithTtl('key', new Uint8Array(1), 1_000);
    await clock.advance(101);
    expect(backend.get('key')).toBeUndefined();
  });

  it('is not changed by what becomes of the options later', () => {
    const options = { maxEntries: 1 };
    const tier = memoryTier(options);
    options.maxEntries = 5;
    const backend = createFrom(tier);
    for (const key of ['a', 'b']) backend.setWithTtl(key, new Uint8Array(1), 1_000);
    expect(backend.size).toBe(1);
  });

  it.each([
    [
      { maxEntires: 5 },
      'Option "memory.maxEntires": there is no such option; there are name, maxEntries',
    ],
    [{ clock: new ManualClock() }, 'Option "memory.clock": there is no such option'],
    [{ maxEntries: 0 }, 'Option "memory.maxEntries": is a whole number from 1'],
    [{ idle: -5 }, 'Option "memory.idle": is a whole number from 1'],
    [{ name: 7 }, 'Option "memory.name": is a non-empty string; got 7'],
  ])('refuses options at once, not when the cache is made: %#', (options, problem) => {
    expect(() => memoryTier(options as never)).toThrow(InvalidOptionError);
    expect(() => memoryTier(options as never)).toThrow(problem);
  });
});
