import { describe, expect, it, jest } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ClosedError,
  InvalidKeyError,
  InvalidOptionError,
  LoadTimeoutError,
} from '../../lib/contract/errors.js';
import type { WarmUpProgress } from '../../lib/core/warm-up/warm-up-tally.js';
import {
  counted,
  deferred,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  reads,
  recordEvents,
  settle,
  twoTiers,
  type Deferred,
} from './helpers.js';

guardRejections();

/** A generator of keys, with what has been asked of it. */
function keysOf(all: readonly string[]) {
  const seen = { read: 0, closed: 0 };
  async function* generate(): AsyncGenerator<string> {
    try {
      for (const key of all) {
        seen.read++;
        await nextTurn();
        yield key;
      }
    } finally {
      seen.closed++;
    }
  }
  return { keys: generate(), seen };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key:${index}`);
}

/** A loader of which each run is ended by hand. */
function loadsByHand() {
  const under: { key: string; run: Deferred<string> }[] = [];
  const state = { most: 0 };
  return {
    under,
    state,
    loader: ({ key }: { readonly key: string }): Promise<string> => {
      const run = deferred<string>();
      under.push({ key, run });
      state.most = Math.max(state.most, under.length);
      return run.promise;
    },
    finish: async (): Promise<void> => {
      const next = under.shift();
      next?.run.resolve(`value of ${next.key}`);
      await settle();
    },
  };
}

const none: WarmUpProgress = {
  done: 0,
  present: 0,
  loaded: 0,
  failed: 0,
  firstFailure: undefined,
};

describe('warmUp', () => {
  it('loads what no tier has, and nothing else', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await cache.set('in memory', 'kept');
    await neighbour.set('below', 'kept');
    const loaded: string[] = [];

    const progress = await cache.warmUp(['in memory', 'below', 'new', 'other'], ({ key }) => {
      loaded.push(key);
      return `value of ${key}`;
    });

    expect(progress).toEqual({ ...none, done: 4, present: 2, loaded: 2 });
    expect(loaded).toEqual(['new', 'other']);
    expect(cache.peek('below')).toBe('kept');
    expect(cache.peek('new')).toBe('value of new');
    expect(await neighbour.get('new')).toBe('value of new');
    const before = reads(remote);
    expect(await cache.warmUp(['below', 'new'], mustNotLoad)).toMatchObject({ present: 2 });
    expect(reads(remote)).toBe(before);
  });

  it('is done at once with no keys at all', async () => {
    const { cache } = memoryOnly();
    const told: WarmUpProgress[] = [];
    const onProgress = (progress: WarmUpProgress): void => void told.push(progress);
    expect(await cache.warmUp([], mustNotLoad, { onProgress })).toEqual(none);
    expect(told).toEqual([none]);
  });

  it('has no more loads under way than concurrency says, which is 4 by default', async () => {
    const { cache } = memoryOnly();
    for (const [options, most] of [
      [undefined, 4],
      [{ concurrency: 1 }, 1],
      [{ concurrency: 7 }, 7],
    ] as const) {
      const { loader, finish, state, under } = loadsByHand();
      const warming = cache.warmUp(numbered(20), loader, options);
      await settle();
      expect(under).toHaveLength(most);
      for (let key = 0; key < 20; key++) await finish();
      expect(await warming).toEqual({ ...none, done: 20, loaded: 20 });
      expect(state.most).toBe(most);
      await cache.clear();
    }
  });

  it('reads no key before there is room for it', async () => {
    const { cache } = memoryOnly();
    const { keys, seen } = keysOf(numbered(10));
    const { loader, finish } = loadsByHand();
    const warming = cache.warmUp(keys, loader, { concurrency: 3 });
    await settle();
    await settle();
    expect(seen.read).toBe(3);
    await finish();
    expect(seen.read).toBe(4);
    for (let key = 0; key < 9; key++) await finish();
    expect(await warming).toMatchObject({ done: 10 });
    expect(seen).toEqual({ read: 10, closed: 1 });
  });

  it('asks an iterator for one key at a time', async () => {
    const { cache } = memoryOnly();
    let asking = 0;
    let most = 0;
    let left = 12;
    const keys: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        async next(): Promise<IteratorResult<string>> {
          most = Math.max(most, ++asking);
          await nextTurn();
          asking--;
          return left-- > 0
            ? { done: false, value: `key:${left}` }
            : { done: true, value: undefined };
        },
      }),
    };
    expect(await cache.warmUp(keys, () => 'value')).toMatchObject({ loaded: 12 });
    expect(most).toBe(1);
  });

  it('takes a set, a generator and an iterable that may be asynchronous', async () => {
    const { cache } = memoryOnly();
    await cache.warmUp(new Set(['one']), () => 1);
    await cache.warmUp(['two'].values(), () => 2);
    await cache.warmUp(keysOf(['three']).keys, () => 3);
    expect(await cache.getMany(['one', 'two', 'three'])).toEqual(
      new Map([
        ['one', 1],
        ['two', 2],
        ['three', 3],
      ]),
    );
  });

  it('shares a load with who asks for the key meanwhile, on either side', async () => {
    const { cache } = memoryOnly();
    const first = deferred<string>();
    const asked = cache.getOrCompute('theirs', () => first.promise);
    const second = deferred<string>();
    const warming = cache.warmUp(['theirs', 'ours'], () => second.promise);
    await settle();
    const joined = cache.getOrCompute('ours', mustNotLoad);
    first.resolve('from them');
    second.resolve('from us');
    expect(await warming).toEqual({ ...none, done: 2, present: 1, loaded: 1 });
    expect([await asked, await joined]).toEqual(['from them', 'from us']);
    expect(cache.stats().loads).toBe(2);
  });

  it('keeps nothing of a load that an invalidation overtakes', async () => {
    const { cache, remote } = twoTiers();
    const load = deferred<string>();
    const warming = cache.warmUp(['key'], () => load.promise);
    await settle();
    await cache.remove('key');
    load.resolve('old');
    expect(await warming).toMatchObject({ loaded: 1 });
    expect(cache.peek('key')).toBeUndefined();
    expect(await remote.get('default::key')).toBeUndefined();
  });

  it('keeps values as the options of loads and the loader say', async () => {
    const { cache, clock } = memoryOnly();
    await cache.warmUp(
      ['short', 'long'],
      (context) => {
        if (context.key === 'long') context.setTtl(2000);
        context.addTags('own');
        return 'value';
      },
      { ttl: 1000, tags: ['given'] },
    );
    await clock.advance(1000);
    expect([cache.peek('short'), cache.peek('long')]).toEqual([undefined, 'value']);
    await cache.invalidateTags(['own']);
    expect(cache.peek('long')).toBeUndefined();
  });

  it('has the keys of its namespace', async () => {
    const { cache } = memoryOnly();
    await cache.namespace('cities').warmUp(['1'], ({ key }) => key);
    expect(cache.namespace('cities').peek('1')).toBe('1');
    expect(cache.peek('1')).toBeUndefined();
  });

  it('lets others have their turn, though memory has every key', async () => {
    const { cache } = memoryOnly();
    await cache.set('key', 'value');
    let turns = 0;
    const keys = Array.from({ length: 1000 }, () => 'key');
    const turn = (): void => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const progress = await cache.warmUp(keys, mustNotLoad);
    clearImmediate(next);
    expect(progress).toEqual({ ...none, done: 1000, present: 1000 });
    expect(turns).toBeGreaterThanOrEqual(9);
  });
});

describe('a warm-up of which loads fail', () => {
  it('counts them, has the error of the first, and goes on', async () => {
    const { cache } = memoryOnly();
    const errors: Record<string, Error> = { b: new TypeError('b'), d: new RangeError('d') };
    const progress = await cache.warmUp(['a', 'b', 'c', 'd'], ({ key }) => {
      const error = errors[key];
      if (error !== undefined) throw error;
      return key;
    });
    expect(progress).toEqual({
      ...none,
      done: 4,
      loaded: 2,
      failed: 2,
      firstFailure: { key: 'b', error: errors['b'] },
    });
    expect(cache.peek('c')).toBe('c');
  });

  it('counts a value that no tier of bytes can store as failed', async () => {
    const { cache } = twoTiers({ copy: 'none' });
    const progress = await cache.warmUp(['key'], () => ({ act: () => undefined }));
    expect(progress).toMatchObject({ loaded: 0, failed: 1, firstFailure: { key: 'key' } });
  });

  it('counts the failure of a load that it has joined', async () => {
    const { cache } = memoryOnly();
    const theirs = deferred<string>();
    const asked = cache.getOrCompute('key', () => theirs.promise);
    const warming = cache.warmUp(['key'], mustNotLoad);
    await settle();
    const error = new Error('down');
    theirs.reject(error);
    await expect(asked).rejects.toBe(error);
    expect(await warming).toMatchObject({ failed: 1, firstFailure: { key: 'key', error } });
  });

  it('counts a load as failed though an older value is served in its place', async () => {
    const { cache, clock } = memoryOnly({ staleFor: '1h' });
    await cache.set('key', 'old', { ttl: 1000 });
    await clock.advance(1000);
    const error = new Error('down');
    const progress = await cache.warmUp(['key'], () => Promise.reject(error));
    expect(progress).toEqual({ ...none, done: 1, failed: 1, firstFailure: { key: 'key', error } });
    expect(await cache.getOrCompute('key', mustNotLoad)).toBe('old');
  });

  it('gives a place free that a load has held for too long', async () => {
    const { cache, clock } = memoryOnly();
    const hangs = deferred<string>();
    const warming = cache.warmUp(
      ['hangs', 'other'],
      ({ key }) => (key === 'hangs' ? hangs.promise : key),
      { concurrency: 1, hardTimeout: 1000 },
    );
    await clock.advance(999);
    expect(cache.peek('other')).toBeUndefined();
    await clock.advance(1);
    expect(await warming).toMatchObject({
      loaded: 1,
      failed: 1,
      firstFailure: { key: 'hangs', error: expect.any(LoadTimeoutError) },
    });
    hangs.resolve('at last');
  });

  it('counts a tier that fails to answer as nothing: the loader answers', async () => {
    const { cache, remote } = twoTiers();
    remote.fail(new Error('down'));
    expect(await cache.warmUp(['key'], () => 'value')).toMatchObject({ loaded: 1, failed: 0 });
    expect(cache.peek('key')).toBe('value');
  });
});

describe('the progress of a warm-up', () => {
  it('is told at most once in progressEvery, and at the end', async () => {
    const { cache, clock } = memoryOnly();
    const { loader, finish } = loadsByHand();
    const told: number[] = [];
    const warming = cache.warmUp(numbered(6), loader, {
      concurrency: 1,
      progressEvery: 100,
      onProgress: ({ done }) => told.push(done),
    });
    await settle();
    await finish();
    await clock.advance(99);
    await finish();
    expect(told).toEqual([]);
    await clock.advance(1);
    await finish();
    await finish();
    expect(told).toEqual([3]);
    await finish();
    await finish();
    await warming;
    expect(told).toEqual([3, 6]);
  });

  it('is told after each key where progressEvery is 0, and the end not twice', async () => {
    const { cache } = memoryOnly();
    const told: WarmUpProgress[] = [];
    await cache.warmUp(['a', 'b'], () => 1, {
      progressEvery: 0,
      onProgress: (progress) => told.push(progress),
    });
    expect(told).toEqual([
      { ...none, done: 1, loaded: 1 },
      { ...none, done: 2, loaded: 2 },
    ]);
  });

  it('ends the warm-up where its listener throws, with that error', async () => {
    const { cache } = memoryOnly();
    const { keys, seen } = keysOf(numbered(10));
    const error = new Error('no listener');
    const warming = cache.warmUp(keys, () => 1, {
      concurrency: 1,
      progressEvery: 0,
      onProgress: () => {
        throw error;
      },
    });
    await expect(warming).rejects.toBe(error);
    await settle();
    expect(seen.read).toBeLessThan(3);
    expect(seen.closed).toBe(1);
  });
});

describe('a warm-up that is stopped', () => {
  it("rejects with the signal's reason at once, reads no further key, and closes the iterator", async () => {
    const { cache } = memoryOnly();
    const { keys, seen } = keysOf(numbered(10));
    const { loader, finish, under } = loadsByHand();
    const abort = new AbortController();
    const onProgress = jest.fn();
    const warming = cache.warmUp(keys, loader, {
      concurrency: 2,
      signal: abort.signal,
      progressEvery: 0,
      onProgress,
    });
    await settle();
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(warming).rejects.toBe(reason);
    expect(under).toHaveLength(2);
    await finish();
    await finish();
    expect(seen).toEqual({ read: 2, closed: 1 });
    expect(onProgress).not.toHaveBeenCalled();
    // Others may wait for the loads that were under way: they have ended as any.
    expect(cache.peek('key:0')).toBe('value of key:0');
  });

  it('is not held up by an iterator that answers nothing any more', async () => {
    const { cache } = memoryOnly();
    let closed = 0;
    const keys: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => undefined),
        async return() {
          closed++;
          throw new Error('the cursor is gone');
        },
      }),
    };
    const abort = new AbortController();
    const warming = cache.warmUp(keys, mustNotLoad, { signal: abort.signal });
    await settle();
    abort.abort('enough');
    await expect(warming).rejects.toBe('enough');
    expect(closed).toBe(1);
  });

  it('loads no key that it was reading at that time', async () => {
    const { cache } = memoryOnly();
    const next = deferred<IteratorResult<string>>();
    const keys: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => next.promise }),
    };
    const abort = new AbortController();
    const warming = cache.warmUp(keys, mustNotLoad, { signal: abort.signal });
    await settle();
    abort.abort('enough');
    await expect(warming).rejects.toBe('enough');
    next.resolve({ done: false, value: 'key' });
    await settle();
    expect(cache.stats()).toMatchObject({ misses: 0, loads: 0 });
  });

  it('reads nothing where the signal was aborted before', async () => {
    const { cache } = memoryOnly();
    let read = 0;
    const keys = (function* (): Generator<string> {
      read++;
      yield 'key';
    })();
    const signal = AbortSignal.abort('too late');
    await expect(cache.warmUp(keys, mustNotLoad, { signal })).rejects.toBe('too late');
    expect(read).toBe(0);
  });

  it('leaves no listener on the signal', async () => {
    const { cache } = memoryOnly();
    const { signal } = new AbortController();
    const add = jest.spyOn(signal, 'addEventListener');
    const remove = jest.spyOn(signal, 'removeEventListener');
    await cache.warmUp(['key'], () => 1, { signal });
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove.mock.calls[0]?.[1]).toBe(add.mock.calls[0]?.[1]);
  });

  it('ends with the cache, whose close does not wait for its keys', async () => {
    const { cache } = memoryOnly();
    const keys: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => undefined),
      }),
    };
    const warming = cache.warmUp(keys, mustNotLoad);
    await settle();
    const closing = cache.close();
    await expect(warming).rejects.toThrow(ClosedError);
    await closing;
    await expect(cache.warmUp(['key'], mustNotLoad)).rejects.toThrow(ClosedError);
  });

  it('is not begun while a closing cache waits for its loads', async () => {
    const { cache } = memoryOnly();
    const load = deferred<string>();
    const asked = cache.getOrCompute('key', () => load.promise);
    await settle();
    const closing = cache.close();
    await expect(cache.warmUp(['other'], mustNotLoad)).rejects.toThrow(ClosedError);
    load.resolve('value');
    await closing;
    expect(await asked).toBe('value');
  });

  it('is stopped by what its keys throw', async () => {
    const { cache } = memoryOnly();
    const error = new Error('the query failed');
    const keys = (async function* (): AsyncGenerator<string> {
      yield 'first';
      throw error;
    })();
    await expect(cache.warmUp(keys, () => 1)).rejects.toBe(error);
    await settle();
    expect(cache.peek('first')).toBe(1);
  });

  it('is stopped by a key that is none, and closes the iterator', async () => {
    const { cache } = memoryOnly();
    for (const bad of ['', 'x'.repeat(1025), 7 as never]) {
      const { keys, seen } = keysOf(['good', bad, 'never']);
      const loader = counted(() => 1);
      await expect(cache.warmUp(keys, loader)).rejects.toThrow(InvalidKeyError);
      await settle();
      expect(seen).toEqual({ read: 2, closed: 1 });
      expect(loader.runs).toBe(1);
      await cache.clear();
    }
  });
});

describe('warmUp refuses', () => {
  it.each<[string, unknown]>([
    ['a string, which is no list of keys', 'key'],
    ['no keys', undefined],
    ['an object that cannot be iterated', {}],
    ['an iterator that answers nothing', { [Symbol.iterator]: () => ({ next: () => undefined }) }],
  ])('%s', async (_, keys) => {
    const { cache } = memoryOnly();
    await expect(cache.warmUp(keys as never, mustNotLoad)).rejects.toThrow('Option "keys"');
  });

  it('a loader that is no function, before a key is read', async () => {
    const { cache } = memoryOnly();
    const { keys, seen } = keysOf(['key']);
    const call = cache.warmUp(keys, 'value' as never);
    await expect(call).rejects.toThrow('Option "loader": is a function; got "value"');
    expect(seen.read).toBe(0);
  });

  it.each<[string, object]>([
    ['concurrency', { concurrency: 0 }],
    ['concurrency', { concurrency: 1.5 }],
    ['progressEvery', { progressEvery: -1 }],
    ['onProgress', { onProgress: 'log' }],
    ['signal', { signal: new AbortController() }],
    ['options.concurency', { concurency: 8 }],
    ['tags', { tags: 'city' }],
    ['ttl', { ttl: 'soon' }],
    ['options', null as never],
  ])('what is wrong with the option %s, before a key is read', async (option, options) => {
    const { cache } = memoryOnly();
    const { keys, seen } = keysOf(['key']);
    const call = cache.warmUp(keys, mustNotLoad, options);
    await expect(call).rejects.toThrow(`Option "${option}`);
    expect(seen.read).toBe(0);
  });

  it('an unknown option by naming those that there are', async () => {
    const { cache } = memoryOnly();
    const call = cache.warmUp([], mustNotLoad, { concurency: 8 } as object);
    await expect(call).rejects.toThrow(InvalidOptionError);
    await expect(call).rejects.toThrow('there are concurrency, signal');
  });
});

describe('the loads of a warm-up', () => {
  it('are events and stats like any other', async () => {
    const { cache } = memoryOnly();
    const events = recordEvents(cache);
    await cache.warmUp(['key'], () => 1);
    expect(events.map(({ type }) => type)).toEqual(['miss', 'load']);
    expect(cache.stats()).toMatchObject({ misses: 1, loads: 1 });
  });
});
