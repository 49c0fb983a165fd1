import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { MAX_TTL } from '../../lib/contract/ttl.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  altered,
  chain,
  guardRejections,
  plain,
  remoteBackend,
  tierStats,
  twoTiers,
  threeTiers,
  timeLeft,
} from './helpers.js';

guardRejections();

describe('a promoted copy', () => {
  it('has what is left of the ttl: 400 ms are 400 ms, in memory and in a tier of bytes', async () => {
    const { cache, below, clock, middle } = threeTiers();
    await below.set('key', 'value', { ttl: 1000 });
    await clock.advance(600);
    await cache.get('key');
    expect(await timeLeft(middle, 'key')).toBe(400);
    await clock.advance(399);
    expect(cache.peek('key')).toBe('value');
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
  });

  it('is kept no longer than its own ttl in a tier of the usual scale, however long it stays below', async () => {
    const { cache, clock } = threeTiers([{}, {}, { ttlScale: 8 }]);
    await cache.set('key', 'value', { ttl: 1000 });
    await clock.advance(1500);
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBe('value');
    await clock.advance(999);
    expect(cache.peek('key')).toBe('value');
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
  });

  it('does not outlive the copy below it, whatever the scale of the upper tier', async () => {
    const { cache, below, clock, middle } = threeTiers([{}, { ttlScale: 4 }, {}]);
    await below.set('key', 'value', { ttl: 1000 });
    await clock.advance(900);
    await cache.get('key');
    expect(await timeLeft(middle, 'key')).toBe(100);
  });

  it('keeps its age on the way up through tiers that cannot tell it', async () => {
    const clock = new ManualClock();
    const middle = remoteBackend(clock, 'middle');
    const bottom = remoteBackend(clock, 'bottom');
    const memory = new MapBackend({ name: 'memory', clock });
    await chain(clock, [[bottom]]).set('key', 'value', { ttl: 1000 });
    await clock.advance(900);
    // What has 100 ms left comes into the middle tier first, and from there into memory.
    await chain(clock, [[plain(middle)], [bottom]]).get('key');
    expect(await chain(clock, [[memory], [plain(middle)]]).get('key')).toBe('value');
    await clock.advance(99);
    expect(memory.getEntry('key')?.value).toBe('value');
    await clock.advance(1);
    expect(memory.getEntry('key')).toBeUndefined();
  });

  it('of the longest ttl is kept, in a tier of a scale above 1 too', async () => {
    const { cache, bottom, middle } = threeTiers([{}, { ttlScale: 2 }, { ttlScale: 8 }]);
    await cache.set('key', 'value', { ttl: MAX_TTL });
    expect(await timeLeft(bottom, 'key')).toBe(MAX_TTL);
    expect(await timeLeft(middle, 'key')).toBe(MAX_TTL);
    expect(tierStats(cache, 'bottom').errors).toBe(0);
  });

  it('has a whole number of milliseconds, where a scale makes a fraction of the ttl', async () => {
    const { cache, below, middle } = threeTiers([{}, { ttlScale: 4 }, { ttlScale: 1.5 }]);
    await below.set('key', 'value', { ttl: 1001 });
    expect(await cache.get('key')).toBe('value');
    expect(await timeLeft(middle, 'key')).toBe(1502);
    expect(tierStats(cache, 'middle').errors).toBe(0);
  });

  it('never has more time than a backend says, even where that says a fraction', async () => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 'value', { ttl: 1000 });
    const exact = altered(remote, {
      getWithTtl: async (key) => {
        const found = await remote.getWithTtl?.(key);
        return found && { value: found.value, ttl: 10.9 };
      },
    });
    const memory = new MapBackend({ clock });
    await chain(clock, [[memory], [exact]]).get('key');
    expect(memory.getEntry('key')?.expiresAt).toBe(10);
  });
});

describe('a backend that cannot tell how long a value has left', () => {
  it('leaves it to the time at which the value was stored', async () => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 'value', { ttl: 1000 });
    await clock.advance(600);
    const memory = new MapBackend({ clock });
    expect(await chain(clock, [[memory], [plain(remote)]]).get('key')).toBe('value');
    expect(memory.getEntry('key')?.expiresAt).toBe(1000);
  });

  it.each([
    ['behind', -3_600_000],
    ['a little behind', -500],
  ])('gives no more than the whole ttl where the wall clock is %s', async (_, jump) => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 'value', { ttl: 1000 });
    clock.jumpWall(jump);
    const memory = new MapBackend({ clock });
    expect(await chain(clock, [[memory], [plain(remote)]]).get('key')).toBe('value');
    expect(memory.getEntry('key')?.expiresAt).toBe(1000);
  });

  it('gives less, or nothing, where the wall clock is ahead', async () => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 'value', { ttl: 1000 });
    clock.jumpWall(300);
    const memory = new MapBackend({ clock });
    await chain(clock, [[memory], [plain(remote)]]).get('key');
    expect(memory.getEntry('key')?.expiresAt).toBe(700);
    clock.jumpWall(3_600_000);
    expect(await chain(clock, [[plain(remote)]]).get('key')).toBeUndefined();
  });

  it('counts the whole time that the tier keeps it, by its scale', async () => {
    const clock = new ManualClock();
    const remote = remoteBackend(clock);
    const cache = chain(clock, [[plain(remote), { ttlScale: 3 }]]);
    await cache.set('key', 'value', { ttl: 1000 });
    await clock.advance(2999);
    expect(await cache.get('key')).toBe('value');
  });
});

describe('ttlScale', () => {
  it('makes a tier keep entries for their ttl times it, and a millisecond at least', async () => {
    const { cache, middle, bottom } = threeTiers([{}, { ttlScale: 0.0001 }, { ttlScale: 2.5 }]);
    await cache.set('key', 'value', { ttl: 1000 });
    expect(await timeLeft(middle, 'key')).toBe(1);
    expect(await timeLeft(bottom, 'key')).toBe(2500);
  });

  it('is that of the preset: 1, 1, 2 and 8', async () => {
    const clock = new ManualClock();
    const backends = [1, 2, 3, 4].map((n) => remoteBackend(clock, `tier${n}`));
    const presets = ['l1', 'l2', 'l3', 'l4'] as const;
    const cache = chain(
      clock,
      backends.map((backend, i) => [backend, { preset: presets[i] }] as const),
    );
    await cache.set('key', 'value', { ttl: 1000 });
    expect(await Promise.all(backends.map((backend) => timeLeft(backend, 'key')))).toEqual([
      1000, 1000, 2000, 8000,
    ]);
  });
});
