/*
 * That what was written for the types of cache-manager and @nestjs/cache-manager takes those of "./compat": checked by
 * `npm run typecheck`. Nothing here runs.
 */
import { CacheModule as TheirModule } from '@nestjs/cache-manager';
import type { CacheModuleOptions as TheirOptions } from '@nestjs/cache-manager';
import type { Cache as TheirCache, CreateCacheOptions } from 'cache-manager';
import { createKeyv } from '@keyv/redis';
import { Keyv } from 'keyv';
import { CacheModule, createCache, type Cache, type RawValue } from '../../lib/compat.js';

/** Where a class still names the type of cache-manager, ours can be injected. */
export function theirs(cache: Cache): TheirCache {
  return cache;
}

/** Their options are ours. */
export function registered(options: CreateCacheOptions): Cache[] {
  return [createCache(options), createCache({ stores: createKeyv() })];
}

const stores = [new Keyv(), createKeyv('redis://127.0.0.1:1')];
export const modules = [
  TheirModule.register({ ttl: 5, stores }),
  CacheModule.register({ ttl: 5, stores }),
];

export const options: TheirOptions = { ttl: 5_000, isGlobal: true, namespace: 'app' };
export const ours = CacheModule.register({ ...options, stores: undefined });

export async function answers(cache: Cache): Promise<unknown> {
  const value: number = await cache.wrap('a', () => 1, 5_000);
  const raw: RawValue<number> = await cache.wrap('a', () => 1, { raw: true });
  const found: string | undefined = await cache.get<string>('a');
  // @ts-expect-error without raw, the answer is the value
  const wrong: RawValue<number> = await cache.wrap('a', () => 1, { ttl: 5_000 });
  // @ts-expect-error there is no such event
  cache.on('removed', () => undefined);
  cache.on('refresh', ({ key, error }) => [key.length, error]);
  return [value, raw, found, wrong];
}
