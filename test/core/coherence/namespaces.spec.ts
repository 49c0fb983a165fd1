import { describe, expect, it } from '@jest/globals';
import { deferred, guardRejections, settle } from '../helpers.js';
import { threeInstances, twoInstances } from './world.js';

guardRejections();

describe('A namespace', () => {
  it('is cleared by one message, with those inside it and no other', async () => {
    const world = await threeInstances();
    const { a, b, c } = world;
    const users = a.cache.namespace('users');
    const spaces = [users, users.namespace('old'), a.cache.namespace('users2'), a.cache];
    for (const space of spaces) await space.set('key', 'value');
    for (const { cache } of [b, c]) {
      await cache.namespace('users').get('key');
      await cache.namespace('users').namespace('old').get('key');
    }
    const { length } = world.recorded;
    await b.cache.namespace('users').clear();
    expect(world.recorded.slice(length)).toEqual([{ tags: ['\0users'] }]);
    for (const { cache } of [a, b, c]) {
      const there = cache.namespace('users');
      expect(there.peek('key')).toBeUndefined();
      expect(await there.get('key')).toBeUndefined();
      expect(await there.namespace('old').get('key')).toBeUndefined();
      expect(await cache.namespace('users2').get('key')).toBe('value');
      expect(await cache.get('key')).toBe('value');
    }
  });

  it('inside another is cleared without the other', async () => {
    const { a, b } = await twoInstances();
    const outer = a.cache.namespace('outer');
    await outer.set('key', 1);
    await outer.namespace('inner').set('key', 2);
    await b.cache.namespace('outer').namespace('inner').clear();
    expect(await outer.get('key')).toBe(1);
    expect(await outer.namespace('inner').get('key')).toBeUndefined();
  });

  it('keeps nothing of a load that began before it was cleared', async () => {
    const { a, b } = await twoInstances();
    const gate = deferred();
    const reading = a.cache.namespace('n').getOrCompute('key', async () => {
      await gate.promise;
      return 'old';
    });
    await settle();
    await b.cache.namespace('n').clear();
    gate.resolve();
    expect(await reading).toBe('old');
    expect(await a.cache.namespace('n').get('key')).toBeUndefined();
    expect(await b.cache.namespace('n').get('key')).toBeUndefined();
  });

  it('is the whole cache when the root is cleared', async () => {
    const world = await twoInstances();
    const { a, b } = world;
    await a.cache.set('key', 1);
    await a.cache.namespace('n').set('key', 2);
    await b.cache.get('key');
    await b.cache.clear();
    expect(world.recorded.at(-1)).toEqual({ all: true });
    for (const { cache } of [a, b]) {
      expect(await cache.get('key')).toBeUndefined();
      expect(await cache.namespace('n').get('key')).toBeUndefined();
    }
  });
});
