import { describe, expect, it } from '@jest/globals';
import type { LoadContext } from '../../../lib/core/loading/load-context.js';
import { guardRejections, memoryOnly, twoTiers } from '../helpers.js';
import { DOWN, KEPT, outcomeOf, TTL, value } from './origin.js';

guardRejections();

interface City {
  name: string;
}

const PARIS = { name: 'Paris' };

/** A loader that changes what it was given, and then fails. */
function vandal(context: LoadContext): never {
  const { previous } = context;
  if (previous !== undefined) (previous.value as City).name = 'spoilt';
  throw DOWN;
}

describe.each([
  ['memory', memoryOnly as typeof twoTiers],
  ['memory and a store', twoTiers],
])('in %s, a stale value', (_, setUp) => {
  it('is frozen for the loader and for those who are given it, as a fresh one is', async () => {
    const { cache, clock } = setUp();
    await cache.set('key', { ...PARIS }, KEPT);
    await clock.advance(TTL);
    const given = await cache.getOrCompute<City>('key', vandal);
    expect(given).toEqual(PARIS);
    expect(Object.isFrozen(given)).toBe(true);
  });

  it('is copied for the loader and for those who are given it, where the cache copies', async () => {
    const { cache, clock } = setUp({ copy: 'clone' });
    await cache.set('key', { ...PARIS }, KEPT);
    await clock.advance(TTL);
    const first = await cache.getOrCompute<City>('key', vandal, { failSafeThrottle: 0 });
    expect(first).toEqual(PARIS);
    first.name = 'spoilt';
    // Once more from a load that has failed, and once throttled.
    const second = await cache.getOrCompute<City>('key', vandal);
    expect(second).toEqual(PARIS);
    second.name = 'spoilt';
    expect(await cache.getOrCompute<City>('key', vandal)).toEqual(PARIS);
  });

  it('is copied for each of those who share an answer that is slow', async () => {
    const { cache, clock } = setUp({ copy: 'clone' });
    await cache.set('key', { ...PARIS }, KEPT);
    await clock.advance(TTL);
    const never = new Promise<City>(() => undefined);
    const options = { softTimeout: 0 } as const;
    const answers = await Promise.all(
      [1, 2, 3].map(() => cache.getOrCompute<City>('key', () => never, options)),
    );
    for (const answer of answers) {
      expect(answer).toEqual(PARIS);
      answer.name = 'spoilt';
    }
    expect(await cache.getOrCompute<City>('key', () => never, options)).toEqual(PARIS);
  });

  it('that is the value still is not spoilt by the loader that says so', async () => {
    const { cache, clock } = setUp({ copy: 'clone' });
    await cache.set('key', { ...PARIS }, KEPT);
    await clock.advance(TTL);
    await cache.getOrCompute<City>('key', (context) => {
      const city = context.notModified<City>();
      city.name = 'spoilt';
      return city;
    });
    expect(await cache.get('key')).toEqual(PARIS);
  });

  it('of which a loader makes another is no value that is unchanged', async () => {
    const { cache, clock } = setUp();
    await cache.set('key', { ...PARIS }, KEPT);
    await clock.advance(TTL);
    const made = await cache.getOrCompute<City>('key', (context) => ({
      ...context.notModified<City>(),
      name: 'Lyon',
    }));
    expect(made).toEqual({ name: 'Lyon' });
    expect(Object.isFrozen(cache.peek('key'))).toBe(true);
    expect(cache.peek('key')).toEqual({ name: 'Lyon' });
  });

  it('is of its class again, where it has one', async () => {
    class Place {
      constructor(readonly name: string) {}
    }
    const { cache, clock } = setUp();
    const options = { ...KEPT, type: Place };
    await cache.getOrCompute('key', () => new Place('Paris'), options);
    await clock.advance(TTL);
    const previous: unknown[] = [];
    const outcome = await outcomeOf(
      cache.getOrCompute<Place>(
        'key',
        (context) => {
          previous.push(context.previous?.value);
          throw DOWN;
        },
        options,
      ),
    );
    expect(outcome).toEqual(value(new Place('Paris')));
    expect(previous[0]).toBeInstanceOf(Place);
  });
});
