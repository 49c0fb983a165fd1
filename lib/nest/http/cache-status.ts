/** Why a request went on to its handler (RFC 9211, 2.2). */
export type Forwarded = 'bypass' | 'uri-miss' | 'vary-miss' | 'stale' | 'request';

/** How a request was answered, for the header `Cache-Status`. */
export interface CacheStatus {
  /** Whether the cache answered without running a handler. */
  readonly hit?: boolean;
  readonly forwarded?: Forwarded;
  /** The status of the handler's answer, where another was given in its place. */
  readonly forwardedStatus?: number;
  /** Whether the handler's answer was given to the cache to keep. */
  readonly stored?: boolean;
  /** Whether the answer is that of another request's handler, which was running already. */
  readonly collapsed?: boolean;
  /** For how long the answer is still fresh, in milliseconds; below 0 for a stale one. */
  readonly ttl?: number;
  /** A token: the tier that answered, or why nothing was kept. */
  readonly detail?: string;
}

/** The name by which this cache calls itself. */
const CACHE = 'CacheTier';

/** The value of `Cache-Status`, behind those of the caches that were asked before, as RFC 9211 orders them. */
export function formatCacheStatus(status: CacheStatus, before?: string): string {
  const parts = [CACHE];
  if (status.hit === true) parts.push('hit');
  if (status.forwarded !== undefined) parts.push(`fwd=${status.forwarded}`);
  if (status.forwardedStatus !== undefined) parts.push(`fwd-status=${status.forwardedStatus}`);
  if (status.stored === true) parts.push('stored');
  if (status.collapsed === true) parts.push('collapsed');
  if (status.ttl !== undefined) parts.push(`ttl=${Math.floor(status.ttl / 1000)}`);
  if (status.detail !== undefined) parts.push(`detail=${detailText(status.detail)}`);
  const own = parts.join('; ');
  return before === undefined || before === '' ? own : `${before}, ${own}`;
}

/** A token where it is one, and a string where it is not: a tier may have any name. */
function detailText(detail: string): string {
  if (/^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/.test(detail)) return detail;
  return `"${detail.replaceAll(/[^\u0020-\u007e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}
