import { MissingPeerError } from '../../contract/errors.js';
import type { RedisClient } from './redis-client.js';

/** What is used of a client that is ours, beyond what is used of any. */
export interface OwnRedisClient extends RedisClient {
  readonly stream?: {
    cork(): void;
    uncork(): void;
    /** Bytes that the system has not taken yet. */
    readonly writableLength: number;
    on(event: 'data', listener: () => void): unknown;
    destroy(): unknown;
  };
  on(event: string, listener: (error: unknown) => void): unknown;
  once(event: string, listener: () => void): unknown;
  quit(): Promise<unknown>;
  disconnect(): void;
}

type OwnRedisClientClass = new (options: Readonly<Record<string, unknown>>) => OwnRedisClient;

/** `Redis` of ioredis, loaded when it is needed and not before. @throws MissingPeerError when it is not installed */
export async function importRedis(): Promise<OwnRedisClientClass> {
  try {
    const module = await import('ioredis');
    // The first releases of ioredis 5 have the default export alone.
    return module.Redis ?? module.default;
  } catch (cause) {
    throw new MissingPeerError('ioredis', 'The Redis backend', { cause });
  }
}
