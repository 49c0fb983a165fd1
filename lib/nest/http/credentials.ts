import type { RequestHeaders } from './variants.js';

/** Which cookies say who asks: `undefined` for each, or the names of those that do. */
export type SessionCookies = readonly string[] | undefined;

/**
 * Whether a request says who asks, by `Authorization` or by a cookie: its answer may be meant for nobody else. A cookie
 * that cannot be read counts.
 */
export function hasCredentials(headers: RequestHeaders, sessionCookies: SessionCookies): boolean {
  if (headers['authorization'] !== undefined) return true;
  const { cookie } = headers;
  if (cookie === undefined) return false;
  if (sessionCookies === undefined) return true;
  const text = typeof cookie === 'string' ? cookie : cookie.join('; ');
  return text
    .split(';')
    .some((pair) => sessionCookies.includes((pair.split('=', 1)[0] ?? '').trim()));
}

/** The headers that say who asks: caches on the way must not answer one with what another was answered. */
export function credentialHeaders(sessionCookies: SessionCookies): readonly string[] {
  return sessionCookies?.length === 0 ? ['authorization'] : ['authorization', 'cookie'];
}

/** Whether a request has a body, by which its handler may answer, and which is no part of the key. */
export function hasBody(headers: RequestHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
