import type { ExecutionContext } from '@nestjs/common';
import { InvalidOptionError } from '../../contract/errors.js';
import type { ComputeOptions } from '../../core/call-options.js';
import {
  LOAD_POLICY_OPTIONS,
  loadPolicy,
  type LoadPolicyOptions,
} from '../../core/loading/load-policy.js';
import { parseTtl } from '../../core/parse-ttl.js';
import type { TieredCache } from '../../core/tiered-cache.js';
import { ClientFreshness } from './client-freshness.js';
import { credentialHeaders, type SessionCookies } from './credentials.js';
import { timeOf, type HttpCacheOptions, type HttpPrincipal } from './http-cache.options.js';
import { HASHED_LENGTH } from './request-key.js';
import { redirectOf, type RedirectDefaults } from './redirect.js';
import type { StorageRules } from './response-storage.js';
import type { HandlerFunction } from '../route-handlers.js';
import { routeLabel, routeName } from './route-names.js';
import { SharedRuns } from './shared-runs.js';
import { joinNames } from './variants.js';

/** How the requests of one route are answered: its options, complete. */
export interface HttpPlan {
  readonly label: string;
  readonly cache: TieredCache;
  /** The same without its namespace. */
  readonly root: TieredCache;
  /** Whether a request to another route may change what this one answers, at the same path. */
  readonly isChanged: boolean;
  /** The name of the route as it stands in keys, percent-encoded. */
  readonly route: string;
  /** The names of the cache's tiers, nearest first. */
  readonly tiers: readonly string[];
  readonly rules: StorageRules;
  /** What loads are given; tags are those of the request. */
  readonly compute: ComputeOptions;
  readonly freshness: ClientFreshness;
  readonly tags: HttpCacheOptions['tags'];
  readonly key: HttpCacheOptions['key'];
  readonly principal: ((context: ExecutionContext) => HttpPrincipal) | undefined;
  readonly methods: readonly string[];
  /** The headers that the answer varies by, as the options say. */
  readonly vary: readonly string[];
  /** What `Vary` has beside what the handler sets. */
  readonly varyOut: readonly string[];
  /** The same as a header; '' for none. */
  readonly varyText: string;
  readonly sessionCookies: SessionCookies;
  readonly clientDirectives: boolean;
  readonly cacheStatus: boolean;
  readonly redirect: RedirectDefaults | undefined;
  /** The runs of the handler that are under way. */
  readonly runs: SharedRuns;
}

const MAX_BODY_BYTES = 1_048_576;
const POLICY = Object.keys(LOAD_POLICY_OPTIONS) as (keyof LoadPolicyOptions)[];

/**
 * @param hasUnsafe whether there is a route for other methods at the same path
 * @throws InvalidOptionError where the route is private, and nothing says who asks
 */
export function httpPlan(
  type: HandlerFunction,
  handler: HandlerFunction,
  cache: TieredCache,
  options: HttpCacheOptions,
  route: string = routeName(type, handler),
  hasUnsafe = false,
): HttpPlan {
  const label = `@HttpCache on ${routeLabel(type, handler)}`;
  const isPrivate = options.private ?? false;
  if (isPrivate && options.principal === undefined) {
    throw new InvalidOptionError(
      `${label}: principal`,
      'is needed where the answers are private: a function of the context that says who asks',
    );
  }
  if (cache.maxKeyLength < HASHED_LENGTH) {
    throw new InvalidOptionError(
      `${label}: cache`,
      `takes keys of at least ${HASHED_LENGTH} characters (option "maxKeyLength"); got ${cache.maxKeyLength}`,
    );
  }
  const { keepDefaults } = cache;
  const ttl = options.ttl === undefined ? keepDefaults.ttl : parseTtl(options.ttl, 'ttl');
  const policy = loadPolicy(options, '', keepDefaults);
  const { negativeTtl, sessionCookies } = options;
  const vary = joinNames(
    (options.vary ?? []).map((name) => name.toLowerCase()),
    [],
  );
  const varyOut = joinNames(vary, credentialHeaders(sessionCookies));
  return {
    label,
    cache: options.namespace === undefined ? cache : cache.namespace(options.namespace),
    root: cache,
    isChanged: hasUnsafe && options.voidOnChange !== false,
    route: encodeURIComponent(route),
    tiers: cache.tierNames,
    rules: {
      ttl,
      staleFor: policy.staleFor,
      negativeTtl:
        negativeTtl === undefined || negativeTtl === false ? undefined : policy.negativeTtl,
      maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
      isPrivate,
    },
    compute: { ...givenPolicy(options), ttl, negativeTtl: false },
    freshness: new ClientFreshness(
      isPrivate,
      timeOf(options.maxAge, 'maxAge'),
      timeOf(options.sharedMaxAge, 'sharedMaxAge'),
    ),
    tags: options.tags,
    key: options.key,
    principal: isPrivate ? options.principal : undefined,
    methods: options.methods ?? ['GET', 'HEAD'],
    vary,
    varyOut,
    varyText: varyOut.join(', '),
    sessionCookies,
    clientDirectives: options.clientDirectives ?? true,
    cacheStatus: options.cacheStatus ?? true,
    redirect: redirectOf(handler),
    runs: new SharedRuns(),
  };
}

function givenPolicy(options: HttpCacheOptions): LoadPolicyOptions {
  return Object.fromEntries(
    POLICY.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined),
  ) as LoadPolicyOptions;
}
