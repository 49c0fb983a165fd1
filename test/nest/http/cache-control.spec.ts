import { describe, expect, it } from '@jest/globals';
import {
  formatCacheControl,
  NOTHING_ASKED,
  parseCacheControl,
  requestDirectives,
  secondsOf,
  wholeSeconds,
  type Freshness,
  type RequestDirectives,
} from '../../../lib/nest/http/cache-control.js';

describe('parseCacheControl', () => {
  it.each([
    [undefined, {}],
    ['', {}],
    [' , ,', {}],
    ['no-store', { 'no-store': true }],
    ['Max-Age=60', { 'max-age': '60' }],
    ['public, max-age=60 , s-maxage=30', { public: true, 'max-age': '60', 's-maxage': '30' }],
    ['max-age = 60', { 'max-age': '60' }],
    ['max-age="60"', { 'max-age': '60' }],
    ['no-cache="set-cookie, x-a", public', { 'no-cache': 'set-cookie, x-a', public: true }],
    ['a="x\\"y,z", b', { a: 'x"y,z', b: true }],
    ['max-age=', { 'max-age': '' }],
    ['max-age=1, max-age=2', { 'max-age': '1' }],
    ['=5, no-store', { 'no-store': true }],
    ['a="open, no-store', { 'no-store': true }],
    ['a b c, no-store', { 'no-store': true }],
    [['public', 'max-age=1'], { public: true, 'max-age': '1' }],
    ['__proto__=1', { ['__proto__']: '1' }],
  ])('%j is %j', (header, expected) => {
    expect([...parseCacheControl(header)]).toEqual(Object.entries(expected));
  });
});

describe('secondsOf', () => {
  it.each([
    ['max-age=60', 60],
    ['max-age=0', 0],
    ['max-age=99999999999999', 2 ** 31],
    ['max-age', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['max-age=1e3', 0],
    ['max-age=', 0],
    ['no-store', undefined],
  ])('of %j is %j', (header, expected) => {
    expect(secondsOf(parseCacheControl(header), 'max-age')).toBe(expected);
  });
});

describe('requestDirectives', () => {
  const cases: [string | undefined, string | undefined, Partial<RequestDirectives>][] = [
    [undefined, undefined, {}],
    ['no-store', undefined, { noStore: true }],
    ['no-cache', undefined, { reload: true }],
    ['max-age=0', undefined, { reload: true, maxAge: 0 }],
    ['max-age=5, min-fresh=7', undefined, { maxAge: 5000, minFresh: 7000 }],
    ['only-if-cached', undefined, { onlyIfCached: true }],
    ['max-stale=100', undefined, {}],
    [undefined, 'no-cache', { reload: true }],
    [undefined, 'x', {}],
    ['max-age=5', 'no-cache', { maxAge: 5000 }],
  ];
  it.each(cases)('Cache-Control: %s and Pragma: %s are %j', (cacheControl, pragma, expected) => {
    expect(requestDirectives(cacheControl, pragma)).toEqual({ ...NOTHING_ASKED, ...expected });
  });
});

describe('formatCacheControl', () => {
  const plain: Freshness = {
    isPrivate: false,
    maxAge: 60_000,
    sharedMaxAge: undefined,
    staleFor: 0,
  };
  it.each([
    [{}, 'public, max-age=60'],
    [{ maxAge: 999 }, 'public, max-age=0'],
    [{ isPrivate: true }, 'private, max-age=60'],
    [{ sharedMaxAge: 30_000 }, 'public, max-age=60, s-maxage=30'],
    [{ isPrivate: true, sharedMaxAge: 30_000 }, 'private, max-age=60'],
    [{ staleFor: 5500 }, 'public, max-age=60, stale-while-revalidate=5, stale-if-error=5'],
    [{ staleFor: 999 }, 'public, max-age=60'],
  ] satisfies [Partial<Freshness>, string][])('of %j is %s', (given, expected) => {
    expect(formatCacheControl({ ...plain, ...given })).toBe(expected);
  });

  it('never names more seconds than a header may', () => {
    expect(wholeSeconds(Number.MAX_SAFE_INTEGER)).toBe(2 ** 31);
  });
});
