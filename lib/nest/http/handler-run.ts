import { createHash } from 'node:crypto';
import { HttpException, StreamableFile, type CallHandler } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import { HandlerHeaders } from './handler-headers.js';
import type { RedirectDefaults } from './redirect.js';
import { keptHeaders, removedHeaders } from './kept-headers.js';
import { errorText } from './kept-error.js';
import type { ResponsePort, SerializedBody } from './response-port.js';
import type { ResponseStart } from './response-start.js';
import {
  isNegative,
  storageOf,
  type StorageDecision,
  type StorageRefusal,
  type StorageRules,
} from './response-storage.js';
import type { ResponseHeaders, StoredResponse } from './stored-response.js';
import { varyNames } from './variants.js';

/** What a handler came to: what it answered or threw, and what of it is kept. */
export interface HandlerOutcome {
  readonly headers: HandlerHeaders;
  readonly result: { readonly value: unknown } | { readonly error: unknown };
  /** The status that goes out with it. */
  readonly status: number;
  readonly stored: StoredResponse | undefined;
  /** Why nothing is stored. */
  readonly refusal: StorageRefusal | undefined;
  /** The headers of the request that the answer itself says it varies by. */
  readonly vary: readonly string[];
  /** The headers that others are told with it. */
  readonly told: ResponseHeaders;
}

/** What a run of a handler is made of. */
export interface HandlerRun {
  readonly next: CallHandler;
  readonly port: ResponsePort;
  readonly start: ResponseStart;
  /** The framework's response, which the handler may be given. */
  readonly response: object;
  readonly rules: StorageRules;
  readonly redirect: RedirectDefaults | undefined;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
}

/** Runs the handler once, with all that stands between it and this interceptor. It does not reject. */
export async function runHandler(run: HandlerRun): Promise<HandlerOutcome> {
  const headers = new HandlerHeaders(run.port, run.start);
  try {
    const value: unknown = await headers.run(run.response, () => lastValueFrom(run.next.handle()));
    return answered(run, headers, value);
  } catch (error) {
    return thrown(run, headers, error);
  }
}

/** Whether the origin has failed, rather than said that there is no such thing. */
export function hasFailed({ result, status }: HandlerOutcome): boolean {
  return 'error' in result && status >= 500;
}

function answered(run: HandlerRun, headers: HandlerHeaders, value: unknown): HandlerOutcome {
  const result = { value };
  if (run.redirect !== undefined) return redirected(run, headers, value);
  const { status } = headers;
  const given = headers.after['content-type'];
  // Frameworks send no body with a 204, whatever there is.
  const sent = status === 204 ? undefined : value;
  const serialized = isStream(value) ? undefined : serialize(run.port, sent, given?.toString());
  if (serialized === undefined) return unkept(headers, result, status, 'stream');
  const { body, contentType } = serialized;
  const typed =
    contentType === undefined || given !== undefined
      ? headers.after
      : { ...headers.after, 'content-type': contentType };
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : (body?.byteLength ?? 0);
  const { decision, date } = decide(run, typed, status, bodyBytes);
  if (!decision.kept) return unkept(headers, result, status, decision.reason);
  const tagged =
    typed['etag'] === undefined && body !== null ? { ...typed, etag: strongEtag(body) } : typed;
  const kept = keptFor(decision, date, keptHeaders(headers.before, tagged), headers);
  return keptOutcome(headers, result, { kind: 'body', status, ...kept, body });
}

function redirected(run: HandlerRun, headers: HandlerHeaders, value: unknown): HandlerOutcome {
  const own = (Object(value) ?? {}) as Partial<RedirectDefaults>;
  const status = own.statusCode || run.redirect?.statusCode || 302;
  const url = own.url || run.redirect?.url || '';
  const { decision, date } = decide(run, headers.after, status, 0);
  if (!decision.kept) return unkept(headers, { value }, status, decision.reason);
  const kept = keptFor(decision, date, told(headers), headers);
  return keptOutcome(headers, { value }, { kind: 'redirect', status, url, ...kept });
}

