import type { FencedValue, StoredValue } from '../../contract/capabilities.js';
import { masters, sendTogether, type RedisClient } from './redis-client.js';
import { tokenOf, unpackValue } from './stored-bytes.js';

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
  const ttl = Number(pttl);
  // -2 and 0: it ended, or was removed, between the two commands. -1: somebody else stored it without a ttl.
  if (stored === null || ttl === -2 || ttl === 0) return undefined;
  return { value: unpackValue(stored), ttl: ttl === -1 ? undefined : ttl };
}

/** The value if it was filled, and nothing if it was stored in another way. */
export function toFencedValue(reading: Reading): FencedValue | undefined {
  const found = toStoredValue(reading);
  const token = reading[0] === null ? undefined : tokenOf(reading[0]);
  return found === undefined || token === undefined ? undefined : { ...found, token };
}
