import type { ExecutionContext } from '@nestjs/common';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { HttpCacheMethod } from './http-cache.options.js';
import type { HttpPlan } from './http-plan.js';
import type { HttpRequest } from './http-request.js';
import { ignoreLateFailure } from './late-failure.js';
import { normalUrl, requestKey } from './request-key.js';
import { variantOf } from './variants.js';

/** What is asked for, and who asks. */
export interface RequestResource {
  readonly principal: string | undefined;
  readonly resource: string;
}

/** The URL, or what the option `key` makes; `undefined` to pass by the cache. @throws InvalidOptionError */
export function resourceOf(
  plan: HttpPlan,
  context: ExecutionContext,
  request: HttpRequest,
): string | undefined {
  if (plan.key === undefined) return normalUrl(request.originalUrl ?? request.url);
  const key: unknown = typeof plan.key === 'function' ? plan.key(context) : plan.key;
  if (key === undefined || (typeof key === 'string' && key !== '')) return key;
  ignoreLateFailure(key);
  throw new InvalidOptionError(
    `${plan.label}: key`,
    `answers a non-empty string, or undefined to pass by the cache; got ${quote(key)}`,
  );
}

/** The key of the answer to a request that varies by some of its headers. */
export function keyOf(
  plan: HttpPlan,
  { headers, hosts }: HttpRequest,
  { principal, resource }: RequestResource,
  method: HttpCacheMethod,
  names: readonly string[],
): string {
  const host = hosts === undefined ? '' : encodeURIComponent(JSON.stringify(hosts));
  const route = plan.key === undefined ? `${plan.route}${host}` : '';
  const variant = variantOf(names, headers);
  return requestKey({ method, principal, variant, route, resource }, plan.cache.maxKeyLength);
}

/** What an answer belongs to. */
export function tagsOf(
  { tags }: HttpPlan,
  context: ExecutionContext,
): readonly string[] | undefined {
  if (typeof tags !== 'function') return tags;
  const made = tags(context);
  // The cache refuses what is no list.
  ignoreLateFailure(made);
  return made;
}
