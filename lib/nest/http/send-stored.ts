import { formatCacheControl, wholeSeconds } from './cache-control.js';
import { formatCacheStatus, type CacheStatus } from './cache-status.js';
import { isNotModified } from './conditional-request.js';
import type { HttpPlan } from './http-plan.js';
import { errorOf } from './kept-error.js';
import type { ResponsePort } from './response-port.js';
import type { StoredResponse } from './stored-response.js';
import { joinNames, varyNames, type RequestHeaders } from './variants.js';

/** How a stored answer is sent. */
export interface Sending {
  readonly plan: HttpPlan;
  readonly port: ResponsePort;
  readonly headers: RequestHeaders;
  readonly status: CacheStatus;
  /** How old the answer is, in milliseconds; `undefined` for one that has just been made for this request. */
  readonly age: number | undefined;
}

/**
 * Sets the status and the headers of a stored answer, and returns what Nest is to send: text and bytes as they are, or
 * nothing where the client has this version.
 *
 * @throws HttpException for an error that is kept
 */
export function sendStored(stored: StoredResponse, sending: Sending): unknown {
  const { port, plan, headers, age } = sending;
  for (const [name, value] of Object.entries(stored.headers)) {
    if (name !== 'vary') port.set(name, value);
  }
  const { vary } = stored.headers;
  setVary(port, vary === undefined ? plan.varyOut : joinNames(listOf(vary), plan.varyOut));
  if (port.header('cache-control') === undefined) {
    port.set('cache-control', cacheControlOf(stored, plan));
  }
  if (age !== undefined) port.set('age', String(wholeSeconds(Math.max(0, age))));
  setCacheStatus(plan, port, sending.status);
  if (stored.kind === 'error') throw errorOf(stored.status, stored.response);
  if (stored.kind === 'redirect') return { url: stored.url, statusCode: stored.status };
  const conditions = {
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
  };
  const etag = port.header('etag');
  const validators = { etag, lastModified: port.header('last-modified') };
  if (isSuccess(stored.status) && isNotModified(conditions, validators)) {
    // What describes the body goes with it (RFC 9110, 15.4.5).
    for (const name of ['content-type', 'content-encoding', 'content-language']) port.remove(name);
    port.setStatus(304);
    return undefined;
  }
  if (port.status !== stored.status) port.setStatus(stored.status);
  return stored.body instanceof Uint8Array ? Buffer.from(stored.body) : (stored.body ?? undefined);
}

/** Adds names to `Vary`, unless it says that everything counts. */
export function setVary(port: ResponsePort, names: readonly string[]): void {
  const given = port.header('vary');
  const before = given === undefined ? [] : varyNames(given);
  if (before === '*' || names.length === 0) return;
  port.set('vary', (before.length === 0 ? names : joinNames(before, names)).join(', '));
}

export function setCacheStatus(plan: HttpPlan, port: ResponsePort, status: CacheStatus): void {
  if (plan.cacheStatus)
    port.set('cache-status', formatCacheStatus(status, port.header('cache-status')));
}

function cacheControlOf(stored: StoredResponse, plan: HttpPlan): string {
  return formatCacheControl({
    isPrivate: plan.rules.isPrivate,
    maxAge: plan.maxAge ?? stored.ttl,
    sharedMaxAge: plan.sharedMaxAge,
    staleFor: stored.staleFor,
  });
}

/** Conditions say nothing where there is no such thing, or it is elsewhere (RFC 9110, 13.2.1). */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function listOf(vary: string | readonly string[] | undefined): readonly string[] {
  const names = varyNames(vary);
  return names === '*' ? [] : names;
}
