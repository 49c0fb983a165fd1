import type { StoredValue } from '../../contract/capabilities.js';
import { masters, sendTogether, type RedisClient } from './redis-client.js';
import { unpackValue } from './stored-bytes.js';

/** What Redis answers about a key. */
export type Reading = readonly [stored: Uint8Array | null, pttl: number | string];

export function readOne(client: RedisClient, key: string): Promise<Reading> {
  return sendTogether([client], () => read(client, key));
}

export function readMany(
  client: RedisClient,
  keys: readonly string[],
): Promise<readonly Reading[]> {
  return sendTogether(masters(client), () => Promise.all(keys.map((key) => read(client, key))));
}

/** Two plain commands; a pipeline of ioredis takes longer. */
function read(client: RedisClient, key: string): Promise<Reading> {
  return Promise.all([client.getBuffer(key), client.pttl(key)]);
}

export function toStoredValue([stored, pttl]: Reading): StoredValue | undefined {
  if (stored === null) return undefined;
  const ttl = timeLeft(pttl);
  return ttl === 0 ? undefined : { value: unpackValue(stored), ttl };
}

/**
 * What PTTL says: how many milliseconds a value has left, 0 for one that has ended or was removed since it was read,
 * and `undefined` for one without an end, which somebody else has stored.
 */
export function timeLeft(pttl: number | string): number | undefined {
  const left = Number(pttl);
  return left === -1 ? undefined : Math.max(0, left);
}
