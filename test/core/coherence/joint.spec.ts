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

  it('are all kept for later where one of the removals fails', async () => {
    const world = await twoInstances();
    const { a, b, clock } = world;
    await b.cache.setMany(KEYS.map((key) => [key, 'old']));
    await a.cache.getMany(KEYS);
    let calls = 0;
    const discard = b.store.discard?.bind(b.store);
    Object.assign(b.store, {
      discard: async (keys: readonly string[]) => {
        if (calls++ === 1) throw new Error('the connection was lost');
        await discard?.(keys);
      },
    });
    const outcomes = await Promise.allSettled(KEYS.map((key) => b.cache.remove(key)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: expect.any(InvalidationPendingError),
      });
    }
    expect(b.cache.stats().coherence.pending).toBe(3);

    await clock.advance(STALENESS);
    await settle();
    expect(b.cache.stats().coherence.pending).toBe(0);
    expect(await a.cache.getMany(KEYS)).toEqual(new Map());
    expect(await b.cache.getMany(KEYS)).toEqual(new Map());
  });
});
