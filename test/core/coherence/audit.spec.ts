import { describe, expect, it } from '@jest/globals';
import type {
  InvalidationRecord,
  InvalidationsOptions,
} from '../../../lib/core/coherence/invalidation-audit.js';
import { guardRejections, settle } from '../helpers.js';
import { twoInstances, type Instance } from './world.js';

guardRejections();

describe('The record of invalidations', () => {
  it('tells each of any instance once: who, when, and what in the words of its caller', async () => {
    const { a, b, clock } = await twoInstances();
    const { records } = watch(a);
    await settle();
    await a.cache.namespace('n').removeMany(['one', 'two']);
    await b.cache.invalidateTags(['t']);
    await b.cache.namespace('n').clear();
    await b.cache.removePattern('x*');
    await b.cache.clear();
    const at = new Date(clock.wallTime());
    expect(records.map(({ stamp: _stamp, ...told }) => told)).toEqual([
      {
        origin: 'a',
        at,
        keys: [
          { namespace: 'n', key: 'one' },
          { namespace: 'n', key: 'two' },
        ],
      },
      { origin: 'b', at, tags: ['t'] },
      { origin: 'b', at, namespaces: ['n'] },
      { origin: 'b', at, patterns: ['default::x*'] },
      { origin: 'b', at, patterns: ['default::x*'] },
      { origin: 'b', at, all: true },
    ]);
    const positions = records.map(({ stamp }) => stamp.position);
    expect(positions).toEqual(positions.toSorted((x, y) => x - y));
    expect(new Set(positions).size).toBe(6);
  });

  it('goes on from a stamp without a gap and without telling anything twice', async () => {
    const { a, b } = await twoInstances();
    const first = watch(a);
    await settle();
    await b.cache.remove('one');
    await b.cache.remove('two');
    await b.cache.remove('three');
    const since = first.records[0]?.stamp;
    if (since === undefined) throw new Error('there is one');
    const second = watch(a, { since });
    await b.cache.remove('four');
    await settle();
    expect(keysOf(second.records)).toEqual(['two', 'three', 'four']);
  });

  it('begins with the oldest when it is asked to', async () => {
    const { a, b } = await twoInstances();
    await b.cache.remove('one');
    const { records } = watch(a, { since: 'oldest' });
    await settle();
    await b.cache.remove('two');
    expect(keysOf(records)).toEqual(['before', 'one', 'two']);
  });

  it('fails with what to do where the log no longer reaches back', async () => {
    const { a, b, log } = await twoInstances();
    const { stamp } = log;
    await b.cache.remove('one');
    await b.cache.remove('two');
    log.trim();
    const { errors } = watch(a, { since: stamp });
    await settle();
    expect(errors).toMatchObject([{ code: 'INVALID_OPTION', option: 'since' }]);
  });

  it('ends with the cache', async () => {
    const { a } = await twoInstances();
    const watched = watch(a);
    await a.cache.close();
    expect(watched.hasEnded).toBe(true);
  });
});

function watch({ cache }: Instance, options?: InvalidationsOptions) {
  const watched = {
    records: [] as InvalidationRecord[],
    errors: [] as unknown[],
    hasEnded: false,
  };
  cache.invalidations(options).subscribe({
    next: (record) => watched.records.push(record),
    error: (error: unknown) => watched.errors.push(error),
    complete: () => {
      watched.hasEnded = true;
    },
  });
  return watched;
}

function keysOf(records: readonly InvalidationRecord[]): unknown[] {
  return records.map(({ keys }) => keys?.[0]?.key);
}
