import { InvalidOptionError } from '../../contract/errors.js';
import type { RedisConnectionOptions } from './redis-connection-options.js';

/** Settings in the query of a url that ioredis takes as numbers alone. */
const NUMBERS = new Set(['family', 'connectTimeout', 'keepAlive', 'protocol']);

/**
 * A Redis url as options of ioredis. It is read here and not by ioredis because the errors of `URL` hold the
 * whole url; none of these does.
 *
 * @param option the name of the option for messages
 * @throws InvalidOptionError
 */
export function readRedisUrl(url: unknown, option: string): RedisConnectionOptions {
  if (typeof url !== 'string' || !(url.startsWith('/') || URL.canParse(url))) {
    throw problem(option);
  }
  if (url.startsWith('/')) return { path: url };
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  if (!/^rediss?:$/.test(protocol) || !/^(\/\d*)?$/.test(pathname)) throw problem(option);
  const db = pathname.slice(1);
  return {
    ...readQuery(searchParams, option),
    ...(hostname !== '' && { host: hostname.replace(/^\[|\]$/g, '') }),
    ...(port !== '' && { port: Number(port) }),
    ...(username !== '' && { username: decode(username, option) }),
    ...(password !== '' && { password: decode(password, option) }),
    ...(db !== '' && { db: Number(db) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

function readQuery(query: URLSearchParams, option: string): Record<string, unknown> {
  const entries = Array.from(query, ([name, value]): [string, unknown] => {
    if (!NUMBERS.has(name)) return [name, value];
    if (!/^\d+$/.test(value)) throw problem(option);
    return [name, Number(value)];
  });
  return Object.fromEntries(entries);
}

function decode(text: string, option: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw problem(option);
  }
}

function problem(option: string): InvalidOptionError {
  return new InvalidOptionError(
    option,
    'is "redis://user:password@host:port/db", "rediss://…" for TLS, or the absolute path of a unix socket, ' +
      'with special characters of the password percent-encoded (it is not shown: it may hold a password)',
  );
}
