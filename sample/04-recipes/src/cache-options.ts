import type { CacheTierModuleOptions } from 'nestjs-cache-tier';

/** Memory alone; with REDIS_URL, memory in front of that Redis. */
export function cacheOptions(namespace: string): CacheTierModuleOptions {
  const url = process.env['REDIS_URL']?.trim();
  return { namespace, ...(url && { redis: { url } }) };
}
