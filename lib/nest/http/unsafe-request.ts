import type { Observable } from 'rxjs';
import type { TieredCache } from '../../core/tiered-cache.js';
import { guardChange } from '../decorators/guard-change.js';
import { afterEach } from '../decorators/method-answer.js';
import type { HttpRequest } from './http-request.js';
import { hash, normalUrl } from './request-key.js';
import type { ResponsePort } from './response-port.js';

/** The methods by which nothing is changed; of others nobody knows (RFC 9110, 9.2.1). */
const SAFE: readonly unknown[] = [
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'SEARCH',
  'PROPFIND',
  'REPORT',
];

/** Tags have at most 256 characters. */
const MAX_PATH = 200;

export function isSafe(method: string | undefined): boolean {
  return SAFE.includes(method);
}

/** The tag of what was answered at the path of a request, whatever its query. */
export function pathTag({ originalUrl, url }: HttpRequest): string {
  const [path = ''] = normalUrl(originalUrl ?? url).split('?', 1);
  const isShort = path.length <= MAX_PATH && path.isWellFormed();
  return isShort ? `http-path:${path}` : `http-path#${hash(path)}`;
}

/** A request that may change something, and what is known of its path. */
export interface UnsafeRequest {
  readonly request: HttpRequest;
  readonly port: ResponsePort;
  /** The caches that may have something of its path. */
  readonly caches: readonly TieredCache[];
  /** The route, for messages. */
  readonly label: string;
  /** Whether the handler sends the answer, perhaps later than it returns. */
  readonly writesItself: boolean;
}

/**
 * What a handler answers, once what is kept for its path is void, if it has not failed. That a cache cannot be told is
 * logged: what the request has done is done.
 */
export function voidAfter(
  answer: Observable<unknown>,
  { request, port, caches, label, writesItself }: UnsafeRequest,
): Observable<unknown> {
  const voidPath = async (): Promise<void> => {
    if (port.status >= 400) return;
    const tags = [pathTag(request)];
    const tell = (cache: TieredCache): Promise<void> => cache.invalidateTags(tags);
    await Promise.all(caches.map((cache) => guardChange(label, false, () => tell(cache))));
  };
  return afterEach(answer, async (value) => {
    if (writesItself && !port.isSent) port.onceSent(() => void voidPath());
    else await voidPath();
    return value;
  });
}
