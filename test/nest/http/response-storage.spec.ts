import { describe, expect, it } from '@jest/globals';
import { formatCacheStatus, type CacheStatus } from '../../../lib/nest/http/cache-status.js';
import { credentialHeaders, hasBody, hasCredentials } from '../../../lib/nest/http/credentials.js';
import { keptHeaders } from '../../../lib/nest/http/kept-headers.js';
import {
  storageOf,
  type StorageFacts,
  type StorageRefusal,
  type StorageRules,
} from '../../../lib/nest/http/response-storage.js';
import { isStoredValue } from '../../../lib/nest/http/stored-response.js';

const RULES: StorageRules = {
  ttl: 60_000,
  staleFor: 5000,
  negativeTtl: 10_000,
  maxBodyBytes: 100,
  isPrivate: false,
};
const NOW = Date.UTC(2026, 0, 1);
const FACTS: StorageFacts = { status: 200, headers: {}, bodyBytes: 10, now: NOW };

describe('storageOf', () => {
  const kept: [string, Partial<StorageFacts>, Partial<StorageRules>, number, number][] = [
    ['by the rules', {}, {}, 60_000, 5000],
    ['an error, which is never stale', { status: 404 }, {}, 10_000, 0],
    ['by max-age', { headers: { 'cache-control': 'max-age=7' } }, {}, 7000, 5000],
    ['by s-maxage', { headers: { 'cache-control': 'max-age=7, s-maxage=9' } }, {}, 9000, 5000],
    [
      'for one by max-age',
      { headers: { 'cache-control': 'private, max-age=7, s-maxage=9' } },
      { isPrivate: true },
      7000,
      5000,
    ],
    ['by Expires', { headers: { expires: 'Thu, 01 Jan 2026 00:00:03 GMT' } }, {}, 3000, 5000],
    [
      'by max-age before Expires',
      { headers: { expires: '0', 'cache-control': 'max-age=7' } },
      {},
      7000,
      5000,
    ],
    [
      'for longer, by stale-if-error',
      { headers: { 'cache-control': 'stale-if-error=9' } },
      {},
      60_000,
      9000,
    ],
    [
      'for longer, by the longer one',
      { headers: { 'cache-control': 'stale-if-error=9, stale-while-revalidate=10' } },
      {},
      60_000,
      10_000,
    ],
    [
      'not stale, by must-revalidate',
      { headers: { 'cache-control': 'must-revalidate' } },
      {},
      60_000,
      0,
    ],
    [
      'not stale, by proxy-revalidate',
      { headers: { 'cache-control': 'proxy-revalidate' } },
      {},
      60_000,
      0,
    ],
    ['with public alone', { headers: { 'cache-control': 'public' } }, {}, 60_000, 5000],
    [
      'an error by its own max-age',
      { status: 410, headers: { 'cache-control': 'max-age=2' } },
      {},
      2000,
      0,
    ],
  ];
  it.each(kept)('keeps an answer %s', (_, facts, rules, ttl, staleFor) => {
    expect(storageOf({ ...FACTS, ...facts }, { ...RULES, ...rules })).toEqual({
      kept: true,
      ttl,
      staleFor,
    });
  });

  const refused: [StorageRefusal, Partial<StorageFacts>, Partial<StorageRules>][] = [
    ['set-cookie', { headers: { 'set-cookie': '' } }, {}],
    [
      'set-cookie',
      { headers: { 'set-cookie': ['a=1'], 'cache-control': 'public, max-age=9' } },
      { isPrivate: true },
    ],
    ['status', { status: 500 }, {}],
    ['status', { status: 206 }, {}],
    ['status', { status: 302, headers: { 'cache-control': 'max-age=9' } }, {}],
    ['status', { status: 404 }, { negativeTtl: undefined }],
    ['no-store', { headers: { 'cache-control': 'no-store' } }, {}],
    ['no-store', { headers: { 'cache-control': 'no-cache' } }, {}],
    ['private', { headers: { 'cache-control': 'private="x"' } }, {}],
    ['vary', { headers: { vary: '*' } }, {}],
    ['too-large', { bodyBytes: 101 }, {}],
    ['expired', { headers: { 'cache-control': 'max-age=soon' } }, {}],
    ['expired', { headers: { expires: 'Wed, 31 Dec 2025 00:00:00 GMT' } }, {}],
    ['expired', { headers: { expires: ['Thu, 01 Jan 2026 00:00:03 GMT', 'x'] } }, {}],
  ];
  it.each(refused)('refuses for %s, with %j and %j', (reason, facts, rules) => {
    expect(storageOf({ ...FACTS, ...facts }, { ...RULES, ...rules })).toEqual({
      kept: false,
      reason,
    });
  });
});

