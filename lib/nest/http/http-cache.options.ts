import type { ExecutionContext } from '@nestjs/common';
import {
  checkFlag,
  checkList,
  checkOptionNames,
  checkText,
  checkWholeNumber,
} from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { checkTags } from '../../core/coherence/tags.js';
import { assertNamespace } from '../../core/key-space.js';
import {
  LOAD_POLICY_OPTIONS,
  loadPolicy,
  type LoadPolicyOptions,
} from '../../core/loading/load-policy.js';
import { parseTtl, type Ttl } from '../../core/parse-ttl.js';

/** A method whose answers are kept. @publicApi */
export type HttpCacheMethod = 'GET' | 'HEAD';

/** What `principal` answers: who asks, or nobody who is known. @publicApi */
export type HttpPrincipal = string | number | bigint | undefined | null;

/**
 * How the answers of a route are kept. What is not said for a route is taken from its class, then from
 * `HttpCacheModule.forRoot`, then from the cache.
 *
 * @publicApi
 */
export interface HttpCacheOptions extends LoadPolicyOptions {
  /** The name of the cache. Default: the unnamed one. */
  readonly cache?: string;
  /** The namespace of the keys. Default: the cache's root. */
  readonly namespace?: string;
  /** How long an answer is kept, where its own headers do not say. Default: the cache's `ttl`. */
  readonly ttl?: Ttl;
  /**
   * How long answers with a status of 404, 405, 410, 414 or 501 are kept, thrown as an `HttpException` or not. Default:
   * not at all, whatever the cache's own `negativeTtl` is.
   */
  readonly negativeTtl?: Ttl | false;
  /** What clients are told as `max-age`; 0 to have them ask each time. Default: the time for which the answer is kept. */
  readonly maxAge?: Ttl;
  /** What caches on the way are told as `s-maxage`; 0 to have them ask each time. Default: nothing. */
  readonly sharedMaxAge?: Ttl;
  /** What the answer belongs to: `invalidateTags` of one of them voids it. At most 64. Default: nothing. */
  readonly tags?: readonly string[] | ((context: ExecutionContext) => readonly string[]);
  /**
   * Whether a request of another method, such as POST, PUT, PATCH and DELETE, voids what is kept for the same path, where
   * it has not failed. Default: true.
   */
  readonly voidOnChange?: boolean;
  /** The request's headers by which the answer varies, beside those in its own `Vary`. Default: none. */
  readonly vary?: readonly string[];
  /**
   * The key, in the place of the route and the URL; `undefined` to let the request pass by the cache. The principal and
   * the headers that the answer varies by are added. Default: the handler, the path and the sorted query.
   */
  readonly key?: string | ((context: ExecutionContext) => string | undefined);
  /** Whether each principal has answers of its own; it needs `principal`. Default: false. */
  readonly private?: boolean;
  /**
   * Who asks, for routes that are `private`; `undefined`, `null` and `''` let the request pass by the cache. Guards have
   * run before.
   */
  readonly principal?: (context: ExecutionContext) => HttpPrincipal;
  /** The methods whose answers are kept. Default: GET and HEAD. */
  readonly methods?: readonly HttpCacheMethod[];
  /** The largest body that is kept, in bytes. Default: 1048576 (1 MiB). */
  readonly maxBodyBytes?: number;
  /**
   * The names of the cookies that say who asks: a request with one of them passes by the cache, unless the route is
   * `private`. An empty list for none. Default: every cookie does.
   */
  readonly sessionCookies?: readonly string[];
  /** Whether clients may ask for a new answer, or for none to be kept, by `Cache-Control`. Default: true. */
  readonly clientDirectives?: boolean;
  /** Whether answers have the header `Cache-Status`. Default: true. */
  readonly cacheStatus?: boolean;
}

// A record, so that a member which is added to the options cannot be forgotten here.
const OPTIONS: Readonly<Record<keyof HttpCacheOptions, true>> = {
  cache: true,
  namespace: true,
  ttl: true,
  maxAge: true,
  sharedMaxAge: true,
  tags: true,
  vary: true,
  key: true,
  private: true,
  principal: true,
  methods: true,
  maxBodyBytes: true,
  sessionCookies: true,
  clientDirectives: true,
  cacheStatus: true,
  voidOnChange: true,
  ...LOAD_POLICY_OPTIONS,
};

/** The names of the options. */
export const HTTP_OPTIONS: readonly string[] = Object.keys(OPTIONS);
const METHODS: readonly unknown[] = ['GET', 'HEAD'];
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Refuses options that no route could be cached by.
 *
 * @param label where they stand, as in `@HttpCache on CityController.find`, for messages
 * @throws InvalidOptionError and InvalidTtlError
 */
export function checkHttpOptions(options: HttpCacheOptions, label: string): void {
  checkOptionNames(options, HTTP_OPTIONS, label);
  const at = (name: keyof HttpCacheOptions): string => `${label}: ${name}`;
  checkText(options.cache, at('cache'));
  if (options.namespace !== undefined) assertNamespace(options.namespace, at('namespace'));
  if (options.ttl !== undefined) parseTtl(options.ttl, at('ttl'));
  for (const name of ['maxAge', 'sharedMaxAge'] as const) timeOf(options[name], at(name));
  loadPolicy(options, `${label}: `);
  checkFlag(options.private, at('private'));
  checkFlag(options.clientDirectives, at('clientDirectives'));
  checkFlag(options.cacheStatus, at('cacheStatus'));
  checkFlag(options.voidOnChange, at('voidOnChange'));
  checkWholeNumber(options.maxBodyBytes, 0, at('maxBodyBytes'));
  checkFunction(options.principal, at('principal'));
  if (typeof options.key !== 'function') checkText(options.key, at('key'));
  if (options.tags !== undefined && typeof options.tags !== 'function') {
    checkTags(options.tags, at('tags'));
  }
  checkNames(options.sessionCookies, at('sessionCookies'), 'names of cookies');
  checkNames(options.vary, at('vary'), 'names of headers');
  if (options.vary?.includes('*') === true) {
    throw new InvalidOptionError(
      at('vary'),
      '"*" means that nothing can be kept: use @NoHttpCache()',
    );
  }
  checkMethods(options.methods, at('methods'));
}

/** A time in milliseconds, which may be 0. @throws InvalidTtlError */
export function timeOf(time: Ttl | undefined, path: string): number | undefined {
  return time === undefined || time === 0 ? time : parseTtl(time, path);
}

function checkFunction(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new InvalidOptionError(path, `is a function of the context; got ${quote(value)}`);
  }
}

function checkNames(names: readonly string[] | undefined, path: string, what: string): void {
  checkList(names, path);
  for (const name of names ?? []) {
    if (typeof name !== 'string' || !TOKEN.test(name)) {
      throw new InvalidOptionError(path, `is a list of ${what}; got ${quote(name)} among them`);
    }
  }
}

function checkMethods(methods: readonly HttpCacheMethod[] | undefined, path: string): void {
  checkList(methods, path);
  for (const method of methods ?? []) {
    if (!METHODS.includes(method)) {
      throw new InvalidOptionError(
        path,
        `answers to GET and HEAD alone are kept; got ${quote(method)} among them`,
      );
    }
  }
}
