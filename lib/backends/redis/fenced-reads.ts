import type { FencedValue } from '../../contract/capabilities.js';
import { isCluster, sendTogether, type RedisClient } from './redis-client.js';
import { readMany, timeLeft, type Reading } from './redis-reads.js';
import type { ServerClock } from './server-clock.js';
import { unpackFilled, type Filled } from './stored-bytes.js';

/**
 * Reads values that were filled, by one command. The time that a value has left is told by its own bytes and the
 * server's clock; where that is not known, and in a cluster, where a command names keys of one slot alone and each server
 * has a clock of its own, it is asked beside each value.
 *
 * @param names of the keys in Redis
 */
export async function readFenced(
  client: RedisClient,
  clock: ServerClock,
  names: readonly string[],
): Promise<readonly (FencedValue | undefined)[]> {
  if (isCluster(client)) return (await readMany(client, names)).map(readingToFenced);
  // Sent before the values are asked for, and so answered before them.
  const told = clock.refresh(client);
  const filled = (await valuesOf(client, names)).map((stored) =>
    stored === null ? undefined : unpackFilled(stored),
  );
  if (told !== undefined) await told;
  const now = clock.time?.most;
  const isSure = now !== undefined && filled.every((each) => each?.endsAt !== 0);
  const ttls = isSure ? undefined : await ttlsOf(client, names);
  return filled.map((each, index) => {
    if (each === undefined) return undefined;
    const left = now === undefined || each.endsAt === 0 ? undefined : each.endsAt - now;
    return toFencedValue(each, left === undefined ? ttls?.[index] : Math.floor(left));
  });
}

/** What a script, or GET and PTTL, say of a key. */
export function readingToFenced([stored, pttl]: Reading): FencedValue | undefined {
  const filled = stored === null ? undefined : unpackFilled(stored);
  return filled === undefined ? undefined : toFencedValue(filled, timeLeft(pttl));
}

/** @param ttl `undefined` for a value without an end, which somebody else has given it */
function toFencedValue({ value, token }: Filled, ttl: number | undefined): FencedValue | undefined {
  return ttl !== undefined && ttl <= 0 ? undefined : { value, ttl, token };
}

/** A key that holds no string is answered by its error alone, and among others as if it held nothing. */
async function valuesOf(
  client: RedisClient,
  names: readonly string[],
): Promise<readonly (Uint8Array | null)[]> {
  const [first] = names;
  return names.length === 1 && first !== undefined
    ? [await client.getBuffer(first)]
    : client.mgetBuffer([...names]);
}

async function ttlsOf(
  client: RedisClient,
  names: readonly string[],
): Promise<readonly (number | undefined)[]> {
  const answers = sendTogether([client], () => names.map((name) => client.pttl(name)));
  return (await Promise.all(answers)).map(timeLeft);
}
