import { checkWholeNumber, readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { isList } from '../../contract/value-kind.js';

/** Those options of ioredis that are commonly needed; all others may be given too. */
interface CommonConnectionOptions {
  readonly host?: string;
  readonly port?: number;
  /** Of a unix socket. */
  readonly path?: string;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly db?: number;
  readonly family?: number;
  readonly tls?: object;
  readonly connectionName?: string | null;
  /** Milliseconds until a connection must be ready, counted anew from the TCP connection. Default: 2000. */
  readonly connectTimeout?: number;
  /** Sentinels, with `name` for the master's. */
  readonly sentinels?: readonly { readonly host?: string; readonly port?: number }[] | null;
  readonly name?: string | null;
  readonly sentinelUsername?: string | null;
  readonly sentinelPassword?: string | null;
}

/**
 * Options that are handed to ioredis.
 *
 * @publicApi
 */
export type RedisConnectionOptions = CommonConnectionOptions | Readonly<Record<string, unknown>>;

/** What is as it is for a reason, which the message gives when an option says otherwise. */
const FIXED: Readonly<Record<string, { readonly value: unknown; readonly reason: string }>> = {
  lazyConnect: { value: true, reason: 'the first use connects' },
  enableOfflineQueue: {
    value: false,
    reason: 'no command may be carried out later than its caller waits',
  },
  autoResendUnfulfilledCommands: { value: false, reason: 'no command may be carried out twice' },
  retryStrategy: { value: null, reason: 'reconnecting goes on for ever, at most 500 ms apart' },
  sentinelRetryStrategy: { value: null, reason: 'see "retryStrategy"' },
  commandTimeout: { value: undefined, reason: 'use "timeout"' },
  keyPrefix: { value: '', reason: 'use "prefix"' },
  monitor: { value: false, reason: 'a monitoring connection takes no commands' },
};

const DEFAULTS = {
  connectTimeout: 2000,
  // While Redis reads its data at the start, ioredis would ask it once a second.
  maxLoadingRetryTime: 100,
  // A timer of ioredis 5 that may outlive the connection.
  disconnectTimeout: 100,
  reconnectOnError: isReadOnlyError,
};

/** @throws InvalidOptionError for an option that must be otherwise */
export function checkConnectionOptions(options: unknown, path: string): void {
  if (typeof options !== 'object' || options === null || isList(options)) {
    throw new InvalidOptionError(path, `is an object of ioredis options; got ${quote(options)}`);
  }
  const own = readOption(path, (): Readonly<Record<string, unknown>> => ({ ...options }));
  checkWholeNumber(own.connectTimeout, 0, `${path}.connectTimeout`);
  for (const [name, { value, reason }] of Object.entries(FIXED)) {
    const given = own[name];
    if (given !== undefined && given !== value) {
      throw new InvalidOptionError(`${path}.${name}`, `cannot be changed: ${reason}`);
    }
  }
}

/** `options` with what is fixed and what is default here. */
export function toClientOptions(
  options: RedisConnectionOptions,
): Readonly<Record<string, unknown>> {
  const fixed = Object.entries(FIXED).map(([name, { value }]) => [name, value]);
  return { ...DEFAULTS, ...options, ...Object.fromEntries(fixed) };
}

/** A master that became a replica keeps its connections: the new master is found by connecting again. */
function isReadOnlyError(error: Error): boolean {
  // Before version 7, Redis puts more in front of it when it comes out of a script.
  return error.message.includes('READONLY');
}