describe('keptHeaders', () => {
  it('are those that the handler has set, and that are of no connection', () => {
    const before = { 'x-id': '1', vary: 'origin', 'x-list': ['a', 'b'] };
    const after = {
      ...before,
      vary: 'origin, accept',
      'x-list': ['a', 'b'],
      'x-own': ['1', '2'],
      connection: 'close, X-Hop',
      'x-hop': '1',
      'set-cookie': 'a=1',
      age: '5',
      date: 'now',
      'content-length': '3',
      'transfer-encoding': 'chunked',
      'cache-status': 'CDN; hit',
      etag: '"a"',
    };
    expect(keptHeaders(before, after)).toEqual({
      vary: 'origin, accept',
      'x-own': ['1', '2'],
      etag: '"a"',
    });
  });
});

describe('credentials', () => {
  it.each([
    [{}, undefined, false],
    [{ authorization: '' }, undefined, true],
    [{ authorization: 'Basic x' }, [], true],
    [{ cookie: '' }, undefined, true],
    [{ cookie: 'a=1' }, undefined, true],
    [{ cookie: 'a=1' }, [], false],
    [{ cookie: 'a=1; sid=2' }, ['sid'], true],
    [{ cookie: 'a=1;sid=2' }, ['sid'], true],
    [{ cookie: ' sid =2' }, ['sid'], true],
    [{ cookie: 'xsid=2; sidx=1; a=sid' }, ['sid'], false],
    [{ cookie: ['a=1', 'sid=2'] }, ['sid'], true],
  ])('%j with the session cookies %j: %j', (headers, cookies, expected) => {
    expect(hasCredentials(headers, cookies)).toBe(expected);
  });

  it('are headers that answers vary by', () => {
    expect(credentialHeaders(undefined)).toEqual(['authorization', 'cookie']);
    expect(credentialHeaders(['sid'])).toEqual(['authorization', 'cookie']);
    expect(credentialHeaders([])).toEqual(['authorization']);
  });

  it.each([
    [{}, false],
    [{ 'content-length': '0' }, false],
    [{ 'content-length': '2' }, true],
    [{ 'transfer-encoding': 'chunked' }, true],
  ])('a request with %j has a body: %j', (headers, expected) => {
    expect(hasBody(headers)).toBe(expected);
  });
});

describe('formatCacheStatus', () => {
  it.each([
    [{ hit: true, ttl: 1999, detail: 'memory' }, undefined, 'CacheTier; hit; ttl=1; detail=memory'],
    [{ hit: true, ttl: -500 }, undefined, 'CacheTier; hit; ttl=-1'],
    [{ forwarded: 'uri-miss', stored: true }, undefined, 'CacheTier; fwd=uri-miss; stored'],
    [
      { forwarded: 'uri-miss', stored: false, collapsed: true },
      undefined,
      'CacheTier; fwd=uri-miss; collapsed',
    ],
    [
      { forwarded: 'stale', forwardedStatus: 503 },
      undefined,
      'CacheTier; fwd=stale; fwd-status=503',
    ],
    [{ hit: true, detail: 'my tier' }, undefined, 'CacheTier; hit; detail="my tier"'],
    [{ hit: true, detail: 'a"\\é\r\n' }, undefined, 'CacheTier; hit; detail="a\\"\\\\???"'],
    [{ hit: true }, 'CDN; fwd=miss', 'CDN; fwd=miss, CacheTier; hit'],
    [{}, '', 'CacheTier'],
  ] satisfies [CacheStatus, string | undefined, string][])(
    'of %j behind %j is %s',
    (status, before, expected) => {
      expect(formatCacheStatus(status, before)).toBe(expected);
    },
  );
});

describe('isStoredValue', () => {
  it.each([
    undefined,
    null,
    1,
    'body',
    [],
    {},
    { kind: 'body' },
    { kind: 'x', date: 1, status: 200 },
    { kind: 'variants' },
  ])('%j is none', (value) => {
    expect(isStoredValue(value)).toBe(false);
  });
});