function thrown(run: HandlerRun, headers: HandlerHeaders, error: unknown): HandlerOutcome {
  const result = { error };
  const status = error instanceof HttpException ? error.getStatus() : 500;
  const response =
    error instanceof HttpException && isNegative(status) ? errorText(error) : undefined;
  if (response === undefined) return unkept(headers, result, status, refusalOfError(run, headers));
  const bodyBytes = Buffer.byteLength(response);
  const { decision, date } = decide(run, headers.after, status, bodyBytes);
  if (!decision.kept) return unkept(headers, result, status, decision.reason);
  const kept = keptFor(decision, date, told(headers), headers);
  return keptOutcome(headers, result, { kind: 'error', status, response, ...kept });
}

/** Why an exception is not kept: its status, unless its headers say that it is for one client alone. */
function refusalOfError(run: HandlerRun, headers: HandlerHeaders): StorageRefusal {
  const { decision } = decide(run, headers.after, 200, 0);
  return decision.kept || decision.reason === 'expired' ? 'status' : decision.reason;
}

function decide(
  { port, rules, wallTime }: HandlerRun,
  headers: ResponseHeaders,
  status: number,
  bodyBytes: number,
): { decision: StorageDecision; date: number } {
  const now = wallTime();
  // Also where an older answer was sent meanwhile: a session has begun, by which the handler may have answered.
  const all = port.setsCookies ? { 'set-cookie': '', ...headers } : headers;
  return { decision: storageOf({ status, headers: all, bodyBytes, now }, rules), date: now };
}

function keptFor(
  { ttl, staleFor }: Pick<StoredResponse, 'ttl' | 'staleFor'>,
  date: number,
  kept: ResponseHeaders,
  { before, after }: HandlerHeaders,
): Omit<StoredResponse, 'kind' | 'status'> {
  const removed = removedHeaders(before, after);
  return { date, ttl, staleFor, headers: kept, ...(removed.length > 0 && { removed }) };
}

function keptOutcome(
  headers: HandlerHeaders,
  result: HandlerOutcome['result'],
  stored: StoredResponse,
): HandlerOutcome {
  return {
    headers,
    result,
    status: stored.status,
    stored,
    refusal: undefined,
    vary: varyOf(headers),
    told: stored.headers,
  };
}

function unkept(
  headers: HandlerHeaders,
  result: HandlerOutcome['result'],
  status: number,
  refusal: StorageRefusal,
): HandlerOutcome {
  const vary = varyOf(headers);
  return { headers, result, status, stored: undefined, refusal, vary, told: told(headers) };
}

function told({ before, after }: HandlerHeaders): ResponseHeaders {
  return keptHeaders(before, after);
}

function varyOf({ after }: HandlerHeaders): readonly string[] {
  const names = varyNames(after['vary']);
  return names === '*' ? [] : names;
}

/** What cannot be made text is given to Nest, which fails over it as it does without a cache. */
function serialize(
  port: ResponsePort,
  value: unknown,
  contentType: string | undefined,
): SerializedBody | undefined {
  try {
    return port.serialize(value, contentType);
  } catch {
    return undefined;
  }
}

/** What is sent as it comes, and can be read once, also where an interceptor has wrapped it: `{ data: stream }`. */
function isStream(value: unknown): boolean {
  if (isBareStream(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  return isPlain && Object.values(value).some(isBareStream);
}

function isBareStream(value: unknown): boolean {
  if (value instanceof StreamableFile) return true;
  if (typeof value !== 'object' || value === null) return false;
  return (
    Symbol.asyncIterator in value ||
    ['pipe', 'getReader'].some((name) => typeof Reflect.get(value, name) === 'function') ||
    Object.prototype.toString.call(value) === '[object Response]'
  );
}

function strongEtag(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}
