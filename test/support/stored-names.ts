import type { RedisServer } from './redis-server.js';

/** What caches keep in Redis beside their logs of invalidations. */
export interface StoredNames {
  readonly values: readonly string[];
  readonly leases: readonly string[];
}

/** The names of all values, and of all leases, of the caches on a server; sorted. */
export async function storedNames(server: Pick<RedisServer, 'call'>): Promise<StoredNames> {
  const names = ((await server.call('KEYS', '*')) as string[]).toSorted();
  // What belongs to a log begins with the brace; a value has a prefix before it.
  const own = names.filter((name) => !name.startsWith('{'));
  return {
    values: own.filter((name) => !name.endsWith('}:l')),
    leases: own.filter((name) => name.endsWith('}:l')),
  };
}
