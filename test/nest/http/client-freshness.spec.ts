import { describe, expect, it } from '@jest/globals';
import { ClientFreshness } from '../../../lib/nest/http/client-freshness.js';

const MINUTE = { ttl: 60_000, staleFor: 0 };

describe('what clients are told of how long an answer is fresh', () => {
  it.each([
    [undefined, undefined, 0, 'public, max-age=60'],
    [undefined, undefined, 30_000, 'public, max-age=60'],
    [0, 0, 30_000, 'public, max-age=0, s-maxage=0'],
    [10_000, undefined, 0, 'public, max-age=10'],
    [10_000, undefined, 30_999, 'public, max-age=40'],
    [0, 10_000, 30_000, 'public, max-age=0, s-maxage=40'],
    [undefined, 10_000, 30_000, 'public, max-age=60, s-maxage=40'],
    // What is stale here is to be stale there.
    [10_000, undefined, 60_000, 'public, max-age=10'],
  ])('maxAge %p and sharedMaxAge %p at the age of %p is %s', (maxAge, sharedMaxAge, age, text) => {
    const freshness = new ClientFreshness(false, maxAge, sharedMaxAge);
    expect(freshness.textFor(MINUTE, age)).toBe(text);
    expect(freshness.textFor(MINUTE, age)).toBe(text);
  });

  it('is of the answer that is given, and not of the one before', () => {
    const freshness = new ClientFreshness(true, undefined, undefined);
    expect(freshness.textFor(MINUTE, 0)).toBe('private, max-age=60');
    expect(freshness.textFor({ ttl: 30_000, staleFor: 0 }, 0)).toBe('private, max-age=30');
    expect(freshness.textFor({ ttl: 30_000, staleFor: 5000 }, 0)).toBe(
      'private, max-age=30, stale-while-revalidate=5, stale-if-error=5',
    );
  });
});
