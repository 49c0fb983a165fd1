import { parseCacheControl } from './cache-control.js';
import type { ResponseHeaders } from './stored-response.js';

/** Headers that belong to one connection, to one client, or to one answer on its way: they are never kept. */
const NEVER_KEPT = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'set-cookie',
  'age',
  'date',
  'cache-status',
]);

/**
 * The headers of an answer that are kept with it: those that its handler has set. What was there `before` the handler
 * ran is set anew for each request, by whoever has set it, and may be of one client alone.
 */
export function keptHeaders(before: ResponseHeaders, after: ResponseHeaders): ResponseHeaders {
  const named = namedByConnection(after);
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) =>
        !NEVER_KEPT.has(name) && !named.has(name) && !isSameHeader(before[name], value),
    ),
  );
}

/** Headers that `Connection` names are of the connection as well (RFC 9110, 7.6.1); they are in a list like others. */
function namedByConnection({ connection }: ResponseHeaders): ReadonlySet<string> {
  return new Set(parseCacheControl(connection).keys());
}

/** The names of those that were there `before`, and that the handler has removed. */
export function removedHeaders(before: ResponseHeaders, after: ResponseHeaders): readonly string[] {
  return Object.keys(before).filter((name) => after[name] === undefined);
}

/** Whether a header has the same value, however it is split. */
export function isSameHeader(one: HeaderText, other: HeaderText): boolean {
  if (one === undefined || other === undefined) return one === other;
  return String(one) === String(other);
}

type HeaderText = string | readonly string[] | undefined;
