import { describe, expect, it } from '@jest/globals';
import { InvalidationPendingError } from '../../../lib/contract/errors.js';
import { guardRejections, settle } from '../helpers.js';
import { STALENESS, twoInstances, type World } from './world.js';

guardRejections();

const KEYS = ['x', 'y', 'z'];
const STORED = KEYS.map((key) => `default::${key}`);

describe('Invalidations that are asked for at once', () => {
  it.each([
    ['removals', (cache, key) => cache.remove(key), { keys: STORED }],
    ['values that are set', (cache, key) => cache.set(key, key), { keys: STORED }],
    ['updates', (cache, key) => cache.update(key, key), { keys: STORED, push: true }],
  ] as const satisfies readonly (readonly [
    string,
    (cache: ReturnType<World['instance']>['cache'], key: string) => Promise<void>,
    object,
  ])[])('are told as one: %s', async (_, act, scope) => {
    const world = await twoInstances();
    const { a, b } = world;
    await b.cache.setMany(KEYS.map((key) => [key, 'old']));
    await a.cache.getMany(KEYS);
    const before = world.recorded.length;
    await Promise.all(KEYS.map((key) => act(b.cache, key)));
    await settle();

    expect(world.recorded.slice(before)).toEqual([scope]);
    expect(await a.cache.getMany(KEYS)).toEqual(await b.cache.getMany(KEYS));
    expect([...(await a.cache.getMany(KEYS)).values()]).not.toContain('old');
  });

  it('are told apart where the new values are to be fetched, and where they are not', async () => {
    const world = await twoInstances();
    const { a } = world;
    await Promise.all([a.cache.set('x', 1), a.cache.update('y', 2)]);

    expect(world.recorded).toEqual([
      { keys: ['default::x'] },
      { keys: ['default::y'], push: true },
    ]);
  });

  it('are told apart where one waits for the other', async () => {
    const world = await twoInstances();
    await world.a.cache.remove('x');
    await world.a.cache.remove('y');

    expect(world.recorded).toEqual([{ keys: ['default::x'] }, { keys: ['default::y'] }]);
  });

  it('are told all the same where the removal of another key fails, which is kept for later', async () => {
    const world = await twoInstances();
    const { a, b, clock } = world;
    await b.cache.setMany(KEYS.map((key) => [key, 'old']));
    await a.cache.getMany(KEYS);
    const discard = b.store.discard?.bind(b.store);
    let isUp = false;
    Object.assign(b.store, {
      discard: async (keys: readonly string[]) => {
        if (keys.includes('default::y') && !isUp) throw new Error('not this one');
        await discard?.(keys);
      },
    });
    const outcomes = await Promise.allSettled(KEYS.map((key) => b.cache.remove(key)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: expect.any(InvalidationPendingError) });
    expect(b.cache.stats().coherence.pending).toBe(1);
    for (const key of ['x', 'z']) expect(await a.cache.get(key)).toBeUndefined();

    isUp = true;
    await clock.advance(STALENESS);
    await settle();
    expect(b.cache.stats().coherence.pending).toBe(0);
    for (const { cache } of [a, b]) expect(await cache.getMany(KEYS)).toEqual(new Map());
  });

  it('are all kept for later where they cannot be told', async () => {
    const world = await twoInstances();
    const { b } = world;
    b.bus.sever();
    const outcomes = await Promise.allSettled(KEYS.map((key) => b.cache.remove(key)));

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(b.cache.stats().coherence.pending).toBe(3);
  });
});
