import type { StoredDataRaw } from 'keyv';
import type { StoredValue } from '../../contract/capabilities.js';
import { systemClock } from '../../contract/clock.js';
import { BackendError } from '../../contract/errors.js';

/** Bytes as text: Keyv's serializer can write buffers, but others, and compressions, take text alone. */
export function packValue(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

/**
 * The value that a Keyv has found, and what is left of its ttl.
 *
 * @throws BackendError when something else stands under the key
 */
export function unpackValue(
  backend: string,
  operation: string,
  found: StoredDataRaw<unknown>,
): StoredValue | undefined {
  if (found === undefined) return undefined;
  const { value, expires } = found;
  if (typeof value !== 'string') {
    throw new BackendError(backend, operation, 'what stands under the key is no text', {
      concernsKey: true,
    });
  }
  const bytes = Buffer.from(value, 'base64');
  if (typeof expires !== 'number') return { value: bytes, ttl: undefined };
  // By the clock that Keyv has made it of. It counts the last millisecond in.
  const ttl = expires - systemClock.wallTime();
  return ttl > 0 ? { value: bytes, ttl } : undefined;
}
