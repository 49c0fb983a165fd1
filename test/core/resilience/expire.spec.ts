import { describe, expect, it } from '@jest/globals';
import { ClosedError } from '../../../lib/contract/errors.js';
import { guardRejections, memoryOnly, recordEvents, settle, twoTiers } from '../helpers.js';
import { twoInstances } from '../coherence/world.js';
import { DOWN, error, KEPT, Origin, outcomeOf, STALE_FOR, TTL, value, watch } from './origin.js';

guardRejections();

describe.each([
  ['memory', memoryOnly],
  ['memory and a store', twoTiers],
])('expire in %s', (_, setUp) => {
  it('makes a value stale: it is loaded anew by who asks next', async () => {
    const { cache } = setUp();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    origin.version = 2;
    await cache.expire('key');
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
    expect(origin.loads).toBe(2);
  });

  it('keeps it as a fallback for as long as staleFor says, from now', async () => {
    const { cache, clock } = setUp();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    await cache.expire('key');
    origin.fail();
    const options = { failSafeThrottle: 0 } as const;
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    await clock.advance(STALE_FOR - 1);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    await clock.advance(TTL + 1);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(error(DOWN));
  });

  it('leaves nothing of a value that is kept for its ttl alone', async () => {
    const { cache } = setUp();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, { ttl: TTL });
    await cache.expire('key');
    origin.fail();
    expect(await outcomeOf(cache.getOrCompute('key', origin.load))).toEqual(error(DOWN));
  });

  it('does not prolong what is stale already', async () => {
    const { cache, clock } = setUp();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    await clock.advance(TTL + STALE_FOR - 10);
    await cache.expire('key');
    origin.fail();
    const options = { failSafeThrottle: 0 } as const;
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(value(1));
    await clock.advance(10);
    expect(await outcomeOf(cache.getOrCompute('key', origin.load, options))).toEqual(error(DOWN));
  });

  it('is fine for a key that has no value', async () => {
    const { cache } = setUp();
    await cache.expire('key');
    expect(await outcomeOf(cache.getOrCompute('key', () => 5))).toEqual(value(5));
  });

  it('is no removal of other keys', async () => {
    const { cache } = setUp();
    await cache.set('other', 1, KEPT);
    await cache.set('key', 1, KEPT);
    await cache.expire('key');
    expect(cache.peek('other')).toBe(1);
  });

  it('is followed by a load for which nobody waits where there is a softTimeout of 0', async () => {
    const { cache } = setUp();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    origin.version = 2;
    await cache.expire('key');
    const options = { ...KEPT, softTimeout: 0 } as const;
    expect(await cache.getOrCompute('key', origin.load, options)).toBe(1);
    await settle();
    expect(cache.peek('key')).toBe(2);
  });

  it('overtakes loads that are under way: their values are not kept as fresh', async () => {
    const { cache } = setUp();
    const origin = new Origin();
    origin.hold();
    const reading = watch(cache.getOrCompute('key', origin.load, KEPT));
    await settle();
    await cache.expire('key');
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect(cache.peek('key')).toBeUndefined();
  });

  it('rejects when the cache is closed', async () => {
    const { cache } = setUp();
    await cache.close();
    await expect(cache.expire('key')).rejects.toBeInstanceOf(ClosedError);
  });

  it('tells no value in events', async () => {
    const { cache } = setUp();
    await cache.set('key', 'secret', KEPT);
    const events = recordEvents(cache);
    await cache.expire('key');
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});

describe('expire on another instance', () => {
  it('makes the value stale here too', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    await a.cache.getOrCompute('key', origin.load, KEPT);
    await b.cache.get('key');
    origin.version = 2;
    await b.cache.expire('key');
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await a.cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
    expect(await b.cache.get('key')).toBe(2);
  });

  it('leaves it as a fallback for all', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    await a.cache.getOrCompute('key', origin.load, KEPT);
    await b.cache.expire('key');
    origin.fail();
    expect(await outcomeOf(a.cache.getOrCompute('key', origin.load, KEPT))).toEqual(value(1));
    expect(await outcomeOf(b.cache.getOrCompute('key', origin.load, KEPT))).toEqual(value(1));
  });

  it('has a load that began before it answered and not kept as fresh', async () => {
    const { a, b } = await twoInstances();
    const origin = new Origin();
    origin.hold();
    const reading = watch(a.cache.getOrCompute('key', origin.load, KEPT));
    await settle();
    await b.cache.expire('key');
    origin.version = 2;
    await origin.release();
    expect(await reading()).toEqual(value(1));
    expect(await a.cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
    expect(await b.cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
  });
});
