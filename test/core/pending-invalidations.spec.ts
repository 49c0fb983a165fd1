import { describe, expect, it } from '@jest/globals';
import { BackendError } from '../../lib/contract/errors.js';
import type { InvalidationScope } from '../../lib/contract/invalidation-bus.js';
import { PendingInvalidations } from '../../lib/core/coherence/pending-invalidations.js';
import { deferred, guardRejections, settle } from './helpers.js';

guardRejections();

const MOST = 10_000;

/** What is pending, and what has been carried out of it. */
function setUp() {
  const done: InvalidationScope[] = [];
  const store = { answer: Promise.resolve() };
  const pending = new PendingInvalidations(async (scope) => {
    await store.answer;
    done.push(scope);
  });
  return { pending, done, store };
}

function covers(pending: PendingInvalidations, key: string, tags: readonly string[] = []): boolean {
  return pending.covers(key, key, tags);
}

describe('what is pending', () => {
  it('is kept once, however often it is asked for while the store is away', async () => {
    const { pending, done } = setUp();
    for (let n = 0; n < 3 * MOST; n++) {
      pending.add({ keys: [`key ${n % 50}`] }, undefined);
      pending.add({ tags: [`tag ${n % 50}`] }, undefined);
      pending.add({ patterns: [`pattern ${n % 50}*`] }, undefined);
    }
    expect(pending.size).toBe(150);
    expect(await pending.replay()).toBe(true);
    expect(done).toHaveLength(150);
    expect(covers(pending, 'key 0', ['tag 0'])).toBe(false);
  });

  it('is kept again where it names what none before it names', () => {
    const { pending } = setUp();
    pending.add({ keys: ['a', 'b'] }, undefined);
    pending.add({ keys: ['b'] }, undefined);
    expect(pending.size).toBe(1);
    pending.add({ keys: ['b', 'c'] }, undefined);
    pending.add({ keys: ['a'], tags: ['t'] }, undefined);
    pending.add({ patterns: ['a'] }, undefined);
    expect(pending.size).toBe(4);
  });

  it('is kept again where it holds its keys', () => {
    const { pending } = setUp();
    for (let n = 0; n < 3; n++) pending.add({ keys: ['a'] }, 1000);
    expect(pending.size).toBe(3);
  });

  it.each([
    { keys: ['a', 'a'] },
    { tags: ['a', 'a'] },
    { patterns: ['a*', 'a*'] },
    { all: true as const },
  ])(
    'is kept again while it is being carried out, which may be too early for it: %j',
    async (scope) => {
      const { pending, done, store } = setUp();
      pending.add(scope, undefined);
      const answering = deferred();
      store.answer = answering.promise;
      const replaying = pending.replay();
      await settle();
      pending.add(scope, undefined);
      pending.add(scope, undefined);
      expect(pending.size).toBe(2);
      answering.resolve();
      expect(await replaying).toBe(true);
      expect(done).toEqual([scope, scope]);
    },
  );

  it('is left out while one of everything is to come', () => {
    const { pending } = setUp();
    pending.add({ all: true }, undefined);
    for (let n = 0; n < 100; n++) pending.add({ keys: [`${n}`] }, undefined);
    pending.add({ all: true }, undefined);
    expect(pending.size).toBe(1);
    expect(covers(pending, 'anything')).toBe(true);
  });

  const more: readonly (readonly [string, (n: number) => InvalidationScope, number])[] = [
    ['invalidations', (n) => ({ keys: [`${n}`] }), MOST],
    ['patterns', (n) => ({ patterns: [`${n}*`] }), 100],
    ['text', (n) => ({ keys: [`${n}`.padEnd(40_000, '.')] }), 100],
    ['keys at once', (n) => ({ keys: Array.from({ length: 100_000 }, (_, i) => `${n}:${i}`) }), 5],
  ];

  it.each(more)(
    'becomes one of everything when there are more %s than are kept: nothing is lost',
    async (_, scope, most) => {
      const { pending, done } = setUp();
      for (let n = 0; n < most; n++) pending.add(scope(n), undefined);
      expect(pending.size).toBe(most);
      expect(covers(pending, 'anything else')).toBe(false);
      pending.add(scope(most), undefined);
      expect(pending.size).toBe(1);
      expect(covers(pending, 'anything else')).toBe(true);
      expect(await pending.replay()).toBe(true);
      expect(done).toEqual([{ all: true }]);
      expect(covers(pending, 'anything else')).toBe(false);
      // All that was counted has been given back.
      for (let n = 0; n < most; n++) pending.add(scope(n), undefined);
      expect(pending.size).toBe(most);
    },
  );

  it('becomes one of everything also while its first is being carried out', async () => {
    const { pending, done, store } = setUp();
    pending.add({ keys: ['first'] }, undefined);
    const answering = deferred();
    store.answer = answering.promise;
    const replaying = pending.replay();
    for (let n = 0; n < MOST; n++) pending.add({ keys: [`${n}`] }, undefined);
    expect(pending.size).toBe(1);
    answering.resolve();
    expect(await replaying).toBe(true);
    expect(done).toEqual([{ keys: ['first'] }, { all: true }]);
  });

  it('is kept when the store fails in the middle, and goes on where that was', async () => {
    const { pending, done, store } = setUp();
    for (const key of ['a', 'b']) pending.add({ keys: [key] }, undefined);
    store.answer = Promise.reject(new BackendError('store', 'discard', 'down'));
    expect(await pending.replay()).toBe(false);
    pending.add({ keys: ['a'] }, undefined);
    expect(pending.size).toBe(2);
    store.answer = Promise.resolve();
    expect(await pending.replay()).toBe(true);
    expect(done).toEqual([{ keys: ['a'] }, { keys: ['b'] }]);
  });
});
