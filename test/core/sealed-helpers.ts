import { randomBytes } from 'node:crypto';
import { FencedMapBackend } from '../../lib/backends/map/fenced-map.backend.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { LocalLog } from '../../lib/bus/local/local-log.js';
import type { Clock } from '../../lib/contract/clock.js';
import type { EncryptionKey } from '../../lib/contract/sealing-options.js';
import type { TierDefinition, TierPolicy } from '../../lib/contract/tier-definition.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { remoteBackend } from './helpers.js';

export function newKey(id: string): EncryptionKey {
  return { id, key: randomBytes(32).toString('base64') };
}

/** A store that several caches share, as processes do, and which of the two kinds of tier it makes. */
export interface SharedStore {
  readonly clock: Clock;
  readonly remote: FaultyBackend;
  /** A cache with a memory of its own over the store, and over the tiers below it. */
  create(policy?: TierPolicy, below?: readonly TierDefinition[]): TieredCache;
  /** What is stored under a key of the caches. */
  stored(key: string): Promise<Uint8Array | undefined>;
  /** Puts bytes there as a cache would have put them. */
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** Both kinds: without fences, where anybody may write, and with them. */
export const STORES = [
  ['without fences', plainStore],
  ['with fences', fencedStore],
] as const;

function plainStore(): SharedStore {
  const clock = new ManualClock();
  const remote = remoteBackend(clock);
  return storeOf(remote, new LocalLog(clock), (key, bytes) =>
    remote.setWithTtl(key, bytes, 60_000),
  );
}

export function fencedStore(): SharedStore {
  const clock = new ManualClock();
  const log = new LocalLog(clock);
  const onLeaseEnded = (key: string): void => log.endLease(key);
  const inner = new FencedMapBackend({ name: 'remote', clock, onLeaseEnded });
  return storeOf(new FaultyBackend(inner, clock), log, async (key, bytes) => {
    const token = 'a'.repeat(16);
    inner.discard([key]);
    inner.lease(key, token, 1000);
    inner.fill(key, token, bytes, 60_000);
  });
}

function storeOf(
  remote: FaultyBackend,
  log: LocalLog,
  put: (stored: string, bytes: Uint8Array) => Promise<void>,
): SharedStore {
  const { clock } = log;
  // Something has happened before: a log that has just begun holds no place where anybody could be.
  log.write({ keys: ['default::before'] });
  let made = 0;
  return {
    clock,
    remote,
    create: (policy = {}, below = []) =>
      createTieredCache({
        clock,
        tiers: [memoryTier(), customTier({ useValue: remote, ...policy }), ...below],
        coherence: { bus: log.endpoint(`instance ${made++}`) },
      }),
    stored: (key) => remote.get(`default::${key}`),
    put: (key, bytes) => put(`default::${key}`, bytes),
  };
}
