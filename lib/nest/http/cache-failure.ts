import {
  CacheTierError,
  InvalidKeyError,
  InvalidOptionError,
  InvalidTtlError,
  LoadTimeoutError,
} from '../../contract/errors.js';

/** Whether it is the cache that has failed: then the handler answers. */
export function isOfCache(error: unknown): boolean {
  if (!(error instanceof CacheTierError) || error instanceof LoadTimeoutError) return false;
  return !isMistake(error);
}

/** Whether options, keys or tags cannot work, of which the developer is to know. */
export function isMistake(error: unknown): boolean {
  return [InvalidOptionError, InvalidKeyError, InvalidTtlError].some(
    (type) => error instanceof type,
  );
}
