import { describe, expect, it } from '@jest/globals';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import { deferred, guardRejections, settle, twoTiers } from '../helpers.js';
import { GatedBus, Gates, interleavings } from '../coherence/gates.js';
import { failure, World } from '../coherence/world.js';
import { BackendError } from '../../../lib/contract/errors.js';
import { DOWN, error, KEPT, Origin, outcomeOf, TTL, value } from './origin.js';

guardRejections();

/** How often each has to be let on to come to its end, at most. */
const STEPS = 4;

/** Two instances whose steps are let on one by one, over a value, 1. */
async function gated() {
  const world = new World();
  const gates = [new Gates(), new Gates()] as const;
  const [a, b] = gates.map((gate, index) =>
    world.instance(`instance ${index}`, {
      answering: gate.through,
      wrapBus: (bus) => new GatedBus(bus, gate),
    }),
  );
  if (a === undefined || b === undefined) throw new Error('there are two');
  await a.cache.healthCheck();
  await b.cache.healthCheck();
  await a.cache.set('key', 1, KEPT);
  expect(await b.cache.get('key')).toBe(1);
  for (const gate of gates) gate.close('lease', 'fill', 'discard', 'publish');
  const step = (who: number): Promise<void> => gates[who === 0 ? 0 : 1].next();
  const open = async (): Promise<void> => {
    for (const gate of gates) await gate.open();
  };
  return { world, a: a.cache, b: b.cache, step, open };
}

const fails = (): never => {
  throw DOWN;
};

async function readsOf(...caches: readonly TieredCache[]): Promise<unknown[]> {
  return Promise.all(caches.map((cache) => cache.get('key')));
}

async function fallbacksOf(...caches: readonly TieredCache[]): Promise<unknown[]> {
  return Promise.all(caches.map((cache) => outcomeOf(cache.getOrCompute('key', fails))));
}

describe('In every order of their steps, expire on one instance and', () => {
  const orders = interleavings(STEPS, STEPS).map((order) => [order.join(''), order] as const);

  it.each(orders)('remove on another leave nothing to fall back on (%s)', async (_, order) => {
    const { a, b, step, open } = await gated();
    const both = [a.expire('key'), b.remove('key')];
    for (const who of order) await step(who);
    await open();
    await Promise.all(both);
    expect(await readsOf(a, b)).toEqual([undefined, undefined]);
    expect(await fallbacksOf(a, b)).toEqual([error(DOWN), error(DOWN)]);
  });

  it.each(orders)(
    'set on another leave the new value, fresh, stale or not at all (%s)',
    async (_, order) => {
      const { a, b, step, open } = await gated();
      const both = [a.expire('key'), b.set('key', 2, KEPT)];
      for (const who of order) await step(who);
      await open();
      await Promise.all(both);
      for (const read of await readsOf(a, b)) expect([undefined, 2]).toContain(read);
      for (const fallback of await fallbacksOf(a, b)) {
        expect([value(2), error(DOWN)]).toContainEqual(fallback);
      }
    },
  );

  it.each(orders)('expire on another leave it stale, or not at all (%s)', async (_, order) => {
    const { a, b, step, open } = await gated();
    const both = [a.expire('key'), b.expire('key')];
    for (const who of order) await step(who);
    await open();
    await Promise.all(both);
    expect(await readsOf(a, b)).toEqual([undefined, undefined]);
    for (const fallback of await fallbacksOf(a, b)) {
      expect([value(1), error(DOWN)]).toContainEqual(fallback);
    }
  });
});

describe('expire', () => {
  it('is not undone by a read that found the value before it, and is promoting it', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.set('key', 1, KEPT);
    remote.delay(0, 'getWithTtl');
    remote.hang('getWithTtl', 'get');
    const reading = cache.get('key');
    await settle();
    const expiring = cache.expire('key');
    await settle();
    remote.heal();
    await reading;
    await expiring;
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
  });

  it('is not undone by a batch that was loading the key', async () => {
    const { cache } = twoTiers();
    const gate = deferred();
    const reading = cache.getOrComputeMany(
      ['key', 'other'],
      async (missing) => {
        await gate.promise;
        return missing.map((key) => [key, 1]);
      },
      KEPT,
    );
    await settle();
    await cache.expire('key');
    gate.resolve();
    expect((await reading).size).toBe(2);
    expect(cache.peek('key')).toBeUndefined();
    expect(cache.peek('other')).toBe(1);
  });

  it('rejects where the shared store does not answer, and holds here nevertheless', async () => {
    const world = new World();
    const [a] = await world.join('a');
    if (a === undefined) throw new Error('there is one');
    const origin = new Origin();
    await a.cache.getOrCompute('key', origin.load, KEPT);
    a.store.fail(new Error('down'));
    a.bus.sever();
    expect(await failure(a.cache.expire('key'))).toBeInstanceOf(BackendError);
    expect(a.cache.peek('key')).toBeUndefined();
    origin.version = 2;
    expect(await a.cache.getOrCompute('key', origin.load, KEPT)).toBe(2);
  });

  it('rejects where a store of bytes does not take it, and holds here nevertheless', async () => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 1, KEPT);
    remote.fail(new Error('down'));
    const outcome = cache.expire('key').catch((thrown: unknown) => thrown);
    await clock.advance(TTL - 1);
    expect(await outcome).toBeInstanceOf(BackendError);
    expect(cache.peek('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
  });
});
