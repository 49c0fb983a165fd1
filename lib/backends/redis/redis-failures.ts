import { types } from 'node:util';
import { BackendError, CacheTierError } from '../../contract/errors.js';

const CREDENTIALS = ['username', 'password', 'sentinelUsername', 'sentinelPassword'];

/** What Redis repeats of a command that it does not know, such as the AUTH of an old server. */
const REPEATED_ARGUMENTS = /,? with args beginning with:.*/s;

/** Its memory is full, or it cannot write to its disk or to its replicas. What it holds can be read. */
const REFUSED_WRITES = /\b(?:OOM|MISCONF|NOREPLICAS)\b/;

/**
 * Turns what ioredis rejects with into this library's errors. The originals are not kept: they carry the
 * command with all its arguments, which are the password at login and the value in a SET.
 */
export class RedisFailures {
  readonly #secrets: readonly string[];

  /** @param settings options of ioredis, in which credentials may stand */
  constructor(
    private readonly backend: string,
    settings: readonly unknown[],
  ) {
    // Longest first: a user name may be the beginning of the password.
    this.#secrets = settings.flatMap(credentialsOf).toSorted((a, b) => b.length - a.length);
  }

  /** @param error what was thrown; one of this library's own stays what it is */
  toError(operation: string, error: unknown): CacheTierError {
    if (error instanceof CacheTierError) return error;
    const cause = this.#copy(error);
    // Another type than ours stands under the key; of a script, older servers say so in the middle.
    const concernsKey = /\bWRONGTYPE\b/.test(cause.message);
    const details = { cause, concernsKey, refusesWrites: REFUSED_WRITES.test(cause.message) };
    return new BackendError(this.backend, operation, cause.message, details);
  }

  notConnected(operation: string, reason: unknown): CacheTierError {
    if (reason instanceof CacheTierError) return reason;
    if (reason === undefined) return new BackendError(this.backend, operation, 'not connected');
    const cause = this.#copy(reason);
    return new BackendError(this.backend, operation, `not connected: ${cause.message}`, { cause });
  }

  #copy(error: unknown): Error {
    // Not `instanceof`: under jest, Node's own errors are of another realm.
    if (!types.isNativeError(error)) return new Error(`it threw a ${typeof error}`);
    const copy = new Error(this.#clean(describe(error)).replace(/\p{Cc}+/gu, ' '));
    copy.name = error.name;
    copy.stack = this.#clean(error.stack ?? '');
    const code: unknown = Reflect.get(error, 'code');
    return typeof code === 'string' ? Object.assign(copy, { code }) : copy;
  }

  #clean(text: string): string {
    return this.#secrets.reduce(
      (cleaned, secret) => cleaned.replaceAll(secret, '***'),
      text.replace(REPEATED_ARGUMENTS, ''),
    );
  }
}

/** The error of several addresses tried (`localhost` by IPv6, then by IPv4) has no message of its own. */
function describe(error: Error): string {
  if (error.message !== '') return error.message;
  const parts: unknown = Reflect.get(error, 'errors');
  if (!Array.isArray(parts)) return error.name;
  return parts.map((part: unknown) => (types.isNativeError(part) ? part.message : '')).join(', ');
}

function credentialsOf(settings: unknown): string[] {
  if (typeof settings !== 'object' || settings === null) return [];
  return CREDENTIALS.map((name): unknown => Reflect.get(settings, name)).filter(
    // The user `default` is no secret, and the word is common.
    (value): value is string => typeof value === 'string' && value !== '' && value !== 'default',
  );
}
