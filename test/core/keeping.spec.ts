import { describe, expect, it } from '@jest/globals';
import type { Ttl } from '../../lib/core/parse-ttl.js';
import { counted, guardRejections, memoryOnly, twoTiers, writes } from './helpers.js';

guardRejections();

function throwing(): never {
  throw new Error('unless');
}

const forms: readonly (readonly [Ttl, number])[] = [
  [1, 1],
  [0.4, 1],
  [1500.4, 1500],
  ['250ms', 250],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['realTime', 10_000],
  ['shortTerm', 300_000],
  ['mediumTerm', 3_600_000],
  ['longTerm', 10_800_000],
];

describe('ttl', () => {
  it.each(forms)('%j keeps a value for %d ms, however it comes into the cache', async (ttl, ms) => {
    const { cache, clock } = twoTiers();
    const ways: (() => Promise<unknown>)[] = [
      () => cache.set('key', 1, { ttl }),
      () => cache.setMany([['key', 1]], { ttl }),
      () => cache.getOrCompute('key', () => 1, { ttl }),
      () => cache.getOrComputeMany(['key'], () => [['key', 1]], { ttl }),
      () => cache.refresh('key', () => 1, { ttl }),
      () =>
        cache.getOrCompute('key', (context) => {
          context.setTtl(ttl);
          return 1;
        }),
    ];
    for (const store of ways) {
      await store();
      await clock.advance(ms - 1);
      expect(await cache.get('key')).toBe(1);
      await clock.advance(1);
      expect(await cache.get('key')).toBeUndefined();
    }
  });

  it('is five minutes when nothing is said', async () => {
    const { cache, clock } = twoTiers();
    await cache.set('key', 1);
    await clock.advance(299_999);
    expect(await cache.get('key')).toBe(1);
    await clock.advance(1);
    expect(await cache.get('key')).toBeUndefined();
  });

  it("is the cache's where the call has none", async () => {
    const { cache, clock } = twoTiers({ ttl: 'realTime' });
    await cache.getOrCompute('key', () => 1);
    await cache.set('own', 1, { ttl: '20s' });
    await clock.advance(10_000);
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.get('own')).toBe(1);
  });
});

describe("a loader's setTtl", () => {
  it('takes the place of the ttl of the call', async () => {
    const { cache, clock } = memoryOnly();
    const load = counted(() => 1);
    await cache.getOrCompute(
      'key',
      (context) => {
        expect(context.ttl).toBeUndefined();
        context.setTtl('2s');
        context.setTtl('1s');
        expect(context.ttl).toBe(1000);
        return load();
      },
      { ttl: '1h' },
    );
    await clock.advance(999);
    expect(cache.peek('key')).toBe(1);
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
  });

  it('says nothing about "absent", which negativeTtl keeps', async () => {
    const { cache, clock } = memoryOnly();
    const load = counted(() => undefined);
    const compute = (): Promise<unknown> =>
      cache.getOrCompute(
        'key',
        (context) => {
          context.setTtl('1h');
          return load();
        },
        { negativeTtl: 100 },
      );
    await compute();
    await compute();
    expect(load.runs).toBe(1);
    await clock.advance(100);
    await compute();
    expect(load.runs).toBe(2);
  });

  it('works in a refresh', async () => {
    const { cache, clock } = memoryOnly();
    await cache.refresh('key', (context) => {
      context.setTtl(100);
      return 1;
    });
    await clock.advance(99);
    expect(cache.peek('key')).toBe(1);
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
  });
});

describe('unless', () => {
  it('answers the values that it says, and keeps the others', async () => {
    const { cache, remote } = twoTiers();
    const answers = [true, true, false];
    const load = counted(() => ({ partial: answers.shift() ?? false }));
    const options = { unless: (value: { partial: boolean }): boolean => value.partial };
    expect(await cache.getOrCompute('key', load, options)).toEqual({ partial: true });
    expect(await cache.getOrCompute('key', load, options)).toEqual({ partial: true });
    expect(writes(remote)).toBe(0);
    expect(await cache.getOrCompute('key', load, options)).toEqual({ partial: false });
    expect(await cache.getOrCompute('key', load, options)).toEqual({ partial: false });
    expect(load.runs).toBe(3);
    expect(writes(remote)).toBe(1);
  });

  it('is not asked about what a tier already holds', async () => {
    const { cache } = twoTiers();
    await cache.set('key', 1);
    expect(await cache.getOrCompute('key', () => 2, { unless: throwing })).toBe(1);
  });

  it('takes an old value away when a refresh brings one that is not to be kept', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.set('key', 'old');
    expect(await cache.refresh('key', () => 'new', { unless: () => true })).toBe('new');
    expect(await cache.get('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('that throws fails the call, and nothing is kept', async () => {
    const { cache } = twoTiers();
    const computing = cache.getOrCompute('key', () => 1, { unless: throwing });
    await expect(computing).rejects.toThrow('unless');
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrCompute('key', () => 2)).toBe(2);
  });
});
