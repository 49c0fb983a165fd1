import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const TTL = 3_600_000;
const LOCK_TTL = 1500;
const POLL_EVERY = 5;

/** Frees a lock, unless another has it by now. */
const UNLOCK = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/**
 * The least that makes one load of many callers in many processes: lru-cache, a Map of promises, Redis, and a lock
 * there. It knows of no invalidation, no failure and no stuck holder.
 */
export async function handRolled({ redisUrl, load }) {
  const { LRUCache } = await import('lru-cache');
  const { Redis } = await import('ioredis');
  const memory = new LRUCache({ max: 10_000, ttl: TTL });
  const redis = new Redis(redisUrl);
  const flights = new Map();

  async function lookUp(key) {
    const stored = await redis.get(key);
    const value = stored === null ? await loadOnce(key) : JSON.parse(stored);
    memory.set(key, value);
    return value;
  }

  async function loadOnce(key) {
    const lock = `${key}:lock`;
    const token = randomUUID();
    for (;;) {
      const locked = await redis.set(lock, token, 'PX', LOCK_TTL, 'NX');
      // Asked in any case: who had the lock before may have stored the value meanwhile.
      const stored = await redis.get(key);
      if (stored !== null) {
        if (locked === 'OK') await redis.eval(UNLOCK, 1, lock, token);
        return JSON.parse(stored);
      }
      if (locked === 'OK') break;
      await sleep(POLL_EVERY);
    }
    const value = await load(key);
    await Promise.all([
      redis.set(key, JSON.stringify(value), 'PX', TTL),
      redis.eval(UNLOCK, 1, lock, token),
    ]);
    return value;
  }

  return {
    read(key) {
      const held = memory.get(key);
      if (held !== undefined) return held;
      const flight = flights.get(key);
      if (flight !== undefined) return flight;
      const begun = lookUp(key).finally(() => flights.delete(key));
      flights.set(key, begun);
      return begun;
    },
    end: () => redis.quit(),
  };
}
