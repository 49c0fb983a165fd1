import { wholeSeconds } from './cache-control.js';
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
  for (const name of stored.removed ?? []) port.remove(name);
  const { vary } = stored.headers;
  if (vary === undefined) setPlanVary(port, plan);
  else setVary(port, joinNames(listOf(vary), plan.varyOut));
  if (port.header('cache-control') === undefined) {
    port.set('cache-control', plan.freshness.textFor(stored, age ?? 0));
  }
  if (age !== undefined) port.set('age', String(wholeSeconds(Math.max(0, age))));
  setCacheStatus(plan, port, sending.status);
  if (stored.kind === 'error') throw errorOf(stored.status, stored.response);
  if (stored.kind === 'redirect') return { url: stored.url, statusCode: stored.status };
  if (isSuccess(stored.status) && isKnown(port, headers)) {
    // What describes the body goes with it (RFC 9110, 15.4.5).
    for (const name of ['content-type', 'content-encoding', 'content-language']) port.remove(name);
    port.setStatus(304);
    return undefined;
  }
  if (port.status !== stored.status) port.setStatus(stored.status);
  const { body } = stored;
  return body instanceof Uint8Array
    ? Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    : (body ?? undefined);
}

/** Whether the client has this version already. */
function isKnown(port: ResponsePort, headers: RequestHeaders): boolean {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = headers;
  if (ifNoneMatch === undefined && ifModifiedSince === undefined) return false;
  const validators = { etag: port.header('etag'), lastModified: port.header('last-modified') };
  return isNotModified({ ifNoneMatch, ifModifiedSince }, validators);
}

/** Says what the answers of a route vary by, whatever they are. */
export function setPlanVary(port: ResponsePort, { varyOut, varyText }: HttpPlan): void {
  if (varyText === '') return;
  if (port.header('vary') === undefined) port.set('vary', varyText);
  else setVary(port, varyOut);
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

/** Conditions say nothing where there is no such thing, or it is elsewhere (RFC 9110, 13.2.1). */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function listOf(vary: string | readonly string[] | undefined): readonly string[] {
  const names = varyNames(vary);
  return names === '*' ? [] : names;
}
