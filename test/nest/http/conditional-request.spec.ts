import { describe, expect, it } from '@jest/globals';
import { isNotModified, parseHttpDate } from '../../../lib/nest/http/conditional-request.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

describe('isNotModified', () => {
  it.each([
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['"b"', '"a"', false],
    ['"b", "a"', '"a"', true],
    ['"b","a"', '"a"', true],
    [' "a" ', '"a"', true],
    ['"a,b"', '"a,b"', true],
    ['"a,b"', '"a"', false],
    ['*', '"a"', true],
    ['*', undefined, true],
    ['"a"', undefined, false],
    ['a', '"a"', false],
    ['"a', '"a"', false],
    ['w/"a"', '"a"', false],
    ['', '"a"', false],
    ['""', '""', true],
    ['junk, "a"', '"a"', false],
    [['"b"', '"a"'], '"a"', true],
  ])('If-None-Match: %j against %j is %j', (ifNoneMatch, etag, expected) => {
    const conditions = { ifNoneMatch, ifModifiedSince: undefined };
    expect(isNotModified(conditions, { etag, lastModified: undefined })).toBe(expected);
  });

  it.each([
    [DATE, DATE, true],
    ['Sun, 06 Nov 1994 08:49:38 GMT', DATE, true],
    ['Sun, 06 Nov 1994 08:49:36 GMT', DATE, false],
    ['Sunday, 06-Nov-94 08:49:37 GMT', DATE, true],
    ['Sun Nov  6 08:49:37 1994', DATE, true],
    ['1994-11-06T08:49:37Z', DATE, false],
    [DATE, undefined, false],
    [DATE, 'never', false],
  ])('If-Modified-Since: %s against %j is %j', (ifModifiedSince, lastModified, expected) => {
    const conditions = { ifNoneMatch: undefined, ifModifiedSince };
    expect(isNotModified(conditions, { etag: '"a"', lastModified })).toBe(expected);
  });

  it('If-Modified-Since says nothing where there is If-None-Match', () => {
    const conditions = { ifNoneMatch: '"b"', ifModifiedSince: DATE };
    expect(isNotModified(conditions, { etag: '"a"', lastModified: DATE })).toBe(false);
  });

  it('without conditions, it is sent', () => {
    const conditions = { ifNoneMatch: undefined, ifModifiedSince: undefined };
    expect(isNotModified(conditions, { etag: '"a"', lastModified: DATE })).toBe(false);
  });

  it('a long list of what is no tag is read in no time to speak of', () => {
    const ifNoneMatch = `${', '.repeat(20_000)}"${'x'.repeat(20_000)}`;
    const conditions = { ifNoneMatch, ifModifiedSince: undefined };
    expect(isNotModified(conditions, { etag: '"a"', lastModified: undefined })).toBe(false);
  });
});

describe('parseHttpDate', () => {
  it.each([DATE, 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    '%s is read',
    (text) => {
      expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    },
  );

  it.each([
    '',
    '0',
    '-1',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 99 Nov 1994 08:49:37 GMT',
  ])('%j is none', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });
});
