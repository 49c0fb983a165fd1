import type { HttpCacheOptions } from '../../../lib/nest/http/http-cache.options.js';
import { ForbiddenException } from '@nestjs/common';
import type { HandlerAnswer } from './support/answer-app.js';

type Headers = Readonly<Record<string, string>>;

/** A rule: a first request, whose answer is stored or not, and a second one to the same URL. */
export interface RfcCase {
  readonly rule: string;
  readonly options?: HttpCacheOptions;
  /** What the handler answers. */
  readonly answer?: HandlerAnswer;
  /** And what it answers from the second request on. */
  readonly later?: HandlerAnswer;
  /** The headers of the first request; `false` for no first request. */
  readonly first?: Headers | false;
  /** What passes before the second request, in milliseconds. */
  readonly wait?: number;
  /** The headers of the second request. */
  readonly second?: Headers;
  readonly method?: 'HEAD' | 'POST';
  readonly status?: number;
  /** How often the handler has run in the end. */
  readonly runs: number;
  readonly body?: string;
  /** Of the second answer; `null` for a header that is not there. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

const DATE = 'Wed, 31 Dec 2025 12:00:00 GMT';
const LATER = 'Wed, 31 Dec 2025 13:00:00 GMT';
const EARLIER = 'Wed, 31 Dec 2025 11:00:00 GMT';

const hit = (ttl: number): string => `CacheTier; hit; ttl=${ttl}; detail=memory`;
const missed = 'CacheTier; fwd=uri-miss; stored';

/** What is stored, and for how long (RFC 9111, 3 and 4.2; RFC 5861). */
const STORING: RfcCase[] = [
  {
    rule: 'an answer is fresh for the ttl of its route',
    wait: 59_999,
    runs: 1,
    headers: { 'cache-status': hit(0), age: '59', 'cache-control': 'public, max-age=60' },
  },
  {
    rule: 'an answer is not used beyond it',
    wait: 60_000,
    runs: 2,
    headers: { 'cache-status': missed, age: null },
  },
  ...[200, 203, 300, 301, 308].map((status): RfcCase => ({
    rule: `a ${status} is stored, and keeps its status`,
    answer: { status },
    status,
    runs: 1,
    headers: { 'cache-status': hit(60) },
  })),
  {
    rule: 'a 204 is stored without a body',
    answer: { status: 204, body: null },
    status: 204,
    body: '',
    runs: 1,
    headers: { 'cache-status': hit(60), etag: null, 'content-type': null },
  },
  ...[201, 202, 206, 302, 307, 400, 403, 404, 410, 418, 500, 503].map((status): RfcCase => ({
    rule: `a ${status} is not stored`,
    answer: { status },
    status,
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=uri-miss; detail=status' },
  })),
  ...[404, 405, 410, 414, 501].map((status): RfcCase => ({
    rule: `a ${status} is stored for negativeTtl, where that is given`,
    options: { negativeTtl: '10s' },
    answer: { status },
    status,
    runs: 1,
    headers: { 'cache-status': hit(10), 'cache-control': 'public, max-age=10' },
  })),
  {
    rule: "the answer's own max-age comes before the ttl",
    answer: { headers: { 'cache-control': 'max-age=10' } },
    wait: 10_000,
    runs: 2,
  },
  {
    rule: "the answer's own max-age may be longer than the ttl, and is told as it is",
    answer: { headers: { 'cache-control': 'max-age=600' } },
    wait: 599_000,
    runs: 1,
    headers: { 'cache-control': 'max-age=600', age: '599', 'cache-status': hit(1) },
  },
  {
    rule: 's-maxage comes before max-age',
    answer: { headers: { 'cache-control': 'max-age=0, s-maxage=20' } },
    wait: 19_000,
    runs: 1,
    headers: { 'cache-status': hit(1) },
  },
  {
    rule: 'for a private route s-maxage says nothing',
    options: { private: true, principal: () => 'alice' },
    answer: { headers: { 'cache-control': 'private, max-age=5, s-maxage=20' } },
    wait: 6000,
    runs: 2,
  },
  {
    rule: 'max-age=0 is not stored',
    answer: { headers: { 'cache-control': 'max-age=0' } },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=uri-miss; detail=expired' },
  },
  ...['no-store', 'no-cache', 'No-Store', 'no-cache="x-a, x-b"', 'max-age=60, no-store'].map(
    (value): RfcCase => ({
      rule: `an answer with ${value} is not stored`,
      answer: { headers: { 'cache-control': value } },
      runs: 2,
      headers: {
        'cache-control': value,
        'cache-status': 'CacheTier; fwd=uri-miss; detail=no-store',
      },
    }),
  ),
  {
    rule: 'an answer with private is not stored where everybody is answered',
    answer: { headers: { 'cache-control': 'private, max-age=60' } },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=uri-miss; detail=private' },
  },
  {
    rule: 'an answer with private is stored where each has answers of their own',
    options: { private: true, principal: () => 'alice' },
    answer: { headers: { 'cache-control': 'private, max-age=60' } },
    runs: 1,
    headers: { 'cache-status': hit(60) },
  },
  {
    rule: 'an answer with Set-Cookie is not stored, and caches on the way are told',
    answer: { headers: { 'set-cookie': 'sid=1' } },
    runs: 2,
    headers: {
      'set-cookie': 'sid=1',
      'cache-control': 'private, no-store',
      'cache-status': 'CacheTier; fwd=uri-miss; detail=set-cookie',
    },
  },
  {
    rule: 'an answer with Set-Cookie is not stored for one principal either',
    options: { private: true, principal: () => 'alice' },
    answer: { headers: { 'set-cookie': ['sid=1', 'csrf=2'] } },
    runs: 2,
    headers: { 'set-cookie': 'sid=1, csrf=2' },
  },
  {
    rule: 'Expires counts where there is no max-age',
    answer: { headers: { expires: 'Thu, 01 Jan 2026 00:00:30 GMT' } },
    wait: 29_000,
    runs: 1,
    headers: { 'cache-status': hit(1) },
  },
  ...(
    [
      { expires: 'Fri, 01 Jan 2300 00:00:00 GMT' },
      { 'cache-control': 'max-age=99999999999999, stale-if-error=99999999999999' },
      { 'cache-control': 'max-age=2147483648, stale-if-error=2147483648', vary: 'x-kind' },
    ] as Headers[]
  ).map((headers): RfcCase => ({
    rule: `an answer is kept that says it is good for ever: ${JSON.stringify(headers)}`,
    answer: { headers },
    wait: 3_600_000,
    runs: 1,
  })),
  {
    rule: 'Expires that is no date has passed',
    answer: { headers: { expires: '0' } },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=uri-miss; detail=expired' },
  },
  {
    rule: 'a body over the limit is not stored',
    options: { maxBodyBytes: 10 },
    answer: { body: 'x'.repeat(11) },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=uri-miss; detail=too-large' },
  },
  {
    rule: 'a body at the limit is stored',
    options: { maxBodyBytes: 10 },
    answer: { body: 'x'.repeat(10) },
    runs: 1,
  },
  {
    rule: 'the limit is in bytes',
    options: { maxBodyBytes: 10 },
    answer: { body: 'é'.repeat(6) },
    runs: 2,
  },
  {
    rule: 'maxAge and sharedMaxAge are told in the place of the ttl',
    options: { maxAge: 0, sharedMaxAge: '30s' },
    wait: 59_000,
    runs: 1,
    headers: { age: '59', 'cache-control': 'public, max-age=0, s-maxage=89' },
  },
  {
    rule: 'a maxAge that is shorter than the ttl counts from when the answer is given',
    options: { maxAge: '10s', sharedMaxAge: '20s' },
    wait: 30_000,
    runs: 1,
    headers: { age: '30', 'cache-control': 'public, max-age=40, s-maxage=50' },
  },
  {
    rule: 'what an answer varies by is told where it is not stored, too',
    answer: { status: 202, headers: { vary: 'x-kind' } },
    status: 202,
    runs: 2,
    headers: { vary: 'authorization, cookie, x-kind' },
  },
  {
    rule: 'and with an error',
    options: { vary: ['x-kind'] },
    answer: { error: new ForbiddenException() },
    status: 403,
    runs: 2,
    headers: { vary: 'authorization, cookie, x-kind', 'cache-control': null },
  },
  {
    rule: 'an error with Set-Cookie tells caches on the way not to store it',
    answer: { headers: { 'set-cookie': 'sid=1' }, error: new ForbiddenException() },
    status: 403,
    runs: 2,
    headers: { 'cache-control': 'private, no-store' },
  },
  {
    rule: 'an error for somebody who is known is for nobody else',
    second: { authorization: 'alice' },
    answer: { error: new ForbiddenException() },
    status: 403,
    runs: 2,
    headers: { 'cache-control': 'private, no-cache', vary: 'authorization, cookie' },
  },
  {
    rule: 'an error of a private route is for nobody else',
    options: { private: true, principal: () => 'alice' },
    answer: { error: new ForbiddenException() },
    status: 403,
    runs: 2,
    headers: { 'cache-control': 'private, no-cache' },
  },
  {
    rule: 'staleFor is told as stale-while-revalidate and stale-if-error',
    options: { staleFor: '5m' },
    runs: 1,
    headers: {
      'cache-control': 'public, max-age=60, stale-while-revalidate=300, stale-if-error=300',
    },
  },
  {
    rule: 'a private answer says so',
    options: { private: true, principal: () => 'alice', sharedMaxAge: '1m' },
    runs: 1,
    headers: { 'cache-control': 'private, max-age=60' },
  },
  {
    rule: 'headers of the handler are stored',
    answer: { headers: { 'x-city': 'Paris', link: '</next>; rel=next' } },
    runs: 1,
    headers: { 'x-city': 'Paris', link: '</next>; rel=next' },
  },
  {
    rule: 'headers of one connection are not',
    answer: { headers: { 'proxy-authenticate': 'Basic', age: '100' } },
    wait: 1000,
    runs: 1,
    headers: { 'proxy-authenticate': null, age: '1' },
  },
];

/** What is answered when the handler fails (RFC 5861, 4), or is slow (3). */
const STALE: RfcCase[] = [
  {
    rule: 'a stale answer is given where the handler fails',
    options: { staleFor: '5m' },
    later: { error: new Error('down') },
    wait: 90_000,
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=stale; fwd-status=500', age: '90' },
  },
  {
    rule: "what the handler has set before it failed is none of the stale answer's",
    options: { staleFor: '5m' },
    later: { status: 502, headers: { 'x-broken': 'yes' }, error: new Error('down') },
    wait: 90_000,
    runs: 2,
    headers: { 'x-broken': null },
  },
  {
    rule: 'with stale-if-error of its own the answer is given as well',
    answer: { headers: { 'cache-control': 'max-age=10, stale-if-error=100' } },
    later: { error: new Error('down') },
    wait: 60_000,
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=stale; fwd-status=500' },
  },
  {
    rule: 'with must-revalidate no stale answer is given',
    options: { staleFor: '5m' },
    answer: { headers: { 'cache-control': 'max-age=10, must-revalidate' } },
    later: { error: new Error('down') },
    wait: 60_000,
    status: 500,
    runs: 2,
  },
  {
    rule: 'no stale answer is given beyond staleFor',
    options: { staleFor: '1m' },
    later: { error: new Error('down') },
    wait: 120_000,
    status: 500,
    runs: 2,
  },
  {
    rule: 'an answer that is stale is made anew',
    options: { staleFor: '5m' },
    later: { body: 'new' },
    wait: 90_000,
    body: 'new',
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=stale; stored', age: null },
  },
  {
    rule: 'with softTimeout 0 the stale answer is given at once',
    options: { staleFor: '5m', softTimeout: 0 },
    later: { body: 'new' },
    wait: 90_000,
    body: '{"city":"Paris"}',
    runs: 2,
    headers: { 'cache-status': hit(-30), age: '90' },
  },
];

/** What a client may ask for (RFC 9111, 5.2.1). */
const ASKING: RfcCase[] = [
  {
    rule: 'no-cache has the answer made anew',
    second: { 'cache-control': 'no-cache' },
    later: { body: 'new' },
    body: 'new',
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=request; stored' },
  },
  {
    rule: 'so does Pragma: no-cache',
    second: { pragma: 'no-cache' },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=request; stored' },
  },
  {
    rule: 'but not beside Cache-Control',
    second: { pragma: 'no-cache', 'cache-control': 'max-age=100' },
    runs: 1,
  },
  {
    rule: 'no-store has an answer of its own, which is not stored',
    first: { 'cache-control': 'no-store' },
    runs: 2,
    headers: { 'cache-status': missed },
  },
  {
    rule: 'no-store is not answered from the cache',
    second: { 'cache-control': 'no-store' },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=request; detail=no-store' },
  },
  ...['max-age=100', 'min-fresh=1'].map((asked): RfcCase => ({
    rule: `${asked} is not answered with what is stale, though the route would`,
    options: { staleFor: '5m', softTimeout: 0 },
    second: { 'cache-control': asked },
    later: { body: 'new' },
    wait: 90_000,
    body: 'new',
    runs: 2,
  })),
  {
    rule: 'nor where the handler fails',
    options: { staleFor: '5m' },
    second: { 'cache-control': 'max-age=100' },
    later: { error: new Error('down') },
    wait: 90_000,
    status: 500,
    runs: 2,
  },
  ...([{ authorization: 'alice' }, { cookie: 'sid=1' }] as Headers[]).map((who): RfcCase => ({
    rule: `only-if-cached runs no handler for somebody who is known either: ${JSON.stringify(who)}`,
    second: { ...who, 'cache-control': 'only-if-cached' },
    status: 504,
    runs: 1,
    headers: { vary: 'authorization, cookie' },
  })),
  {
    rule: 'no-store is told what the answer varies by',
    second: { 'cache-control': 'no-store' },
    runs: 2,
    headers: { vary: 'authorization, cookie' },
  },
  {
    rule: 'max-age refuses what is older',
    second: { 'cache-control': 'max-age=5' },
    wait: 6000,
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=request; stored' },
  },
  {
    rule: 'max-age takes what is not',
    second: { 'cache-control': 'max-age=5' },
    wait: 5000,
    runs: 1,
    headers: { 'cache-status': hit(55) },
  },
  { rule: 'max-age=0 has the answer made anew', second: { 'cache-control': 'max-age=0' }, runs: 2 },
  {
    rule: 'min-fresh refuses what does not stay fresh',
    second: { 'cache-control': 'min-fresh=30' },
    wait: 31_000,
    runs: 2,
  },
  {
    rule: 'min-fresh takes what does',
    second: { 'cache-control': 'min-fresh=30' },
    wait: 30_000,
    runs: 1,
  },
  {
    rule: 'only-if-cached is answered from the cache',
    second: { 'cache-control': 'only-if-cached' },
    runs: 1,
    headers: { 'cache-status': hit(60) },
  },
  {
    rule: 'only-if-cached is answered 504 where there is nothing',
    first: false,
    second: { 'cache-control': 'only-if-cached' },
    status: 504,
    runs: 0,
    headers: { 'cache-status': 'CacheTier; detail=only-if-cached' },
  },
  {
    rule: 'only-if-cached is answered 504 where there is nothing fresh',
    second: { 'cache-control': 'only-if-cached' },
    wait: 60_000,
    status: 504,
    runs: 1,
  },
  ...['no-cache', 'no-store', 'max-age=0', 'min-fresh=1000'].map((value): RfcCase => ({
    rule: `with clientDirectives: false ${value} changes nothing`,
    options: { clientDirectives: false },
    second: { 'cache-control': value },
    runs: 1,
    headers: { 'cache-status': hit(60) },
  })),
];

/** Which version a client has (RFC 9110, 13). */
const CONDITIONS: RfcCase[] = [
  ...['"v1"', 'W/"v1"', '"v0", "v1"', '*', '"v0",W/"v1" , "v2"'].map((value): RfcCase => ({
    rule: `If-None-Match: ${value} is answered 304 of "v1"`,
    answer: { headers: { etag: '"v1"', 'content-language': 'fr' } },
    second: { 'if-none-match': value },
    status: 304,
    body: '',
    runs: 1,
    headers: {
      etag: '"v1"',
      'cache-control': 'public, max-age=60',
      vary: 'authorization, cookie',
      'cache-status': hit(60),
      'content-type': null,
      'content-language': null,
    },
  })),
  ...['"v2"', 'v1', '"v1', ''].map((value): RfcCase => ({
    rule: `If-None-Match: ${value} is answered in full of "v1"`,
    answer: { headers: { etag: '"v1"' } },
    second: { 'if-none-match': value },
    body: '{"city":"Paris"}',
    runs: 1,
  })),
  {
    rule: 'a weak tag of the handler is compared weakly',
    answer: { headers: { etag: 'W/"v1"' } },
    second: { 'if-none-match': '"v1"' },
    status: 304,
    runs: 1,
    headers: { etag: 'W/"v1"' },
  },
  {
    rule: 'a new answer is compared as well',
    answer: { headers: { etag: '"v1"' } },
    first: false,
    second: { 'if-none-match': '"v1"' },
    status: 304,
    body: '',
    runs: 1,
    headers: { 'cache-status': missed },
  },
  {
    rule: 'If-None-Match with max-age=0, as browsers reload, is answered 304 by a new answer',
    answer: { headers: { etag: '"v1"' } },
    second: { 'if-none-match': '"v1"', 'cache-control': 'max-age=0' },
    status: 304,
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=request; stored' },
  },
  {
    rule: 'If-Modified-Since the last change is answered 304',
    answer: { headers: { 'last-modified': DATE } },
    second: { 'if-modified-since': DATE },
    status: 304,
    runs: 1,
    headers: { 'last-modified': DATE },
  },
  {
    rule: 'If-Modified-Since a later time is answered 304',
    answer: { headers: { 'last-modified': DATE } },
    second: { 'if-modified-since': LATER },
    status: 304,
    runs: 1,
  },
  {
    rule: 'If-Modified-Since an earlier time is answered in full',
    answer: { headers: { 'last-modified': DATE } },
    second: { 'if-modified-since': EARLIER },
    runs: 1,
  },
  {
    rule: 'If-Modified-Since says nothing beside If-None-Match',
    answer: { headers: { 'last-modified': DATE, etag: '"v1"' } },
    second: { 'if-modified-since': DATE, 'if-none-match': '"v0"' },
    runs: 1,
  },
  {
    rule: 'If-Modified-Since that is no date says nothing',
    answer: { headers: { 'last-modified': DATE } },
    second: { 'if-modified-since': 'yesterday' },
    runs: 1,
  },
  {
    rule: 'conditions count for each status of success',
    answer: { status: 203, headers: { etag: '"v1"' } },
    second: { 'if-none-match': '"v1"' },
    status: 304,
    runs: 1,
  },
  {
    rule: 'and for no other',
    options: { negativeTtl: '1m' },
    answer: { status: 404, headers: { etag: '"v1"' } },
    second: { 'if-none-match': '"v1"' },
    status: 404,
    runs: 1,
  },
];

/** Who asks, and by what an answer varies (RFC 9111, 3.5 and 4.1). */
const VARYING: RfcCase[] = [
  {
    rule: 'a request with Authorization passes by',
    second: { authorization: 'Bearer alice' },
    runs: 2,
    headers: {
      'cache-status': 'CacheTier; fwd=bypass; detail=credentials',
      'cache-control': 'private, no-cache',
    },
  },
  {
    rule: 'a request with a cookie passes by',
    second: { cookie: 'sid=1' },
    runs: 2,
    headers: {
      'cache-status': 'CacheTier; fwd=bypass; detail=credentials',
      vary: 'authorization, cookie',
    },
  },
  {
    rule: 'what such a request is answered is not stored',
    first: { cookie: 'sid=1' },
    runs: 2,
    headers: { 'cache-status': missed },
  },
  {
    rule: 'a cookie that is none of the session does not count',
    options: { sessionCookies: ['sid'] },
    second: { cookie: 'theme=dark; xsid=2' },
    runs: 1,
  },
  {
    rule: 'one of the session does',
    options: { sessionCookies: ['sid'] },
    second: { cookie: 'theme=dark; sid=2' },
    runs: 2,
  },
  {
    rule: 'without session cookies answers do not vary by Cookie',
    options: { sessionCookies: [] },
    second: { cookie: 'sid=2' },
    runs: 1,
    headers: { vary: 'authorization' },
  },
  {
    rule: 'an answer varies by the headers of the option',
    options: { vary: ['Accept-Language'] },
    first: { 'accept-language': 'en' },
    second: { 'accept-language': 'de' },
    runs: 2,
    headers: { vary: 'accept-language, authorization, cookie' },
  },
  {
    rule: 'and is given where they are the same, white space aside',
    options: { vary: ['Accept-Language'] },
    first: { 'accept-language': 'en,de;q=0.5' },
    second: { 'accept-language': 'en,  de;q=0.5' },
    runs: 1,
  },
  {
    rule: 'an answer varies by its own Vary',
    answer: { headers: { vary: 'Accept-Language' } },
    first: { 'accept-language': 'en' },
    second: { 'accept-language': 'de' },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=vary-miss; stored' },
  },
  {
    rule: 'and the first that told so is given to the second of its kind',
    answer: { headers: { vary: 'Accept-Language' } },
    first: { 'accept-language': 'en' },
    second: { 'accept-language': 'en' },
    runs: 1,
    headers: {
      'cache-status': hit(60),
      vary: 'accept-language, authorization, cookie',
    },
  },
  {
    rule: 'a header that is missing is a value of its own',
    answer: { headers: { vary: 'Accept-Language' } },
    second: { 'accept-language': '' },
    runs: 2,
  },
  {
    rule: 'an answer with Vary: * is not stored',
    answer: { headers: { vary: 'Accept, *' } },
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=uri-miss; detail=vary', vary: 'Accept, *' },
  },
  {
    rule: 'a variant that has ended is made anew by its own key',
    answer: { headers: { vary: 'x-kind' } },
    first: { 'x-kind': 'a' },
    second: { 'x-kind': 'a' },
    wait: 60_000,
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=vary-miss; stored' },
  },
  {
    rule: 'no-cache has a variant made anew',
    answer: { headers: { vary: 'x-kind' } },
    first: { 'x-kind': 'a' },
    second: { 'x-kind': 'a', 'cache-control': 'no-cache' },
    later: { headers: { vary: 'x-kind' }, body: 'new' },
    body: 'new',
    runs: 2,
    headers: { 'cache-status': 'CacheTier; fwd=request; stored' },
  },
  {
    rule: 'only-if-cached is answered from a variant',
    answer: { headers: { vary: 'x-kind' } },
    first: { 'x-kind': 'a' },
    second: { 'x-kind': 'a', 'cache-control': 'only-if-cached' },
    runs: 1,
  },
  {
    rule: 'and 504 where there is another one alone',
    answer: { headers: { vary: 'x-kind' } },
    first: { 'x-kind': 'a' },
    second: { 'x-kind': 'b', 'cache-control': 'only-if-cached' },
    status: 504,
    runs: 1,
  },
];

/** Methods (RFC 9110, 9.3). */
const METHODS: RfcCase[] = [
  {
    rule: 'HEAD is answered from what GET was',
    method: 'HEAD',
    body: '',
    runs: 1,
    headers: { 'cache-status': hit(60), 'content-length': '16' },
  },
  {
    rule: 'HEAD is answered 304 as well',
    method: 'HEAD',
    answer: { headers: { etag: '"v1"' } },
    second: { 'if-none-match': '"v1"' },
    status: 304,
    body: '',
    runs: 1,
  },
  {
    rule: 'where HEAD is not among the methods, it passes by',
    method: 'HEAD',
    options: { methods: ['GET'] },
    body: '',
    runs: 2,
    headers: { 'cache-status': null },
  },
];

export const RFC_CASES: readonly RfcCase[] = [
  ...STORING,
  ...STALE,
  ...ASKING,
  ...CONDITIONS,
  ...VARYING,
  ...METHODS,
];
