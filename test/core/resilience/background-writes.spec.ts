import { describe, expect, it } from '@jest/globals';
import { BackendError } from '../../../lib/contract/errors.js';
import {
  guardRejections,
  mustNotLoad,
  recordEvents,
  settle,
  tierStats,
  twoTiers,
  writes,
} from '../helpers.js';
import { World } from '../coherence/world.js';
import { KEPT, Origin, outcomeOf, PENDING, value, watch } from './origin.js';

guardRejections();

const LIMIT = 1000;

function inBackground() {
  return twoTiers({}, { writeMode: 'background' });
}

describe('a tier that is written in the background', () => {
  it('does not keep the caller of a load waiting', async () => {
    const { cache, neighbour, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany');
    expect(await outcomeOf(cache.getOrCompute('key', () => 1))).toEqual(value(1));
    expect(cache.peek('key')).toBe(1);
    remote.heal();
    await settle();
    expect(await neighbour.get('key')).toBe(1);
  });

  it('has the value when its write has ended', async () => {
    const { cache, clock, neighbour, remote } = inBackground();
    remote.delay(100, 'setWithTtl', 'setMany');
    await cache.getOrCompute('key', () => 1);
    expect(await neighbour.get('key')).toBeUndefined();
    await clock.advance(100);
    expect(await neighbour.get('key')).toBe(1);
  });

  it('keeps the caller waiting by default', async () => {
    const { cache, remote } = twoTiers();
    remote.hang('setWithTtl', 'setMany');
    const reading = watch(cache.getOrCompute('key', () => 1));
    expect(await reading()).toEqual(PENDING);
    remote.heal();
    expect(await reading()).toEqual(value(1));
  });

  it('does not keep the caller of a batch waiting', async () => {
    const { cache, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany');
    const reading = cache.getOrComputeMany(['a', 'b'], (keys) => keys.map((key) => [key, 1]));
    expect(await outcomeOf(reading)).toEqual(
      value(
        new Map([
          ['a', 1],
          ['b', 1],
        ]),
      ),
    );
    remote.heal();
    await settle();
  });

  it('fails for nobody, and is counted and announced as failing', async () => {
    const { cache, remote } = inBackground();
    const events = recordEvents(cache);
    remote.fail(new Error('down'), 'setWithTtl', 'setMany');
    expect(await outcomeOf(cache.getOrCompute('key', () => 1))).toEqual(value(1));
    await settle();
    expect(tierStats(cache, 'remote').errors).toBe(1);
    expect(events.map(({ type }) => type)).toContain('tierError');
  });

  it.each([
    ['set', (cache: ReturnType<typeof inBackground>['cache']) => cache.set('key', 1)],
    ['remove', (cache: ReturnType<typeof inBackground>['cache']) => cache.remove('key')],
  ])('is waited for by %s: what is done by hand is done when it has resolved', async (_, act) => {
    const { cache, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany', 'remove', 'removeMany');
    const acting = watch(act(cache));
    expect(await acting()).toEqual(PENDING);
    remote.heal();
    expect((await acting()).state).toBe('value');
    remote.fail(new Error('down'), 'setWithTtl', 'setMany', 'remove', 'removeMany');
    await expect(act(cache)).rejects.toBeInstanceOf(BackendError);
  });

  it('is not left with an old value by a removal that comes while it is written', async () => {
    const { cache, neighbour, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany');
    await cache.getOrCompute('key', () => 'old');
    const removing = watch(cache.remove('key'));
    await settle();
    remote.heal();
    expect((await removing()).state).toBe('value');
    expect(cache.peek('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
    expect(await cache.get('key')).toBeUndefined();
  });

  it('is not left with an old value by a set that comes while it is written', async () => {
    const { cache, neighbour, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany');
    await cache.getOrCompute('key', () => 'old');
    const setting = watch(cache.set('key', 'new'));
    await settle();
    remote.heal();
    expect((await setting()).state).toBe('value');
    expect(cache.peek('key')).toBe('new');
    // The old value may have landed last, and was removed then, with whatever stood there.
    expect([undefined, 'new']).toContain(await neighbour.get('key'));
  });

  it(`has at most ${LIMIT} writes under way that nobody waits for: those beyond are waited for`, async () => {
    const { cache, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany');
    for (let key = 0; key < LIMIT; key++) await cache.getOrCompute(`key ${key}`, () => key);
    const beyond = watch(cache.getOrCompute('beyond', () => 1));
    expect(await beyond()).toEqual(PENDING);
    expect(writes(remote)).toBe(LIMIT + 1);
    remote.heal();
    expect(await beyond()).toEqual(value(1));
    remote.hang('setWithTtl', 'setMany');
    expect(await outcomeOf(cache.getOrCompute('after', () => 1))).toEqual(value(1));
    remote.heal();
    await settle();
  });

  it('is given to a reader from memory meanwhile', async () => {
    const { cache, remote } = inBackground();
    remote.hang('setWithTtl', 'setMany');
    await cache.getOrCompute('key', () => 1);
    expect(await cache.getOrCompute('key', mustNotLoad)).toBe(1);
    remote.heal();
    await settle();
  });

  it('refuses a mode that there is not', () => {
    expect(() => twoTiers({}, { writeMode: 'later' as 'await' })).toThrow(/writeMode/);
  });
});

/** Two instances whose shared tier is written in the background. */
async function twoInBackground() {
  const world = new World();
  const policy = { writeMode: 'background' } as const;
  const a = world.instance('a', { policy });
  const b = world.instance('b', { policy });
  await a.cache.healthCheck();
  await b.cache.healthCheck();
  return { shared: world.shared, a, b };
}

describe('a shared tier that is written in the background', () => {
  it('does not keep the caller waiting, and has the value when its fill has ended', async () => {
    const { a, b } = await twoInBackground();
    a.store.hang('fill');
    expect(await outcomeOf(a.cache.getOrCompute('key', () => 1))).toEqual(value(1));
    expect(await b.cache.get('key')).toBeUndefined();
    a.store.heal();
    await settle();
    expect(a.cache.peek('key')).toBe(1);
    expect(await b.cache.get('key')).toBe(1);
  });

  it('has other instances wait for the fill, and not load the key too', async () => {
    const { a, b } = await twoInBackground();
    a.store.hang('fill');
    await a.cache.getOrCompute('key', () => 1);
    const reading = watch(b.cache.getOrCompute('key', mustNotLoad));
    expect(await reading()).toEqual(PENDING);
    a.store.heal();
    expect(await reading()).toEqual(value(1));
  });

  it('is refused a fill that a removal elsewhere has overtaken', async () => {
    const { a, b, shared } = await twoInBackground();
    a.store.hang('fill');
    await a.cache.getOrCompute('key', () => 'old');
    await b.cache.remove('key');
    a.store.heal();
    await settle();
    expect(shared.getFenced('default::key')).toBeUndefined();
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
    expect(await outcomeOf(a.cache.getOrCompute('key', () => 'new'))).toEqual(value('new'));
  });

  it('does not have a value answered that was loaded before a removal, while its fill is under way', async () => {
    const { a, b } = await twoInBackground();
    const origin = new Origin();
    a.store.hang('fill');
    await a.cache.getOrCompute('key', origin.load, KEPT);
    await b.cache.remove('key');
    origin.version = 2;
    const reading = watch(a.cache.getOrCompute('key', origin.load, KEPT));
    await settle();
    a.store.heal();
    expect(await reading()).toEqual(value(2));
  });
});
