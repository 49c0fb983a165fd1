import { createSecretKey, type KeyObject } from 'node:crypto';
import { types } from 'node:util';

/** The bytes of a key of AES-256. */
const LENGTH = 32;

const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[\w+/-]{43}=?$/;

/** A key of 32 bytes, given as they are, in base64 (of either alphabet) or in hex; `undefined` for all else. */
export function secretKeyOf(given: unknown): KeyObject | undefined {
  const bytes = bytesOf(given);
  return bytes?.length === LENGTH ? createSecretKey(bytes) : undefined;
}

function bytesOf(given: unknown): Uint8Array | undefined {
  if (types.isUint8Array(given)) return given;
  if (typeof given !== 'string') return undefined;
  if (HEX.test(given)) return Buffer.from(given, 'hex');
  return BASE64.test(given) ? Buffer.from(given, 'base64') : undefined;
}
